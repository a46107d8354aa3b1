//! Sends signals so that a process which reuses another's number never receives one.

use std::{
    os::fd::OwnedFd,
    path::Path,
    time::{Duration, SystemTime},
};

use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, getpid, pidfd_open, pidfd_send_signal},
};
use tokio::sync::Semaphore;

use super::{
    definition::Recipient,
    outcome::HookOutcome,
    pid_file::{self, PidFile},
    process::{self, ProcessInfo},
    process_name,
    signal::Signal,
};
use crate::blocking::{self, Lane};

/// Sends a signal. If a disk or a process hangs during the lookup, it occupies one of a few threads, and later hooks use
/// the others.
pub(super) async fn send(signal: Signal, to: &Recipient, booted_at: SystemTime) -> HookOutcome {
    let to = to.clone();
    let work = async {
        let Ok(permit) = PROCESS_LOOKUPS.acquire().await else { return HookOutcome::Failed(TASK_FAILED.to_owned()) };
        let looking = blocking::submit(Lane::Read, move || {
            let _permit = permit;
            let sent = match to {
                Recipient::PidFile(path) => send_by_file(signal, &path, booted_at),
                Recipient::ProcessName(name) => send_by_name(signal, &name),
            };
            sent.map_or_else(|outcome| outcome, |()| HookOutcome::Done)
        });
        looking.await.unwrap_or_else(|| HookOutcome::Failed(TASK_FAILED.to_owned()))
    };
    tokio::time::timeout(TIMEOUT, work).await.unwrap_or(HookOutcome::TimedOut(TIMEOUT))
}

/// Sends a signal to the process of a pid file. `Err` is the hook's outcome if the signal was not sent, here and below.
///
/// 1. Reads the file.
/// 2. Opens a descriptor of the process with that number: from here on a reuse of the number is noticed.
/// 3. Reads the file again: if it still names the number, the app did not restart between 1 and 2.
/// 4. Refuses a process that started after the file was written: it cannot be the one that the file names.
/// 5. Sends the signal to the descriptor.
fn send_by_file(signal: Signal, path: &Path, booted_at: SystemTime) -> Result<(), HookOutcome> {
    let mut pid_file = pid_file::read(path)?;
    for _ in 0..READS_MAX {
        let held = hold(pid_file.pid);
        let again = pid_file::read(path)?;
        if again.pid == pid_file.pid {
            let held = held?;
            verify_process(again, path, booted_at)?;
            return send_to(&held, pid_file.pid, signal);
        }
        pid_file = again;
    }
    let file = path.display();
    Err(HookOutcome::Failed(format!("pid file `{file}` keeps changing; is the app in a crash loop?")))
}

/// Checks that the process of a pid file is the one that wrote it.
pub(super) fn verify_process(pid_file: PidFile, path: &Path, booted_at: SystemTime) -> Result<(), HookOutcome> {
    let (pid, file) = (pid_file.pid.as_raw_nonzero(), path.display());
    if pid_file.pid == getpid() {
        let remedy = "share the process namespace of the pod (`shareProcessNamespace`), or use `post`";
        let what = "the app is in another process namespace";
        return Err(HookOutcome::Failed(format!(
            "pid file `{file}` holds tokenwell's own process number {pid}: {what}; {remedy}"
        )));
    }
    let seen = process::inspect(pid_file.pid)
        .map_err(|error| HookOutcome::Failed(format!("cannot read process {pid} in `/proc`: {error}")))?;
    let Some(seen) = seen.filter(|seen| !seen.has_ended) else { return Err(gone(pid_file.pid)) };
    let started_at = booted_at.checked_add(seen.started_after_boot());
    if started_at.is_none_or(|started_at| pid_file.written_at.checked_add(SLACK).is_none_or(|end| started_at > end)) {
        let what = "the number probably belongs to another program";
        let remedy = "restart the app so that it writes the file again, or use `processName`";
        return Err(HookOutcome::Failed(format!(
            "process {pid} started after pid file `{file}` was written: {what}; {remedy}"
        )));
    }
    Ok(())
}

