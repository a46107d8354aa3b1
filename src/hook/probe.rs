//! Checks whether a hook would reach a recipient, without notifying it.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::{Duration, SystemTime},
};

use super::{
    definition::Recipient,
    outcome::HookOutcome,
    pid_file,
    post::{self, LoopbackUrl},
    process_name,
    send::{refused, verify_process},
};
use crate::blocking::{self, Lane, NotDone};
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};

/// Whether a hook's recipient can be reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HookProbe {
    /// A recipient can be reached; holds its description.
    Reachable(String),
    /// No recipient is running yet. That is not a failure: an application that starts later reads the new token. Holds the
    /// reason in one line.
    NotRunning(String),
    /// The hook would fail; holds the reason and the remedy in one line.
    WouldFail(String),
}

/// Checks whether a signal would reach a running process. `booted_at` is as in [`super::HookContext`].
pub async fn probe_process(to: &Recipient, booted_at: SystemTime, timeout: Duration) -> HookProbe {
    let to = to.clone();
    let looking = move || match to {
        Recipient::PidFile(path) => probe_pid_file(&path, booted_at),
        Recipient::ProcessName(name) => probe_name(&name),
    };
    match blocking::run_within(Lane::Read, timeout, looking).await {
        Ok(reach) => reach,
        Err(NotDone::Panicked | NotDone::TooLong) => {
            HookProbe::WouldFail("looking for the process takes too long".to_owned())
        }
        Err(NotDone::NoThread(shortage)) => HookProbe::WouldFail(shortage.to_string()),
    }
}

/// Checks whether a server listens at the address of a POST. Sends nothing.
pub async fn probe_listener(url: &LoopbackUrl, timeout: Duration) -> HookProbe {
    let (host, port) = url.host_and_port();
    let addresses = match host.parse() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        // `localhost`, resolved as the POST resolves it.
        Err(_) => vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()],
    };
    match post::connects(&addresses, timeout).await {
        Ok(()) => HookProbe::Reachable(format!("a server listens at `{url}`")),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => HookProbe::NotRunning(format!(
            "no server listens at `{url}`; does the app listen on loopback, in the same pod?"
        )),
        Err(_) => HookProbe::WouldFail(format!("cannot connect to `{url}`")),
    }
}

fn probe_pid_file(path: &Path, booted_at: SystemTime) -> HookProbe {
    let pid_file = match pid_file::read(path) {
        Ok(pid_file) => pid_file,
        Err(outcome) => return from_outcome(outcome),
    };
    let number = pid_file.pid.as_raw_nonzero();
    let file = path.display();
    match verify_process(pid_file, path, booted_at).map_err(from_outcome) {
        Ok(()) => {}
        Err(HookProbe::NotRunning(_)) => {
            let remedy = "if the app runs, it is in another process namespace: share the process namespace of the pod \
                          (`shareProcessNamespace`), or use `post`";
            return HookProbe::WouldFail(format!(
                "pid file `{file}` names process {number}, which is not visible; {remedy}"
            ));
        }
        Err(other) => return other,
    }
    signal_obstacle(pid_file.pid)
        .unwrap_or_else(|| HookProbe::Reachable(format!("process {number} of `{file}` is alive")))
}

fn probe_name(name: &str) -> HookProbe {
    let found = match process_name::find(name) {
        Ok(found) => found,
        Err(outcome) => return from_outcome(outcome),
    };
    if let Some(obstacle) = found.iter().find_map(|(pid, _)| signal_obstacle(*pid)) {
        return obstacle;
    }
    let numbers: Vec<_> = found.iter().map(|(pid, _)| pid.as_raw_nonzero().to_string()).collect();
    HookProbe::Reachable(format!("`{name}` is process {}", numbers.join(", ")))
}

/// Returns why a signal could not be sent, if anything prevents it.
fn signal_obstacle(pid: Pid) -> Option<HookProbe> {
    match test_kill_process(pid) {
        Ok(()) => None,
        Err(Errno::SRCH) => Some(HookProbe::NotRunning(format!("process {} has just ended", pid.as_raw_nonzero()))),
        Err(error) => Some(from_outcome(refused(pid, error))),
    }
}

fn from_outcome(outcome: HookOutcome) -> HookProbe {
    match outcome {
        HookOutcome::Done => HookProbe::Reachable(String::new()),
        HookOutcome::NoRecipient(why) => HookProbe::NotRunning(why),
        HookOutcome::Failed(why) => HookProbe::WouldFail(why),
        HookOutcome::TimedOut(_) => HookProbe::WouldFail("looking for the process takes too long".to_owned()),
    }
}
