//! `tokenwell renew` and `tokenwell reload`, and the control socket that they use.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
        process::CommandExt as _,
    },
    process::Command,
};

use nix::unistd::geteuid;
use tokenwell::sandbox::Answer;

use crate::{
    program::{Ended, Program, TOKENWELL, tokenwell, within},
    setting::Setting,
    skipped,
};

const UNCHANGED: &str = "the configuration is unchanged: what the file says is in force\n";

fn command(setting: &Setting, arguments: &[&str]) -> Ended {
    let mut command: Command = tokenwell(arguments);
    Program::start(command.arg("--config").arg(setting.path("tokenwell.yaml"))).ended()
}

/// A daemon whose control socket is served.
fn running(setting: &Setting) -> Program {
    let daemon = setting.ready();
    within("the control socket", || UnixStream::connect(setting.path("state/control.sock")).ok());
    daemon
}

#[test]
fn renew_replaces_every_token_or_the_named_ones() {
    let mut setting = Setting::with(&["a", "b"]);
    let daemon = running(&setting);
    let before = [setting.token("a"), setting.token("b")];
    let ended = command(&setting, &["renew", "a"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(ended.stdout.starts_with("a: renewed, expires in "), "{}", ended.stdout);
    assert_eq!(setting.sandbox.counters().exchanges, 3, "one for each token, and one more for `a`");
    assert_ne!(setting.token("a"), before[0]);
    assert_eq!(setting.token("b"), before[1]);
    let ended = command(&setting, &["renew"]);
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 2), "{}", ended.stdout);
    assert_ne!(setting.token("b"), before[1]);
    let ended = command(&setting, &["renew", "--no-wait", "b"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "requested the renewal of 1 session\n"));
    setting.until_exchanges(6);
    let ended = command(&setting, &["renew", "aa"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("no credential has the name `aa`; is it `a`?"), "{}", ended.stderr);
    let stopped = daemon.stop();
    setting.clean(&stopped);
    assert!(!setting.path("state/control.sock").exists(), "a daemon that stops removes its socket");
}

#[test]
fn a_refused_renewal_is_reported_with_its_reason() {
    let setting = Setting::with(&["a", "b"]);
    let daemon = running(&setting);
    setting.sandbox.set(|settings| settings.outage = Some(Answer::denied()));
    let ended = command(&setting, &["renew", "a"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.starts_with("error: 1 of 1 sessions is not renewed:\n  a: denied: "), "{}", ended.stderr);
    setting.sandbox.set(|settings| settings.outage = None);
    let ended = command(&setting, &["renew", "a"]);
    assert_eq!(ended.code, Some(0), "a denied key is sent again: {}", ended.stderr);
    setting.sandbox.set(|settings| settings.outage = Some(Answer::Hang));
    let ended = command(&setting, &["renew", "b", "--timeout", "300ms"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("b: time-out; exchange now"), "{}", ended.stderr);
    daemon.stop();
}

#[test]
fn a_pause_that_the_api_asked_for_is_kept() {
    let setting = Setting::with(&["a"]);
    let daemon = running(&setting);
    setting.sandbox.set(|settings| settings.outage = Some(Answer::busy(120)));
    let ended = command(&setting, &["renew"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    let exchanges = setting.sandbox.counters().exchanges;
    let ended = command(&setting, &["renew"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("a: the next exchange is in ") && ended.stderr.contains("(busy: "),
        "{}",
        ended.stderr
    );
    assert_eq!(setting.sandbox.counters().exchanges, exchanges);
    daemon.stop();
}

#[test]
fn reload_says_what_became_of_the_configuration() {
    let mut setting = Setting::with(&["a"]);
    let daemon = running(&setting);
    let ended = command(&setting, &["reload"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), UNCHANGED), "{}", ended.stderr);
    setting.put_key("b", "b");
    setting.configure(&setting.named(&["a", "b"]));
    let ended = command(&setting, &["reload"]);
    // The daemon may have noticed the change by itself.
    let outcomes = ["the new configuration is in force\n", UNCHANGED];
    assert!(ended.code == Some(0) && outcomes.contains(&ended.stdout.as_str()), "{ended:?}");
    within("the new token", || setting.path("out/b.jwt").exists().then_some(()));
    // A hook with a command needs more than a confined daemon may do.
    let text = setting.named(&["a"]).replace("outputs:", "hooks: [{command: [/bin/true]}], outputs:");
    setting.configure(&text);
    let ended = command(&setting, &["reload"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(
        ended.stderr.contains("the daemon keeps the configuration in force: a hook of `a` runs a command"),
        "{}",
        ended.stderr
    );
    setting.put("tokenwell.yaml", "credentials: 7\n");
    let ended = command(&setting, &["reload"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    daemon.stop();
}

#[test]
fn without_a_daemon_both_fail_at_once() {
    let setting = Setting::with(&["a"]);
    for name in ["renew", "reload"] {
        let ended = command(&setting, &[name]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        assert!(ended.stderr.starts_with("error: no daemon runs with this configuration: "), "{}", ended.stderr);
    }
    // What a killed daemon left is no daemon either, and does not keep the next one from serving.
    let daemon = running(&setting);
    daemon.signal(nix::sys::signal::Signal::SIGKILL);
    daemon.ended();
    assert!(setting.path("state/control.sock").exists());
    assert_eq!(command(&setting, &["renew"]).code, Some(1));
    let daemon = running(&setting);
    assert_eq!(command(&setting, &["renew"]).code, Some(0));
    daemon.stop();
}

#[test]
fn a_daemon_of_another_configuration_is_not_asked() {
    let (setting, other) = (Setting::with(&["a"]), Setting::with(&["theirs"]));
    let text = fs::read_to_string(setting.path("tokenwell.yaml")).unwrap();
    let theirs = other.path("state").display().to_string();
    setting.put("tokenwell.yaml", &text.replace(&setting.path("state").display().to_string(), &theirs));
    let daemon = running(&other);
    let ended = command(&setting, &["renew"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("runs another configuration, `"), "{}", ended.stderr);
    assert_eq!(other.sandbox.counters().exchanges, 1);
    daemon.stop();
}

#[test]
fn another_user_cannot_use_the_control_socket() {
    if !geteuid().is_root() {
        skipped::without_root("only root can run a program as another user");
        return;
    }
    let setting = Setting::with(&["a"]);
    let daemon = running(&setting);
    let socket = setting.path("state/control.sock");
    assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o600);
    // `cp` runs in its own process, so that no concurrent fork holds the copy open for writing.
    assert!(Command::new("cp").arg(TOKENWELL).arg(setting.path("tokenwell")).status().unwrap().success());
    let open = |name: &str, mode| fs::set_permissions(setting.path(name), fs::Permissions::from_mode(mode)).unwrap();
    open("", 0o755);
    open("state", 0o755);
    open("tokenwell.yaml", 0o644);
    let by_another = |arguments: &[&str]| {
        let mut command = Command::new(setting.path("tokenwell"));
        command.env_clear().args(arguments).arg("--config").arg(setting.path("tokenwell.yaml")).uid(65_534).gid(65_534);
        Program::start(&mut command).ended()
    };
    let refused = |what: &str| {
        for name in ["renew", "reload"] {
            let ended = by_another(&[name]);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{what}");
            assert!(
                ended.stderr.contains("only the user that the daemon runs as and root may do this"),
                "{}",
                ended.stderr
            );
        }
    };
    refused("by the mode of the socket");
    open("state/control.sock", 0o666);
    refused("by the user of the connection");
    assert_eq!(setting.sandbox.counters().exchanges, 1);
    daemon.stop();
}

#[test]
fn a_daemon_without_a_socket_is_signalled() {
    let mut setting = Setting::with(&["a"]);
    setting.put("state/control.sock", "of somebody else");
    let daemon = setting.ready();
    daemon.until_said("cannot be served: a file that is not a socket is there", 1);
    let before = setting.token("a");
    let ended = within("the status file", || Some(command(&setting, &["renew"])).filter(|ended| ended.code == Some(0)));
    assert!(ended.stdout.starts_with(&format!("sent USR1 to the daemon, process {}, ", daemon.pid())), "{ended:?}");
    setting.until_exchanges(2);
    within("the new token", || (setting.token("a") != before).then_some(()));
    let ended = command(&setting, &["renew", "a"]);
    assert!(ended.code == Some(1) && ended.stderr.contains("a signal renews every session"), "{ended:?}");
    let ended = command(&setting, &["reload"]);
    assert!(ended.code == Some(0) && ended.stdout.starts_with("sent HUP to the daemon"), "{ended:?}");
    daemon.until_said("asked to read the configuration again", 1);
    let ended = daemon.stop();
    setting.clean(&ended);
    assert_eq!(fs::read_to_string(setting.path("state/control.sock")).unwrap(), "of somebody else");
}

#[test]
fn a_removed_control_socket_is_made_again() {
    let mut setting = Setting::with(&["a"]);
    let daemon = running(&setting);
    let socket = setting.path("state/control.sock");
    for time in 1..=2 {
        fs::remove_file(&socket).unwrap();
        daemon.signal(nix::sys::signal::Signal::SIGHUP);
        daemon.until_said("control.sock` was removed by somebody else; it is made again", time);
        within("the control socket", || UnixStream::connect(&socket).ok());
        assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o600);
        let ended = command(&setting, &["renew"]);
        assert!(ended.code == Some(0) && ended.stdout.starts_with("a: renewed, "), "{ended:?}");
    }
    // A socket that somebody else has put there is not replaced.
    fs::remove_file(&socket).unwrap();
    let other = UnixListener::bind(&socket).unwrap();
    let inode = fs::metadata(&socket).unwrap().ino();
    setting.put_key("b", "b");
    setting.configure(&setting.named(&["a", "b"]));
    daemon.until_said("the new configuration is in force", 1);
    let ended = daemon.stop();
    setting.clean(&ended);
    assert_eq!(ended.stderr.matches("was removed by somebody else").count(), 2, "{}", ended.stderr);
    assert_eq!(fs::metadata(&socket).unwrap().ino(), inode);
    drop(other);
}

#[test]
fn a_long_path_and_a_mere_get_are_handled() {
    let mut setting = Setting::with(&["a"]);
    let long = setting.path(&format!("{}/{}", "l".repeat(90), "m".repeat(90)));
    let text = fs::read_to_string(setting.path("tokenwell.yaml")).unwrap();
    let state = setting.path("state").display().to_string();
    setting.put("tokenwell.yaml", &text.replace(&state, &long.display().to_string()));
    let daemon = setting.ready();
    within("the control socket", || long.join("control.sock").exists().then_some(()));
    let ended = command(&setting, &["renew"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    daemon.stop();

    setting.put("tokenwell.yaml", &text);
    let daemon = running(&setting);
    let answer = |request: &str| {
        let mut wire = UnixStream::connect(setting.path("state/control.sock")).unwrap();
        wire.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        wire.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    };
    let exchanges = setting.sandbox.counters().exchanges;
    let close = "Host: localhost\r\nConnection: close\r\n";
    assert!(answer(&format!("GET /renew HTTP/1.1\r\n{close}\r\n")).contains("405"));
    assert!(answer(&format!("POST /renew HTTP/1.1\r\n{close}Content-Length: 2\r\n\r\n{{}}")).contains("400"));
    assert!(answer(&format!("POST /metrics HTTP/1.1\r\n{close}Content-Length: 0\r\n\r\n")).contains("404"));
    assert_eq!(setting.sandbox.counters().exchanges, exchanges);
    let ended = daemon.stop();
    setting.clean(&ended);
}
