//! The real program as a child process: starts it, sends signals and reads its output.

use std::{
    ffi::OsStr,
    fs,
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

pub(crate) const TOKENWELL: &str = env!("CARGO_BIN_EXE_tokenwell");

/// The program with these arguments in an empty environment.
pub(crate) fn tokenwell<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(TOKENWELL);
    command.args(arguments).env_clear();
    command
}

/// `tokenwell run` with the configuration in this folder.
pub(crate) fn run(folder: &Path) -> Command {
    tokenwell([OsStr::new("run"), OsStr::new("--config"), folder.join("tokenwell.yaml").as_os_str()])
}

/// `tokenwell once` with the configuration in this folder.
pub(crate) fn once(folder: &Path, timeout: &str) -> Command {
    let mut command = tokenwell(["once", "--timeout", timeout, "--config"]);
    command.arg(folder.join("tokenwell.yaml"));
    command
}

/// A running program. Dropping it kills it.
pub(crate) struct Program {
    child: Child,
    stdout: Ear,
    stderr: Ear,
}

/// How the program ended, and its whole output.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (Ear::at(child.stdout.take().unwrap()), Ear::at(child.stderr.take().unwrap()));
        Self { child, stdout, stderr }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Waits until standard error holds this text this many times.
    pub(crate) fn until_said(&self, text: &str, times: usize) {
        let enough = self.stderr.until(|said| said.matches(text).count() >= times);
        assert!(enough, "in vain: `{text}` {times} times in\n{}", self.stderr.text());
    }

    /// Waits until it ends by itself.
    pub(crate) fn ended(mut self) -> Ended {
        let status = within("the end of the program", || self.child.try_wait().unwrap());
        self.stdout.close();
        self.stderr.close();
        Ended { code: status.code(), stdout: self.stdout.text(), stderr: self.stderr.text() }
    }

    pub(crate) fn stop(self) -> Ended {
        self.signal(Signal::SIGTERM);
        self.ended()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads one end of a pipe, so the program never waits for a reader.
struct Ear {
    heard: Arc<(Mutex<Heard>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Heard {
    text: String,
    at_end: bool,
}

impl Ear {
    fn at(mut pipe: impl Read + Send + 'static) -> Self {
        let heard = Arc::new((Mutex::new(Heard::default()), Condvar::new()));
        let ours = Arc::clone(&heard);
        let thread = thread::spawn(move || {
            let mut bytes = vec![0; 64 * 1024];
            loop {
                let count = pipe.read(&mut bytes).unwrap_or_default();
                let mut heard = ours.0.lock().unwrap();
                heard.text.push_str(&String::from_utf8_lossy(&bytes[..count]));
                heard.at_end = count == 0;
                ours.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self { heard, thread: Some(thread) }
    }

    fn text(&self) -> String {
        self.heard.0.lock().unwrap().text.clone()
    }

    fn until(&self, wanted: impl Fn(&str) -> bool) -> bool {
        let waiting = |heard: &mut Heard| !wanted(&heard.text) && !heard.at_end;
        let (heard, _) = self.heard.1.wait_timeout_while(self.heard.0.lock().unwrap(), PATIENCE, waiting).unwrap();
        wanted(&heard.text)
    }

    fn close(&mut self) {
        self.thread.take().map(JoinHandle::join).transpose().unwrap();
    }
}

/// Polls a condition that has no event to wait for.
pub(crate) fn within<T>(what: &str, asked: impl FnMut() -> Option<T>) -> T {
    within_limit(what, PATIENCE, asked)
}

/// The same with another limit, for a program that is slow by itself.
pub(crate) fn within_limit<T>(what: &str, limit: Duration, mut asked: impl FnMut() -> Option<T>) -> T {
    let step = Duration::from_millis(2);
    for _ in 0..limit.as_millis() / step.as_millis() {
        if let Some(answer) = asked() {
            return answer;
        }
        thread::sleep(step);
    }
    panic!("in vain: {what}");
}

/// Waits until a file exists, and reads it.
pub(crate) fn content(path: &Path) -> String {
    within(&path.display().to_string(), || fs::read_to_string(path).ok())
}

/// This limit only serves to fail a test.
const PATIENCE: Duration = Duration::from_secs(30);
