//! Asks for answers on a terminal. Nothing that is typed or pasted is shown.

use std::{
    io::{self, stdin},
    os::fd::AsFd as _,
};

use futures_util::StreamExt as _;
use rustix::{
    io::{Errno, read},
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook_tokio::Signals;

use crate::{
    blocking::{self, Lane},
    cli::{failure::Failure, print},
    secret::Secret,
};

/// Asks for pairs of a question's id and its answer, until an id is empty. A signal restores the terminal and ends the
/// prompt.
pub(super) async fn answers(login_id: &str) -> Result<Vec<(String, Secret)>, Failure> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    let _hidden = HiddenInput::begin()?;
    print::notice(&format_args!(
        "answers of `{login_id}`; nothing that you type is shown, and an empty id ends the list"
    ));
    let mut typed = async |question: &str| {
        print::prompt(&question);
        let line = tokio::select! {
            line = blocking::submit(Lane::Read, line) => line.ok_or_else(|| Failure::at_run_time(STOPPED))??,
            _ = signals.next() => return Err(Failure::at_run_time(STOPPED)),
        };
        print::prompt(&"\n");
        Ok(line)
    };
    let mut pairs = Vec::new();
    loop {
        let id = typed(&format!("id of question {}: ", pairs.len() + 1)).await?;
        if id.is_empty() {
            return Ok(pairs);
        }
        let answer = typed(&format!("answer to `{}`: ", id.escape_debug())).await?;
        pairs.push((id, Secret::new(answer)));
    }
}

/// A terminal without echo. Dropping this restores it.
struct HiddenInput {
    before: Termios,
}

impl HiddenInput {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(stdin().as_fd())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        tcsetattr(stdin().as_fd(), OptionalActions::Now, &hidden)?;
        Ok(Self { before })
    }
}

impl Drop for HiddenInput {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin().as_fd(), OptionalActions::Now, &self.before);
    }
}

/// Reads a line without its end. Not by the standard library, whose buffer would keep the answers.
fn line() -> Result<String, Failure> {
    let mut bytes = Vec::with_capacity(LINE_BYTES_MAX);
    let mut chunk = vec![0; LINE_BYTES_MAX];
    while !bytes.ends_with(b"\n") {
        match read(stdin().as_fd(), &mut chunk) {
            Ok(0) => break,
            Ok(count) if bytes.len() + count <= LINE_BYTES_MAX => bytes.extend_from_slice(&chunk[..count]),
            Ok(_) => return Err(Failure::CommandLine("this line is too long; use `--answers-file`".to_owned())),
            Err(Errno::INTR) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
    while bytes.pop_if(|byte| matches!(byte, b'\n' | b'\r')).is_some() {}
    String::from_utf8(bytes).map_err(|_| Failure::CommandLine("what was typed is not UTF-8".to_owned()))
}

/// A terminal passes at most this much as one line.
const LINE_BYTES_MAX: usize = 4096;
const STOPPED: &str = "stopped; nothing was sent";
