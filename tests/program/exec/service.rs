//! Notifications to the service manager, and the distinction between the program and tokenwell.

use crate::{
    manager::{Manager, count},
    program::Program,
    stage::Stage,
};

#[test]
fn readiness_follows_the_program_as_a_service() {
    let mut stage = Stage::with(&["a"]);
    let manager = Manager::at_path(&stage.path("notify"));
    let hold = stage.sandbox.hold();
    let mut command = stage.script(&[], "trap 'echo | say asked; hang; exit 0' TERM; env | say env; hang");
    command.env("NOTIFY_SOCKET", &manager.address).env("WATCHDOG_USEC", "20000").env("WATCHDOG_PID", "1");
    command.env("LISTEN_FDS", "0").env("LISTEN_PID", "1").env("LISTEN_FDNAMES", "");
    let program = Program::start(&mut command);
    stage.until_exchanges(1);
    assert_eq!(count(&manager.rest(), "READY=1"), 0);
    drop(hold);
    assert_eq!(manager.until("READY=1").last().unwrap(), "READY=1\nSTATUS=the token is fresh");
    let env = stage.said("env");
    assert!(env.contains("DESCOPE_SESSION_TOKEN_FILE="), "{env}");
    for name in ["NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_"] {
        assert!(!env.contains(name), "{env}");
    }
    program.signal(nix::sys::signal::Signal::SIGTERM);
    stage.said("asked");
    // The program still runs.
    let mut told = manager.until("STOPPING=1");
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    told.extend(manager.rest());
    assert_eq!(count(&told, "STOPPING=1"), 1, "{told:?}");
    assert_eq!(count(&told, "READY=1"), 0, "{told:?}");
    stage.clean(&ended);
}
