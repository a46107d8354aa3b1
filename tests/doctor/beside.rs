//! Beside a daemon that runs.

use crate::{
    program::Program,
    setting::Setting,
    told::{check, everything, line, of, patient_setting, told},
};

#[test]
fn a_running_daemon_is_named_and_not_disturbed() {
    for in_set in [false, true] {
        let mut setting = patient_setting(&["a", "b"]);
        let sets =
            if in_set { format!("sets: [{{directory: {}}}]\n", setting.path("out").display()) } else { String::new() };
        setting.configure(&(setting.named(&["a", "b"]) + &sets));
        let daemon = setting.ready();
        let before = held(&setting);
        let mut command = check(&setting);
        let ended = told(&mut setting, &mut command);
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
        let said = format!("2 outputs written by process {} (`tokenwell`)", daemon.pid());
        assert!(line(&ended, "lock").ends_with(&said), "{}", ended.stdout);
        let outputs = of(&ended, "output");
        let tried = if in_set { "writes to its set at present" } else { "can be written" };
        assert!(outputs.len() == 2 && outputs.iter().all(|line| line.contains(tried)), "{}", ended.stdout);
        assert_eq!(held(&setting), before, "neither a token nor a state file was touched");
        // The lock is still the daemon's.
        let mut command = check(&setting);
        assert!(line(&told(&mut setting, &mut command), "lock").ends_with(&said));
        let ended = daemon.stop();
        assert!(!ended.stderr.contains("by somebody else") && !ended.stderr.contains("WARN"), "{}", ended.stderr);
        setting.clean(&ended);
        let mut command = check(&setting);
        assert!(line(&told(&mut setting, &mut command), "lock").ends_with("2 outputs written by nobody now"));
    }
}

#[test]
fn what_a_daemon_was_told_of_a_limit_holds_for_the_doctor_too() {
    let mut setting = patient_setting(&["a"]);
    setting.sandbox.script([tokenwell::sandbox::Answer::busy(200)]);
    let daemon = Program::start(&mut crate::program::run(&setting.path("")));
    daemon.until_said("asks to slow down", 1);
    daemon.stop();
    let mut command = check(&setting);
    let ended = told(&mut setting, &mut command);
    assert!(
        line(&ended, "exchange").contains("because the API wanted to be left alone for another "),
        "{}",
        ended.stdout
    );
    assert_eq!(setting.sandbox.counters().exchanges, 1);
}

/// The outputs and the state.
fn held(setting: &Setting) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut all = everything(&setting.path("out"));
    all.extend(everything(&setting.path("state")));
    all
}
