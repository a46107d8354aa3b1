//! Runs in a terminal, which `script` provides.

use std::{
    fs,
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use crate::{
    program::{TOKENWELL, within},
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
    let Some(mut terminal) = Terminal::open(&stage, &["--grace", "0s"], script) else { return };
    stage.said("ready");
    terminal.press(b"\x03");
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
    let Some(terminal) = Terminal::open(&stage, &[], script) else { return };
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
    let Some(mut terminal) = Terminal::of(&stage, "exec bash --norc --noprofile -i") else { return };
    terminal.press(format!("{command}\n").as_bytes());
    let ours = stage.said("ready");
    let letter = || {
        let stat = fs::read_to_string(format!("/proc/{ours}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().chars().next().unwrap()
    };
    assert_ne!(letter(), 'T');
    terminal.press(b"\x1a");
    terminal.until_shown("Stopped");
    assert_eq!(letter(), 'T');
    terminal.press(b"fg\n");
    stage.let_go();
    terminal.press(b"echo \"ended with $?\"\n");
    terminal.until_shown("ended with 4");
    terminal.press(b"exit\n");
    assert_eq!(terminal.code(), Some(0), "{}", terminal.shown());
}

struct Terminal {
    script: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Opens a terminal in which `tokenwell exec` leads the session.
    fn open(stage: &Stage, flags: &[&str], program: &str) -> Option<Self> {
        fs::write(stage.path("program"), format!("{PRELUDE}\n{program}\n")).unwrap();
        Self::of(stage, &format!("exec {}", exec(flags)))
    }

    fn of(stage: &Stage, command: &str) -> Option<Self> {
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", command, "/dev/null"]);
        script.env_clear().env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh").env("TOKENWELL_LOG", "debug");
        script.current_dir(stage.path("")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut script) = script.spawn() else {
            skipped::without_program("`script` is not installed, which provides a terminal");
            return None;
        };
        let keyboard = script.stdin.take().unwrap();
        let mut output = script.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(Vec::new()));
        let ours = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                ours.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
        });
        Some(Self { script, keyboard, screen })
    }

    fn press(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    fn until_shown(&self, text: &str) {
        within(&format!("`{text}` on the screen"), || self.shown().contains(text).then_some(()));
    }

    fn code(&mut self) -> Option<i32> {
        within("the end of the terminal", || self.script.try_wait().unwrap()).code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

/// The command line that runs the file `program`.
fn exec(flags: &[&str]) -> String {
    format!("'{TOKENWELL}' exec --config tokenwell.yaml {} -- sh program", flags.join(" "))
}
