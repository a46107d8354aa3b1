//! An app that prints the signals that it receives.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
};

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

use super::PATIENCE;

/// Processes in their own process group. Dropping it kills the group.
pub(crate) struct App {
    child: Child,
    lines: Receiver<String>,
}

impl App {
    /// Prints `told` for HUP and `still here` for USR2.
    pub(crate) fn start() -> Self {
        Self::of(Command::new("/bin/sh").args(["-c", LISTEN]))
    }

    /// Runs a command that prints `ready` once it handles signals.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).process_group(0).spawn().unwrap();
        let (tell, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let app = Self { child, lines };
        assert_eq!(app.line(), "ready");
        app
    }

    pub(crate) fn number(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line of output, and returns it.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("it says something")
    }

    /// Checks that no further signal arrived. Signals are handled in the order of their numbers, and HUP is the first.
    pub(crate) fn heard_nothing(&self) {
        kill(pid(self.number()), Signal::SIGUSR2).unwrap();
        assert_eq!(self.line(), "still here");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = killpg(pid(self.child.id()), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

pub(crate) fn pid(number: u32) -> Pid {
    Pid::from_raw(number.cast_signed())
}

/// Copies a program to another name.
pub(crate) fn copied(program: &Path, to: &Path) {
    // `cp` runs in its own process. If this process wrote the copy, a concurrent fork could hold it open, and `exec`
    // would fail.
    assert!(Command::new("/bin/cp").arg("-L").arg(program).arg(to).status().unwrap().success());
}

/// Returns whether a process runs. A zombie does not run.
pub(crate) fn runs(number: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// Shell script of the app. A trap runs during `wait`, but not during a foreground command.
pub(crate) const LISTEN: &str =
    "trap 'echo told' HUP; trap 'echo still here' USR2; sleep 1000 & echo ready; while :; do wait; done";