/// Sends a signal to every process with that name. Reports a failure before a success, and a success before a process
/// that has ended.
fn send_by_name(signal: Signal, name: &str) -> Result<(), HookOutcome> {
    let found = process_name::find(name)?;
    let mut results: Vec<_> = found
        .iter()
        .map(|(pid, seen)| {
            let held = hold(*pid)?;
            if is_still(*pid, seen, name) { send_to(&held, *pid, signal) } else { Err(gone(*pid)) }
        })
        .collect();
    results.sort_by_key(|result| match result {
        Err(HookOutcome::Failed(_) | HookOutcome::TimedOut(_)) => 0,
        Err(HookOutcome::Done) | Ok(()) => 1,
        Err(HookOutcome::NoRecipient(_)) => 2,
    });
    results.into_iter().next().unwrap_or(Ok(()))
}

/// Whether the process behind the descriptor is still the one that was found by name.
fn is_still(pid: Pid, found: &ProcessInfo, name: &str) -> bool {
    let seen = process::inspect(pid).ok().flatten();
    seen.is_some_and(|seen| seen.started == found.started && !seen.has_ended && seen.is_named(pid, name))
}

fn hold(pid: Pid) -> Result<OwnedFd, HookOutcome> {
    pidfd_open(pid, PidfdFlags::empty()).map_err(|error| refused(pid, error))
}

fn send_to(held: &OwnedFd, pid: Pid, signal: Signal) -> Result<(), HookOutcome> {
    pidfd_send_signal(held, signal.raw).map_err(|error| refused(pid, error))
}

pub(super) fn refused(pid: Pid, error: Errno) -> HookOutcome {
    let remedy = match error {
        Errno::SRCH => return gone(pid),
        Errno::PERM => {
            "run both as one user (`runAsUser`, `User=`), or give tokenwell the capability `KILL`; a seccomp profile may \
             also forbid it"
        }
        Errno::INVAL | Errno::NOENT => "the number is a thread, not a process: let the app write its process number",
        Errno::NOSYS => "this kernel has no pidfd (Linux 5.3): use `command` or `post`",
        Errno::MFILE | Errno::NFILE => "raise the limit on open files (`ulimit -n`, `LimitNOFILE=`)",
        _ => "see the kernel's log",
    };
    let number = pid.as_raw_nonzero();
    let error = std::io::Error::from(error).to_string().to_lowercase();
    let error = error.split(" (os error").next().unwrap_or_default();
    HookOutcome::Failed(format!("cannot signal process {number}: {error}; {remedy}"))
}

fn gone(pid: Pid) -> HookOutcome {
    HookOutcome::NoRecipient(format!("process {} is not running", pid.as_raw_nonzero()))
}

/// The limit on concurrent lookups of files and processes, each on its own thread that might hang.
static PROCESS_LOOKUPS: Semaphore = Semaphore::const_new(4);
const TIMEOUT: Duration = Duration::from_secs(5);
const READS_MAX: usize = 3;
/// File systems round file times by up to two seconds, and process start times are cut to the second.
const SLACK: Duration = Duration::from_secs(2);
const TASK_FAILED: &str = "the task that looks up processes panicked";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_signal_has_a_remedy_and_an_ended_process_is_ok() {
        let pid = Pid::from_raw(7).unwrap();
        let message = "cannot signal process 7: operation not permitted; run both as one user (`runAsUser`, `User=`), or give \
                       tokenwell the capability `KILL`; a seccomp profile may also forbid it";
        assert_eq!(refused(pid, Errno::PERM), HookOutcome::Failed(message.to_owned()));
        assert_eq!(refused(pid, Errno::SRCH), HookOutcome::NoRecipient("process 7 is not running".to_owned()));
    }
}
