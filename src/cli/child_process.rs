//! Runs a command in a child process, so that it ends in time although a disk hangs.
//!
//! A process does not end while one of its threads is in a call that the kernel cannot interrupt, as calls to a disk that
//! does not respond may be. So the child makes these calls, and the process that people and probes wait for makes none.

use std::{
    env,
    io::{self, IsTerminal as _},
    process::{ExitCode, Stdio},
    time::Duration,
};

use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    time::timeout,
};

use super::{failure::Failure, print, process};

/// Does the work in a child process with the same arguments, for `limit` at most. Does it in this process if no other can be
/// started.
pub(super) fn run_within(
    limit: Duration,
    work: impl FnOnce() -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    if env::var_os(CHILD_VARIABLE).is_some() {
        // Without it the child ends by itself, only later.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        return work();
    }
    let ended = process::block_on(async {
        match start() {
            Ok(child) => result(child, limit).await.map(Some),
            Err(_) => Ok(None),
        }
    })?;
    ended.map_or_else(work, Ok)
}

fn start() -> io::Result<Child> {
    let mut arguments = env::args_os();
    // By its path, which gives the child the name that this process has.
    let mut command = Command::new(env::current_exe()?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    // A program that reads a pipe waits for its end, which a child that hangs would hold back. So it has pipes of its own.
    let own = |is_terminal: bool| if is_terminal { Stdio::inherit() } else { Stdio::piped() };
    command.stdout(own(io::stdout().is_terminal())).stderr(own(io::stderr().is_terminal()));
    command.args(arguments).env(CHILD_VARIABLE, "1").spawn()
}

async fn result(mut child: Child, limit: Duration) -> Result<ExitCode, Failure> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let whole = async {
        let (out, err) = tokio::join!(
            forward(stdout, print::forward_result),
            forward(stderr, |bytes| {
                print::forward_notice(bytes);
                Ok(())
            })
        );
        out.and(err)?;
        child.wait().await
    };
    match timeout(limit, whole).await {
        Ok(ended) => {
            let code = ended?.code().and_then(|code| u8::try_from(code).ok());
            Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
        }
        Err(_elapsed) => {
            // It ends when the disk responds.
            let _ = child.start_kill();
            let limit = humantime::format_duration(limit);
            let what = "the disk of the configuration, of the state or of an output takes too long to respond";
            Err(Failure::at_run_time(format!("time-out after {limit}: {what}; see the kernel's log")))
        }
    }
}

/// Prints what comes from a pipe, to its end.
async fn forward(pipe: Option<impl AsyncRead + Unpin>, print: impl Fn(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match pipe.read(&mut piece).await? {
            0 => return Ok(()),
            count => print(&piece[..count])?,
        }
    }
}

/// Set in the child.
const CHILD_VARIABLE: &str = "TOKENWELL_CHILD";
const PIECE_BYTES: usize = 16 * 1024;
