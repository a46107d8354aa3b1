//! `tokenwell wait --newer-than`.

use std::{
    fs,
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use nix::{sys::signal::Signal, sys::stat::Mode, unistd::mkfifo};

use crate::{
    program::{Ended, Program, tokenwell},
    setting::{QUICK, Setting},
};

fn command(setting: &Setting, known: &str, rest: &[&str]) -> Command {
    let mut command = tokenwell(["wait", "--newer-than", known]);
    command.args(rest).arg("--config").arg(setting.path("tokenwell.yaml")).current_dir(setting.path(""));
    command
}

fn wait(setting: &Setting, known: &str, rest: &[&str]) -> Ended {
    Program::start(&mut command(setting, known, rest)).ended()
}

/// Returns the generation that was printed.
fn generation(ended: &Ended) -> u64 {
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    ended.stdout.strip_suffix('\n').and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{}", ended.stdout))
}

/// Renews again and again until the command ends: nothing shows from when on it waits.
fn ended_beside_renewals(setting: &Setting, daemon: &Program, command: &mut Command) -> Ended {
    let waiting = Program::start(command);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Relaxed) {
                let before = setting.sandbox.counters().exchanges;
                daemon.signal(Signal::SIGUSR1);
                setting.until_exchanges(before + 1);
            }
        });
        let ended = waiting.ended();
        over.store(true, Relaxed);
        ended
    })
}

/// Two settings: a daemon that serves its status, and one that does not.
fn settings() -> [Setting; 2] {
    let serving = Setting::with(&["a"]);
    let listen = format!("status: {{listen: \"unix:{}\"}}\n", serving.path("s.sock").display());
    serving.configure_with(QUICK, &format!("{listen}{}", serving.named(&["a"])));
    [serving, Setting::with(&["a"])]
}

#[test]
fn a_loop_over_generations_sees_each_newer_token() {
    for mut setting in settings() {
        let daemon = setting.ready();
        let mut last = generation(&wait(&setting, "0", &["a"]));
        assert_eq!(wait(&setting, &last.to_string(), &["--timeout", "0s"]).code, Some(1));
        for _ in 0..3 {
            // A renewal may still be under way, so the token is read before its generation.
            let before = setting.token("a").unwrap();
            last = generation(&wait(&setting, "0", &["a"]));
            let known = last.to_string();
            let ended = ended_beside_renewals(&setting, &daemon, &mut command(&setting, &known, &["a"]));
            let newer = generation(&ended);
            assert!(newer > last && setting.token("a").unwrap() != before);
            last = newer;
        }
        assert!(generation(&wait(&setting, &u64::MAX.to_string(), &[])) >= last, "a number from before a lost state");
        daemon.stop();
    }
}

#[test]
fn a_copy_and_the_file_itself_are_compared_by_their_token() {
    for mut setting in settings() {
        let daemon = setting.ready();
        fs::copy(setting.path("out/a.jwt"), setting.path("old")).unwrap();
        let before = setting.token("a").unwrap();
        assert_eq!(wait(&setting, "old", &["--timeout", "0s"]).code, Some(1));
        let newer = generation(&ended_beside_renewals(&setting, &daemon, &mut command(&setting, "old", &[])));
        assert!(setting.token("a").unwrap() != before);
        let live = setting.path("out/a.jwt").display().to_string();
        let ended = ended_beside_renewals(&setting, &daemon, &mut command(&setting, &live, &["a"]));
        assert!(generation(&ended) > newer);
        fs::write(setting.path("old.header"), format!("Authorization: Bearer {before}\n")).unwrap();
        assert!(generation(&wait(&setting, "old.header", &["--timeout", "0s"])) > newer, "in any format");
        daemon.stop();
    }
}

#[test]
fn an_output_that_does_not_exist_yet_holds_no_token() {
    for setting in settings() {
        let hold = setting.sandbox.hold();
        let daemon = Program::start(&mut crate::program::run(&setting.path("")));
        setting.until_exchanges(1);
        let live = setting.path("out/a.jwt").display().to_string();
        assert_eq!(wait(&setting, &live, &["--timeout", "0s"]).code, Some(1));
        let waiting = Program::start(&mut command(&setting, "0", &[]));
        drop(hold);
        assert!(generation(&waiting.ended()) > 0);
        assert!(setting.path("out/a.jwt").exists());
        daemon.stop();
    }
}

#[test]
fn a_timeout_says_what_is_on_disk() {
    let [serving, silent] = settings();
    for setting in [&serving, &silent] {
        let daemon = setting.ready();
        let known = generation(&wait(setting, "0", &[]));
        let ended = wait(setting, &known.to_string(), &["--timeout", "50ms"]);
        let said = format!(
            "error: time-out after 50ms: a: there is no newer token than generation {known}; the token on disk is that one\n"
        );
        assert_eq!((ended.code, &*ended.stdout, ended.stderr), (Some(1), "", said));
        daemon.stop();
    }
}

#[test]
fn what_holds_no_token_is_a_mistake() {
    let setting = Setting::with(&["a", "b"]);
    let daemon = setting.ready();
    fs::write(setting.path("empty"), "").unwrap();
    mkfifo(&setting.path("pipe"), Mode::S_IRWXU).unwrap();
    let secret = fs::read_to_string(setting.path("out/a.jwt")).unwrap();
    for (known, rest, text) in [
        ("missing", &["a"][..], "there is no file `missing`, and `a` has no such output; pass 0 if any token is newer"),
        ("empty", &["a"], "`empty` holds no token; pass an output, a copy of one, or a generation, 0 for any token"),
        ("pipe", &["a"], "`pipe` is not a file that holds a token"),
        ("out", &["a"], "`out` is not a file that holds a token"),
        ("", &["a"], "it is empty; pass a file or a generation, 0 for any token"),
        ("99999999999999999999", &["a"], "it is too large for a generation"),
        (&*secret, &["a"], "it looks like a secret; pass the file that holds the token"),
        ("0", &["c"], "no credential has the name `c`"),
        ("0", &[], "there are several credentials; name one"),
    ] {
        let ended = wait(&setting, known, rest);
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{text}: {}", ended.stderr);
        assert!(ended.stderr.contains(text), "{}", ended.stderr);
        assert!(!ended.stderr.contains(&secret), "a token is not shown");
    }
    let mut without = tokenwell(["wait", "a", "--config"]);
    assert_eq!(Program::start(without.arg(setting.path("tokenwell.yaml"))).ended().code, Some(2), "a name alone");
    daemon.stop();
}
