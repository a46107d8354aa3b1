//! Runs in a terminal, which `script` provides.

use std::{fs, process::Command};

use crate::{
    program::TOKENWELL,
    pty::Terminal,
    skipped,
    stage::{PRELUDE, Stage, heeds_ctrl_c},
};

#[test]
fn ctrl_c_reaches_the_program_once_and_stops_nothing_by_itself() {
    if !heeds_ctrl_c() {
        return;
    }
    let stage = Stage::with(&["a"]);
    let script = "trap 'echo int | say got' INT; echo | say ready; hang; exit 4";
    let Some(mut terminal) = open(&stage, &["--grace", "0s"], script) else { return };
    stage.said("ready");
    terminal.press("\x03");
    stage.said("got");
    terminal.until_shown("the program gets INT from the terminal directly");
    stage.let_go();
    assert_eq!(terminal.code(), Some(4), "{}", terminal.shown());
    assert_eq!(stage.said("got"), "int");
    assert!(!terminal.shown().contains("sent INT"), "{}", terminal.shown());
}

/// The kernel signals only the session leader, which is tokenwell here.
#[test]
fn that_the_terminal_is_gone_is_passed_on() {
    let stage = Stage::with(&["a"]);
    let script = "trap 'echo hup | say got; exit' HUP; echo | say ready; hang";
    let Some(terminal) = open(&stage, &[], script) else { return };
    stage.said("ready");
    drop(terminal);
    assert_eq!(stage.said("got"), "hup");
}

#[test]
fn a_shell_stops_it_with_ctrl_z_and_goes_on_with_fg() {
    if !Command::new("bash").arg("--version").output().is_ok_and(|ran| ran.status.success()) {
        skipped::without_program("`bash` is not installed, whose job control this is about");
        return;
    }
    let stage = Stage::with(&["a"]);
    fs::write(stage.path("program"), format!("{PRELUDE}\necho $PPID | say ready; hang; exit 4\n")).unwrap();
    let command = exec(&[]);
    let Some(mut terminal) = terminal(&stage, "exec bash --norc --noprofile -i") else { return };
    terminal.press(&format!("{command}\n"));
    let ours = stage.said("ready");
    let letter = || {
        let stat = fs::read_to_string(format!("/proc/{ours}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().chars().next().unwrap()
    };
    assert_ne!(letter(), 'T');
    terminal.press("\x1a");
    terminal.until_shown("Stopped");
    assert_eq!(letter(), 'T');
    terminal.press("fg\n");
    stage.let_go();
    terminal.press("echo \"ended with $?\"\n");
    terminal.until_shown("ended with 4");
    terminal.press("exit\n");
    assert_eq!(terminal.code(), Some(0), "{}", terminal.shown());
}

/// Opens a terminal in which `tokenwell exec` leads the session.
fn open(stage: &Stage, flags: &[&str], program: &str) -> Option<Terminal> {
    fs::write(stage.path("program"), format!("{PRELUDE}\n{program}\n")).unwrap();
    terminal(stage, &format!("exec {}", exec(flags)))
}

fn terminal(stage: &Stage, command: &str) -> Option<Terminal> {
    Terminal::of(&stage.path(""), &[("TOKENWELL_LOG", "debug")], command)
}

/// The command line that runs the file `program`.
fn exec(flags: &[&str]) -> String {
    format!("'{TOKENWELL}' exec --config tokenwell.yaml {} -- sh program", flags.join(" "))
}
