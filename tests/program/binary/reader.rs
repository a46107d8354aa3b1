//! The commands of a mere reader: a member of the group of the tokens, who may not read the state files.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    process::Command,
};

use nix::unistd::geteuid;
use tokenwell::sandbox::Answer;

use crate::{
    program::{Ended, Program, TOKENWELL, within},
    setting::Setting,
    skipped,
};

const DAEMON: u32 = 4_711;
const READER: u32 = 4_712;
const GROUP: u32 = 4_713;

/// A setting whose daemon and readers are two users with one group.
struct Shared(Setting);

impl Shared {
    /// `None` if this user is not root.
    fn new(status: &str) -> Option<Self> {
        if !geteuid().is_root() {
            skipped::without_root("only root can run a daemon and a reader as two users");
            return None;
        }
        let setting = Setting::with(&["a"]);
        let socket = setting.path("out/status.sock").display().to_string();
        setting.configure(&format!("{}{}", status.replace("SOCKET", &socket), setting.named(&["a"])));
        // `cp` runs in its own process, so that no concurrent fork holds the copy open for writing.
        assert!(Command::new("cp").arg(TOKENWELL).arg(setting.path("tokenwell")).status().unwrap().success());
        for (name, mode) in [("", 0o755), ("keys", 0o700), ("out", 0o2750), ("state", 0o2750), ("keys/a", 0o600)] {
            chown(setting.path(name), Some(DAEMON), Some(GROUP)).unwrap();
            fs::set_permissions(setting.path(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(setting.path("tokenwell.yaml"), fs::Permissions::from_mode(0o644)).unwrap();
        Some(Self(setting))
    }

    fn command(&self, user: u32, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.0.path("tokenwell"));
        command.env_clear().args(arguments).arg("--config").arg(self.0.path("tokenwell.yaml"));
        command.uid(user).gid(GROUP);
        command
    }

    fn daemon(&self) -> Program {
        let program = Program::start(&mut self.command(DAEMON, &["run"]));
        program.until_said("ready: every required token is on disk", 1);
        program
    }

    fn read(&self, arguments: &[&str]) -> Ended {
        Program::start(&mut self.command(READER, arguments)).ended()
    }
}

#[test]
fn a_reader_may_wait_and_see_the_status_by_the_socket() {
    let Some(shared) = Shared::new("status: {listen: \"unix:SOCKET\"}\n") else { return };
    let program = shared.daemon();
    for command in [&["wait", "--timeout", "0s"][..], &["status"], &["check"]] {
        let ended = shared.read(command);
        assert_eq!((ended.code, ended.stderr.contains("os error 13")), (Some(0), false), "{command:?}: {ended:?}");
    }
    // The daemon's reasons are the reader's.
    shared.0.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    // First, or the daemon may be quicker to write the file again.
    fs::set_permissions(shared.0.path("out"), fs::Permissions::from_mode(0o2550)).unwrap();
    fs::remove_file(shared.0.path("out/a.jwt")).unwrap();
    within("it is missed", || {
        let ended = shared.read(&["wait", "--timeout", "0s"]);
        // The file that is gone, or the folder that refuses the next one.
        let is_told = ["out/a.jwt`", "out`: permission denied"].iter().any(|words| ended.stderr.contains(words));
        (ended.code == Some(1) && is_told).then_some(())
    });
    program.stop();
}

#[test]
fn a_reader_of_the_token_may_print_it_if_it_is_valid() {
    for status in ["status: {listen: \"unix:SOCKET\"}\n", ""] {
        let Some(mut shared) = Shared::new(status) else { return };
        let program = shared.daemon();
        let ended = shared.read(&["token"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert_eq!(Some(ended.stdout), shared.0.token("a"));
        program.stop();
        // A token with the life of a second, which no daemon vouches for.
        let part = |json: &str| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, json);
        let expired = format!("{}.{}.c2ln", part(r#"{"alg":"RS256"}"#), part(r#"{"iat":1000,"exp":1001}"#));
        fs::write(shared.0.path("out/a.jwt"), expired).unwrap();
        let ended = shared.read(&["token"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        assert!(ended.stderr.contains("run this as the user that tokenwell runs as"), "{}", ended.stderr);
    }
}

#[test]
fn a_reader_waits_at_an_address_that_only_the_daemon_knows() {
    let Some(shared) = Shared::new("status: {listen: \"127.0.0.1:0\"}\n") else { return };
    let program = shared.daemon();
    let ended = shared.read(&["wait", "--timeout", "20s"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    program.stop();
}

#[test]
fn a_reader_whom_no_daemon_answers_is_told_what_to_do() {
    let Some(shared) = Shared::new("") else { return };
    let program = shared.daemon();
    let ended = shared.read(&["wait", "--timeout", "0s"]);
    assert_eq!(ended.code, Some(1));
    let remedy = "run this as the user that tokenwell runs as, or let the daemon serve its status (`status.listen`)";
    assert!(ended.stderr.contains(remedy), "{}", ended.stderr);
    program.stop();
}

#[test]
fn a_token_that_the_daemon_has_elsewhere_is_missing_here() {
    let Some(shared) = Shared::new("status: {listen: \"127.0.0.1:0\"}\n") else { return };
    let program = shared.daemon();
    // As in another container, which has the socket and not the tokens.
    let mut command = Command::new("unshare");
    let script = format!(
        "mount -t tmpfs none {} && exec {} wait --timeout 0s --config {}",
        shared.0.path("out").display(),
        shared.0.path("tokenwell").display(),
        shared.0.path("tokenwell.yaml").display()
    );
    let ended = Program::start(command.args(["--mount", "sh", "-c", &script])).ended();
    if ended.stderr.contains("unshare") || ended.stderr.contains("mount:") {
        return skipped::on_this_machine("no mount namespaces here");
    }
    assert!(ended.stderr.contains("the daemon has its token, but there is no file"), "{}", ended.stderr);
    program.stop();
}
