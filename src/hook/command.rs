//! Runs a program, without a shell, in its own process group.

use std::{
    convert::Infallible,
    future, io,
    os::fd::OwnedFd,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process_group},
};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::Receiver,
    process::Command,
    select,
    sync::Semaphore,
    time::{sleep, timeout as within},
};
use zeroize::Zeroizing;

use super::{
    command_output::CommandOutput,
    outcome::{HookContext, HookOutcome, HookRun},
};
use crate::{
    blocking::{self, LIMITS, Lane},
    child::{ChildRegistry, OwnedChild},
    secret::Secret,
    source::{Material, Source},
};

/// Runs a command until it ends or reaches its time limit. Background processes that it leaves are neither killed nor
/// read from.
pub(super) async fn run(
    program: &Path,
    arguments: &[String],
    timeout: Duration,
    context: &HookContext,
    children: &ChildRegistry,
) -> HookRun {
    let mut printed = CommandOutput::default();
    let outcome = match start(program, arguments, context, children) {
        Ok((mut group, mut pipe)) => {
            // Biased: a command that never stops printing uses up the task's budget, so its end is polled first.
            let ended = select! {
                biased;
                ended = group.owned.child.wait() => Some(ended),
                () = sleep(timeout) => None,
                never = read_output(&mut pipe, &mut printed) => match never {},
            };
            if ended.is_none() {
                stop(&mut group, &mut pipe, &mut printed).await;
            }
            drain(&pipe, &mut printed);
            ended.map_or(HookOutcome::TimedOut(timeout), outcome)
        }
        Err(error) => HookOutcome::Failed(cannot_start(program, &error)),
    };
    let secrets = if printed.is_empty() { Vec::new() } else { read_secrets(&context.source).await };
    HookRun { outcome, printed: printed.redacted(&context.session.jwt, &secrets) }
}

/// A child that leads its own process group. Dropping this before the child was waited for kills the group.
struct Group {
    owned: OwnedChild,
}

impl Group {
    /// Signals every process in the group. Does nothing once the child was waited for: its number may be reused by then.
    fn signal(&self, signal: Signal) {
        let leader = self.owned.child.id().and_then(|number| Pid::from_raw(number.cast_signed()));
        if let Some(leader) = leader {
            // The group has ended, or signalling it is not permitted: there is no remedy for either.
            let _ = kill_process_group(leader, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

fn start(
    program: &Path,
    arguments: &[String],
    context: &HookContext,
    children: &ChildRegistry,
) -> io::Result<(Group, Receiver)> {
    // One pipe for both, so that lines stay in the order in which they were printed.
    let (reader, writer) = io::pipe()?;
    let pipe = Receiver::from_owned_fd(OwnedFd::from(reader))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir("/")
        .env_clear()
        .env("PATH", PATH)
        .env("TOKENWELL_CREDENTIAL", &context.credential)
        .env("TOKENWELL_PATH", &context.path)
        .env("TOKENWELL_EXPIRES_AT", context.expiry())
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0);
    let owned = children.start(&mut command)?;
    Ok((Group { owned }, pipe))
}

/// Collects output for as long as it is polled.
async fn read_output(pipe: &mut Receiver, printed: &mut CommandOutput) -> Infallible {
    let mut piece = Zeroizing::new([0; PIECE_BYTES]);
    while let Ok(count @ 1..) = pipe.read(&mut piece[..]).await {
        printed.add(&piece[..count]);
    }
    future::pending().await
}

/// Sends TERM to the group, then KILL. The child is not waited for in between, so that its number, which is also the
/// group's, cannot be reused.
async fn stop(group: &mut Group, pipe: &mut Receiver, printed: &mut CommandOutput) {
    group.signal(Signal::TERM);
    let _ = within(GRACE, read_output(pipe, printed)).await;
    group.signal(Signal::KILL);
    // A process inside a system call on a hung disk survives even KILL.
    let _ = within(KILL_WAIT_MAX, group.owned.child.wait()).await;
}

/// Reads the output so far, without waiting for processes that keep the pipe open. Reads by system call, because the
/// runtime may not have been notified of the data yet.
fn drain(pipe: &Receiver, printed: &mut CommandOutput) {
    let mut piece = Zeroizing::new([0; PIECE_BYTES]);
    for _ in 0..REST_PIECES_MAX {
        match rustix::io::read(pipe, &mut piece[..]) {
            Ok(count @ 1..) => printed.add(&piece[..count]),
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => break,
        }
    }
}

/// Reads the secrets of the source, to mask them too. Returns none if they cannot be read. A disk that hangs costs one of a
/// few threads.
async fn read_secrets(source: &Source) -> Vec<Secret> {
    let source = source.clone();
    let reading = async {
        let permit = SECRET_READS.acquire().await.ok()?;
        let secrets = blocking::submit(Lane::Read, move || {
            let _permit = permit;
            source.read().map(Material::into_secrets).ok()
        });
        secrets.await.flatten()
    };
    within(SECRETS_READ_MAX, reading).await.ok().flatten().unwrap_or_default()
}

fn outcome(ended: io::Result<ExitStatus>) -> HookOutcome {
    match ended {
        Ok(status) if status.success() => HookOutcome::Done,
        Ok(status) => HookOutcome::Failed(status.code().map_or_else(
            || format!("ended by {}", status.to_string().replace("signal: ", "signal ")),
            |code| format!("exit code {code}"),
        )),
        Err(error) => HookOutcome::Failed(format!("cannot wait for the command: {error}")),
    }
}

fn cannot_start(program: &Path, error: &io::Error) -> String {
    let (what, remedy) = match Errno::from_io_error(error) {
        Some(Errno::NOENT) => (
            "no such file",
            "name a program that exists on this machine or image; a script's first line must name one too",
        ),
        Some(Errno::ACCESS | Errno::PERM) => (
            "permission denied",
            "make it executable for tokenwell's user (`chmod +x`), on a file system without `noexec`",
        ),
        Some(Errno::NOEXEC) => {
            ("it is not a program", "start the script with a line such as `#!/bin/sh`, or name a program")
        }
        Some(Errno::TXTBSY) => ("the file is being written", "replace it by a rename"),
        Some(Errno::TOOBIG) => ("its arguments are too long", "shorten them"),
        Some(Errno::AGAIN | Errno::NOMEM) => ("no process can be started", LIMITS),
        Some(Errno::MFILE | Errno::NFILE) => {
            ("too many files are open", "raise the limit (`ulimit -n`, `LimitNOFILE=`)")
        }
        Some(_) | None => return format!("cannot start `{}`: {error}", program.display()),
    };
    format!("cannot start `{}`: {what}; {remedy}", program.display())
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The time between TERM and KILL.
const GRACE: Duration = Duration::from_secs(1);
/// The longest wait for the child after KILL.
const KILL_WAIT_MAX: Duration = Duration::from_secs(1);
/// The time limit for reading the secrets.
const SECRETS_READ_MAX: Duration = Duration::from_secs(1);
/// The limit on concurrent reads of secrets, each on its own thread that might hang.
static SECRET_READS: Semaphore = Semaphore::const_new(4);
const PIECE_BYTES: usize = 8 * 1024;
/// More than a pipe holds; ends the loop if a background process keeps filling it.
const REST_PIECES_MAX: usize = 16;
