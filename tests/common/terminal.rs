//! A terminal that `script` provides, with a command in it.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use crate::{program::within, skipped};

pub(crate) struct Terminal {
    script: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Runs a shell command in a folder, in an environment of a few variables. `None` without `script`.
    pub(crate) fn of(folder: &Path, variables: &[(&str, &str)], command: &str) -> Option<Self> {
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", command, "/dev/null"]);
        script.env_clear().env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh").current_dir(folder);
        script.envs(variables.iter().copied());
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

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for its end and returns the exit code of the command.
    #[allow(dead_code, reason = "not every test binary asks")]
    pub(crate) fn code(&mut self) -> Option<i32> {
        within("the end of the terminal", || self.script.try_wait().unwrap()).code()
    }

    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    pub(crate) fn until_shown(&self, text: &str) {
        within(&format!("`{text}` on the screen: {}", self.shown()), || self.shown().contains(text).then_some(()));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}
