//! Notifications to the service manager.

use std::{fs, os::unix::net::UnixDatagram, process};

use nix::sys::signal::Signal::{SIGCONT, SIGHUP, SIGSTOP};
use rustix::time::{ClockId, clock_gettime};
use tokenwell::sandbox::Answer;

use crate::{
    manager::{Manager, count},
    program::{Program, once, run, tokenwell, within},
    setting::Setting,
    stopped::is_stopped,
};

#[test]
fn a_whole_life_is_in_order() {
    for kind in ["path", "abstract"] {
        let mut setting = Setting::with(&["a"]);
        setting.sandbox.script(vec![Answer::status(503); 20]);
        let manager = match kind {
            "path" => Manager::at_path(&setting.path("notify")),
            _ => Manager::abstract_at(&format!("tokenwell-test-{}", process::id())),
        };
        let mut command = run(&setting.path(""));
        let program = Program::start(command.env("NOTIFY_SOCKET", &manager.address).env("TOKENWELL_LOG", "debug"));

        // The API is unreachable.
        let mut told = manager.until("a: failed: Descope's API fails: HTTP 503");
        assert_eq!(count(&told, "READY=1"), 0, "{told:?}");
        assert!(told[0].starts_with("STATUS=waiting for the token: a: no answer yet"), "{told:?}");
        told.extend(manager.until("READY=1"));
        assert_eq!(told.last().unwrap(), "READY=1\nSTATUS=the token is fresh");
        assert!(setting.token("a").is_some(), "it is on disk by then");

        // The configuration is reloaded without a change.
        let before = monotonic_micros();
        program.signal(SIGHUP);
        let reload = manager.until("READY=1");
        assert_eq!(reload.len(), 2, "{reload:?}");
        let (reloading, at) = reload[0].split_once("\nMONOTONIC_USEC=").unwrap();
        assert_eq!(reloading, "RELOADING=1");
        assert!((before..=monotonic_micros()).contains(&at.parse().unwrap()), "{at}");
        told.extend(reload);

        // An invalid configuration is refused, and the daemon continues.
        setting.put("tokenwell.yaml", "nonsense: [");
        let refused = manager.until("the newest configuration is refused");
        assert!(count(&refused, "READY=1") > 0, "{refused:?}");
        told.extend(refused);
        program.signal(SIGHUP);
        told.extend(manager.until("READY=1"));

        let ended = program.stop();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        told.extend(manager.rest());
        assert_eq!(told.last().unwrap(), "STOPPING=1\nSTATUS=stopping");
        assert_eq!(count(&told, "STOPPING=1"), 1);
        assert_eq!(count(&told, "READY=1"), 1 + count(&told, "RELOADING=1"), "{told:?}");
        assert_eq!(count(&told, "WATCHDOG"), 0, "no watchdog was requested: {told:?}");
        setting.clean(&ended);
    }
}

#[test]
fn the_watchdog_is_fed_by_a_loop_that_turns_and_by_nothing_else() {
    let (mut setting, twin_setting) = (Setting::with(&["a"]), Setting::with(&["a"]));
    let manager = Manager::at_path(&setting.path("notify"));
    let twin_manager = Manager::at_path(&twin_setting.path("notify"));
    let start = |setting: &Setting, manager: &Manager| {
        let mut command = run(&setting.path(""));
        command.env("NOTIFY_SOCKET", &manager.address).env("WATCHDOG_USEC", "40000");
        Program::start(&mut command)
    };
    // Exchanges hang.
    let hold = setting.sandbox.hold();
    let program = start(&setting, &manager);
    setting.until_exchanges(1);
    for _ in 0..5 {
        assert_eq!(count(&manager.until("WATCHDOG=1"), "READY=1"), 0);
    }
    // The API answers again.
    drop(hold);
    manager.until("READY=1");
    for _ in 0..5 {
        manager.until("WATCHDOG=1");
    }
    // The process is stopped, while another one that still runs feeds its own watchdog.
    program.signal(SIGSTOP);
    within("the stop", || is_stopped(program.pid()).then_some(()));
    manager.rest();
    let twin = start(&twin_setting, &twin_manager);
    for _ in 0..10 {
        twin_manager.until("WATCHDOG=1");
    }
    UnixDatagram::unbound().unwrap().send_to(b"MARK", setting.path("notify")).unwrap();
    program.signal(SIGCONT);
    assert_eq!(manager.until("MARK"), ["MARK"]);
    manager.until("WATCHDOG=1");
    twin.stop();
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    setting.clean(&ended);
}

