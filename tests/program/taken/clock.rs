//! The clocks stand still, as in a virtual machine that was paused or restored from a snapshot: afterwards the wall clock
//! and the server are hours further, and the boot clock is not. libfaketime moves the wall clock alone.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use tokenwell::sandbox::Answer;

use crate::{
    client::Server,
    program::{Ended, Program, run, tokenwell, within},
    setting::Setting,
    skipped,
};

/// A daemon whose wall clock this test moves.
struct Clocked {
    setting: Setting,
    library: PathBuf,
}

impl Clocked {
    /// Sessions of an hour, and the default spacing. `None` without libfaketime.
    fn new(renew: &str) -> Option<Self> {
        let Some(library) = LIBRARIES.map(PathBuf::from).into_iter().find(|path| path.exists()) else {
            skipped::without_program("no libfaketime (Debian's package `faketime`)");
            return None;
        };
        let mut setting = Setting::new();
        for name in ["a", "b"] {
            setting.put_key(name, name);
        }
        let status = "status: {listen: \"127.0.0.1:0\"}\n";
        setting.configure_with(&format!("{renew}{status}"), &setting.named(&["a", "b"]));
        let clocked = Self { setting, library };
        clocked.set("+0");
        Some(clocked)
    }

    /// Sets the wall clock of every process that this test starts.
    fn set(&self, offset: &str) {
        self.setting.put(OFFSET, offset);
    }

    /// The daemon may read its state directory and nothing else, so the offset is there.
    fn with_clock<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.setting.path(OFFSET))
            .env("FAKETIME_NO_CACHE", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1")
    }

    fn ready(&self) -> (Program, Server) {
        let program = Program::start(self.with_clock(&mut run(&self.setting.path(""))));
        program.until_said("ready: every required token is on disk", 1);
        let server = within("the address of the server", || {
            let status: serde_json::Value = fs::read_to_string(self.setting.path("state/status.json"))
                .ok()
                .and_then(|text| serde_json::from_str(&text).ok())?;
            let of_this = status["processId"] == program.pid();
            status["statusAddress"].as_str().filter(|_| of_this).map(Server::named)
        });
        (program, server)
    }

    fn command(&self, arguments: &[&str]) -> Ended {
        let mut command = tokenwell(arguments);
        command.arg("--config").arg(self.setting.path("tokenwell.yaml"));
        Program::start(self.with_clock(&mut command)).ended()
    }

    fn exchanges(&self) -> u64 {
        self.setting.sandbox.counters().exchanges
    }
}

#[test]
fn every_judge_doubts_a_token_when_the_clocks_stood_still() {
    let Some(mut clocked) = Clocked::new("") else { return };
    let (program, server) = clocked.ready();
    assert_eq!(server.get("/readyz").status, 200);
    clocked.setting.sandbox.set(|settings| {
        settings.outage = Some(Answer::status(503));
        settings.clock_offset_seconds = 3 * 3600;
    });
    clocked.set("+3h");
    for path in ["/readyz", "/readyz/a", "/readyz/b"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.body.contains(DOUBT), "{path}: {}", answer.body);
    }
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("\ntokenwell_ready 0\n"), "{metrics}");
    let report: serde_json::Value = serde_json::from_str(&server.get("/status").body).unwrap();
    assert_eq!(report["ready"], false);
    for credential in report["credentials"].as_array().unwrap() {
        assert_eq!((&credential["state"], &credential["tokenTrouble"]), (&"expired".into(), &DOUBT.into()));
    }
    within("the status file", || {
        let text = fs::read_to_string(clocked.setting.path("state/status.json")).unwrap();
        text.contains(DOUBT).then_some(())
    });
    let status = clocked.command(&["status"]);
    assert!(status.code == Some(1) && status.stdout.contains(DOUBT), "{status:?}");
    let waited = clocked.command(&["wait", "--timeout", "0s"]);
    assert!(waited.code == Some(1) && waited.stderr.contains(DOUBT), "{waited:?}");
    // The API is away: the files stay.
    assert!(clocked.setting.token("a").is_some() && clocked.setting.token("b").is_some());
    let ended = program.stop();
    assert_eq!(ended.stderr.matches("clocks disagree on the age of tokens on disk").count(), 1, "{}", ended.stderr);
    // The next process judges by the same comparison.
    let waited = clocked.command(&["wait", "--timeout", "0s"]);
    assert!(waited.code == Some(1) && waited.stderr.contains(DOUBT), "{waited:?}");
    clocked.setting.clean(&ended);
}

