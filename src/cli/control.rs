//! The running daemon of a configuration, as `renew` and `reload` reach it: by the control socket in its state directory or, where
//! it cannot serve one, by a signal.

use std::{io, path::PathBuf, sync::Arc};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::{
    failure::Failure,
    running_daemon::{off_the_loop, with_match},
    same_config::TargetConfig,
};
use crate::{
    output,
    status::{self, ControlError},
};

/// How the daemon of a configuration is reached.
#[derive(Debug)]
pub(super) enum Reached {
    /// By its control socket.
    Socket(PathBuf),
    /// By signals to this process only, because nothing serves the socket at this path.
    Signals(i32, PathBuf),
}

/// Finds the daemon that runs with a configuration. Must be called within a runtime.
pub(super) async fn find(target: &Arc<TargetConfig>) -> Result<Reached, Failure> {
    let path = status::control_socket(&target.config.state_directory);
    let report = match status::control_report(&path).await {
        Ok(report) => report,
        Err(ControlError::NoDaemon(path)) => {
            let holder = Arc::clone(target);
            let holder = off_the_loop(move || daemon_of(&holder)).await.ok_or_else(hangs)?;
            return match holder {
                Some(process) => Ok(Reached::Signals(process, path)),
                None => Err(Failure::at_run_time(format!(
                    "no daemon runs with this configuration: nothing listens at `{}`; start `tokenwell run`",
                    path.display()
                ))),
            };
        }
        Err(why @ (ControlError::Forbidden(_) | ControlError::Unreachable { .. } | ControlError::Failed { .. })) => {
            return Err(Failure::at_run_time(why));
        }
    };
    let (report, is_target) = with_match(target, report).await.ok_or_else(hangs)?;
    if is_target {
        return Ok(Reached::Socket(path));
    }
    // Any process may answer there, with any bytes, including terminal escapes.
    let file = report.configuration.file.map(|file| file.to_string_lossy().replace(char::is_control, " "));
    let file = file.map(|file| format!(", `{file}`")).unwrap_or_default();
    Err(Failure::at_run_time(format!(
        "the daemon at `{}` runs another configuration{file}; give each its own `stateDirectory`, or name that configuration",
        path.display()
    )))
}

/// Signals the daemon, if it is still the process that was found. Must be called within a runtime.
pub(super) async fn signal(target: &Arc<TargetConfig>, process: i32, signal: Signal) -> Result<(), Failure> {
    let holder = Arc::clone(target);
    let sent = off_the_loop(move || {
        let number = Pid::from_raw(process).ok_or(io::ErrorKind::NotFound)?;
        let descriptor = pidfd_open(number, PidfdFlags::empty())?;
        // The number may be another process's by now, but only the daemon holds the lock.
        if daemon_of(&holder) != Some(process) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(pidfd_send_signal(&descriptor, signal)?)
    });
    sent.await.ok_or_else(hangs)?.map_err(|why: io::Error| {
        Failure::at_run_time(match why.kind() {
            io::ErrorKind::PermissionDenied => {
                format!("only the user of process {process}, the daemon, and root may do this; run this as that user")
            }
            _ => format!("the daemon, process {process}, has ended"),
        })
    })
}

/// Returns the number of the daemon that uses the state directory, if it runs with this configuration and takes signals. Blocks
/// on the disk.
fn daemon_of(target: &TargetConfig) -> Option<i32> {
    let directory = &target.config.state_directory;
    let holder = output::state_holder(directory).ok()??.process()?;
    let report = status::read(&status::path_in(directory)).ok()?;
    let is_writer = i64::from(report.process_id) == i64::from(holder);
    (is_writer && target.matches(&report) && status::is_signalled_daemon(report.process_id)).then_some(holder)
}

fn hangs() -> Failure {
    Failure::at_run_time("the disk of the configuration, of the state or of the outputs takes too long to respond")
}
