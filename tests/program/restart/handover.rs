//! From `once` in an init container to `run` in a sidecar.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    past::{Past, print, said},
    program::{Ended, Program, once, run},
};

#[test]
fn once_hands_over_to_run_wherever_the_state_is_kept() {
    // The state folder comes from the configuration, from the first output, and from systemd.
    for (explicit, variable) in [(true, false), (false, false), (false, true)] {
        let mut past = Past::yet_to_begin(|_| {});
        let state = past.path("elsewhere");
        if !explicit {
            let text = fs::read_to_string(past.path("tokenwell.yaml")).unwrap();
            let text: Vec<_> = text.lines().filter(|line| !line.starts_with("stateDirectory")).collect();
            past.put("tokenwell.yaml", &text.join("\n"));
        }
        let with_state = |command: &mut Command| {
            if variable {
                command.env("STATE_DIRECTORY", format!("{}:/nowhere", state.display()));
            }
            ended(command)
        };
        let init = with_state(&mut once(&past.path(""), "30s"));
        assert_eq!((init.code, past.requests()), (Some(0), (1, 1)), "{}", init.stderr);
        past.clean(&init);
        let token = past.print("out/a.jwt");
        let kept = match (explicit, variable) {
            (true, _) => past.path("state/state/a.json"),
            (false, false) => beside_the_output(&past).join("state/a.json"),
            (false, true) => state.join("state/a.json"),
        };
        let record = print(&kept);
        let mut sidecar = run(&past.path(""));
        if variable {
            sidecar.env("STATE_DIRECTORY", &state);
        }
        let sidecar = Program::start(&mut sidecar);
        sidecar.until_said("ready: every required token is on disk", 1);
        let sidecar = sidecar.stop();
        let again = with_state(&mut once(&past.path(""), "30s"));
        for after in [sidecar, again] {
            assert_eq!((after.code, past.requests()), (Some(0), (1, 1)), "{}", after.stderr);
            assert_eq!(said(&after, "the token on disk is good").len(), 1);
            past.clean(&after);
        }
        assert_eq!((past.print("out/a.jwt"), print(&kept)), (token, record));
    }
}

/// The state directory by default: the only one in `.tokenwell` beside the output.
fn beside_the_output(past: &Past) -> PathBuf {
    let [directory] = fs::read_dir(past.path("out/.tokenwell")).unwrap().collect::<Vec<_>>().try_into().unwrap();
    directory.unwrap().path()
}

fn ended(command: &mut Command) -> Ended {
    Program::start(command).ended()
}