#[test]
fn a_watchdog_of_another_process_is_not_fed() {
    let setting = Setting::with(&["a"]);
    let manager = Manager::at_path(&setting.path("notify"));
    let mut command = run(&setting.path(""));
    command.env("NOTIFY_SOCKET", &manager.address).env("WATCHDOG_USEC", "2000").env("WATCHDOG_PID", "1");
    let program = Program::start(&mut command);
    let mut told = manager.until("READY=1");
    program.stop();
    told.extend(manager.rest());
    assert_eq!(count(&told, "WATCHDOG=1"), 0, "{told:?}");
}

#[test]
fn a_manager_that_does_not_read_delays_nothing() {
    let mut setting = Setting::with(&["a"]);
    let manager = Manager::at_path(&setting.path("notify"));
    let stuffing = UnixDatagram::unbound().unwrap();
    stuffing.set_nonblocking(true).unwrap();
    while stuffing.send_to(b"STUFFING", setting.path("notify")).is_ok() {}
    let mut command = run(&setting.path(""));
    command.env("NOTIFY_SOCKET", &manager.address).env("WATCHDOG_USEC", "2000");
    let program = Program::start(&mut command);
    program.until_said("ready: every required token is on disk", 1);
    let told = manager.until("READY=1");
    assert_eq!(count(&told[..told.len() - 1], "READY=1"), 0);
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    setting.clean(&ended);
}

#[test]
fn a_manager_that_is_not_there_costs_no_token_and_one_line() {
    for address in ["/nowhere/at/all", "vsock:2:1234"] {
        let mut setting = Setting::with(&["a"]);
        let mut command = run(&setting.path(""));
        command.env("NOTIFY_SOCKET", address).env("WATCHDOG_USEC", "2000");
        let program = Program::start(&mut command);
        program.until_said("ready: every required token is on disk", 1);
        let ended = program.stop();
        assert_eq!(ended.code, Some(0));
        assert_eq!(ended.stderr.matches("cannot notify the service manager").count(), 1, "{}", ended.stderr);
        setting.clean(&ended);
    }
}

#[test]
fn commands_that_end_soon_tell_nothing() {
    let setting = Setting::with(&["a"]);
    let manager = Manager::at_path(&setting.path("notify"));
    let ended = Program::start(once(&setting.path(""), "30s").env("NOTIFY_SOCKET", &manager.address)).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let config = setting.path("tokenwell.yaml").display().to_string();
    let mut check = tokenwell(["check", "--config", &config]);
    Program::start(check.env("NOTIFY_SOCKET", &manager.address)).ended();
    assert_eq!(manager.rest(), [""; 0]);
}

#[test]
fn a_start_gets_more_time_while_first_tokens_come() {
    let names = ["a", "b"];
    let setting = Setting::with(&names);
    // One credential has no key yet.
    fs::remove_file(setting.path("keys/b")).unwrap();
    let manager = Manager::at_path(&setting.path("notify"));
    let program = Program::start(run(&setting.path("")).env("NOTIFY_SOCKET", &manager.address));
    let told = manager.until("EXTEND_TIMEOUT_USEC=90000000");
    assert!(told.last().unwrap().contains("waiting for 1 of 2 tokens: b: key file `"), "{told:?}");
    setting.put("keys/b", "K2b");
    let told = manager.until("READY=1");
    assert_eq!(count(&told, "EXTEND_TIMEOUT_USEC"), 0, "{told:?}");
    program.stop();
}

fn monotonic_micros() -> u128 {
    let time = clock_gettime(ClockId::Monotonic);
    u128::from(time.tv_sec.unsigned_abs()) * 1_000_000 + u128::from(time.tv_nsec.unsigned_abs()) / 1000
}
