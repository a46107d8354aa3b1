//! The prompt for answers, in a terminal that `script` provides.

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use tokenwell::sandbox::Endpoint;

use crate::{
    program::{TOKENWELL, within},
    skipped,
    user::{CITY, PET, User},
};

const SETUP: &str = "security-questions setup --config tokenwell.yaml --credential user";

#[test]
fn answers_are_asked_for_and_never_shown() {
    let user = User::new();
    let Some(mut terminal) = Terminal::of(&user, &format!("'{TOKENWELL}' {SETUP}; echo \"ended with $?\"; stty -a"))
    else {
        return;
    };
    for (question, typed) in [("id of question 1: ", "city"), ("answer to `city`: ", CITY)] {
        terminal.until_shown(question);
        terminal.press(&format!("{typed}\n"));
    }
    terminal.until_shown("id of question 2: ");
    terminal.press(&format!("pet\n{PET}\n\n"));
    terminal.until_shown("the security questions of `user@example.com` are set up");
    terminal.until_shown("ended with 0");
    terminal.until_shown(" echo ");
    assert!(!terminal.shown().contains("CANARY"), "{}", terminal.shown());
    assert_eq!(user.requests(Endpoint::QuestionsSetup).len(), 1);
}

#[test]
fn an_interrupt_restores_the_terminal_and_sends_nothing() {
    let user = User::new();
    let script = format!("trap : INT; '{TOKENWELL}' {SETUP}; echo \"ended with $?\"; stty -a");
    let Some(mut terminal) = Terminal::of(&user, &script) else { return };
    terminal.until_shown("id of question 1: ");
    terminal.press("city\n");
    terminal.until_shown("answer to `city`: ");
    terminal.press("\x03");
    terminal.until_shown("stopped; nothing was sent");
    terminal.until_shown("ended with 1");
    terminal.until_shown(" echo ");
    assert_eq!(user.requests(Endpoint::QuestionsSetup).len(), 0);
}

struct Terminal {
    script: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn of(user: &User, command: &str) -> Option<Self> {
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", command, "/dev/null"]);
        script.env_clear().env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh").current_dir(user.path(""));
        let Ok(mut script) = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
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

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    fn until_shown(&self, text: &str) {
        within(&format!("`{text}` on the screen: {}", self.shown()), || self.shown().contains(text).then_some(()));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}