#[test]
fn one_exchange_settles_the_age_of_a_token() {
    let Some(mut clocked) = Clocked::new("") else { return };
    let (program, server) = clocked.ready();
    clocked.setting.sandbox.set(|settings| settings.clock_offset_seconds = 3 * 3600);
    clocked.set("+3h");
    server.get("/readyz");
    clocked.setting.until_exchanges(4);
    within("it is ready again", || (server.get("/readyz").status == 200).then_some(()));
    // Within the tolerance, and back.
    for offset in ["+10801", "+10790", "+3h", "+0"] {
        clocked.set(offset);
        assert_eq!(server.get("/readyz").status, 200, "{offset}");
    }
    let ended = program.stop();
    assert_eq!(clocked.exchanges(), 4, "{}", ended.stderr);
    clocked.setting.clean(&ended);
}

#[test]
fn a_first_boot_in_1970_heals_by_one_exchange() {
    let Some(mut clocked) = Clocked::new("") else { return };
    clocked.set("-20000d");
    let (program, server) = clocked.ready();
    clocked.set("+0");
    server.get("/readyz");
    clocked.setting.until_exchanges(4);
    within("it is ready again", || (server.get("/readyz").status == 200).then_some(()));
    let ended = program.stop();
    assert_eq!(clocked.exchanges(), 4, "{}", ended.stderr);
    clocked.setting.clean(&ended);
}

#[test]
fn a_clock_that_flaps_ten_times_a_second_costs_few_exchanges() {
    let Some(mut clocked) = Clocked::new("renew: {spacing: 500ms}\n") else { return };
    let (program, server) = clocked.ready();
    for round in 0..40 {
        clocked.set(if round % 2 == 0 { "+3h" } else { "+0" });
        server.get("/readyz");
    }
    clocked.set("+0");
    within("it is ready", || (server.get("/readyz").status == 200).then_some(()));
    let ended = program.stop();
    assert!(clocked.exchanges() <= 6, "{} exchanges of two tokens: {}", clocked.exchanges(), ended.stderr);
    let mut seen = clocked.setting.sandbox.exchanges();
    seen.sort_by_key(|seen| (seen.key.map(|key| key.to_string()), seen.arrived));
    for pair in seen.windows(2).filter(|pair| pair[0].key == pair[1].key) {
        let apart = pair[1].arrived.saturating_sub(pair[0].arrived);
        assert!(apart >= Duration::from_millis(500), "{pair:?}");
    }
    clocked.setting.clean(&ended);
}

#[test]
fn a_doubt_alone_removes_no_file() {
    let Some(mut clocked) = Clocked::new("") else { return };
    let text = fs::read_to_string(clocked.setting.path("tokenwell.yaml")).unwrap();
    clocked.setting.put("tokenwell.yaml", &text.replace("outputs:", "onExpiry: remove, outputs:"));
    let (program, server) = clocked.ready();
    clocked.setting.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    clocked.set("+3h");
    server.get("/readyz");
    clocked.setting.until_exchanges(4);
    assert_eq!(server.get("/readyz").status, 503);
    assert!(clocked.setting.path("out/a.jwt").exists() && clocked.setting.path("out/b.jwt").exists());
    clocked.set("+0");
    assert_eq!(server.get("/readyz").status, 200, "the clock is right again, and the token was good all the time");
    let ended = program.stop();
    clocked.setting.clean(&ended);
}

const DOUBT: &str = "clocks disagree on the age of the token";
const OFFSET: &str = "state/faketime";
/// Where Debian has the variant for programs with threads, by machine.
const LIBRARIES: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"];
