//! Whether a hook would reach somebody, found out without telling him anything.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::{Duration, SystemTime},
};

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use tokio::task;

use super::{
    HookOutcome, LoopbackUrl, Recipient, named, pid_file, post,
    send::{is_meant, refused},
};

/// What stands at the other end of a hook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Somebody who can be told; who, in words.
    There(String),
    /// Nobody yet, which is no failure: who starts later reads the new token. Why, in one line.
    NotYet(String),
    /// The hook would fail; why, in one line with the remedy.
    Barred(String),
}

/// Whether a signal would reach a process that is alive. `booted_at` is as in [`super::HookContext`].
pub async fn reach_process(to: &Recipient, booted_at: SystemTime, timeout: Duration) -> Reach {
    let to = to.clone();
    let looking = task::spawn_blocking(move || match to {
        Recipient::PidFile(path) => of_pid_file(&path, booted_at),
        Recipient::Named(name) => of_name(&name),
    });
    match tokio::time::timeout(timeout, looking).await {
        Ok(Ok(reach)) => reach,
        Ok(Err(_)) | Err(_) => Reach::Barred("looking for the process takes too long".to_owned()),
    }
}

/// Whether somebody listens where a POST goes. Nothing is sent.
pub async fn reach_listener(url: &LoopbackUrl, timeout: Duration) -> Reach {
    let (host, port) = url.host_and_port();
    let addresses = match host.parse() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        // `localhost`, as the POST takes it.
        Err(_) => vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()],
    };
    match post::connects(&addresses, timeout).await {
        Ok(()) => Reach::There(format!("somebody listens at `{url}`")),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Reach::NotYet(format!("nobody listens at `{url}`; does the app listen on loopback, in the same pod?"))
        }
        Err(_) => Reach::Barred(format!("cannot connect to `{url}`")),
    }
}

fn of_pid_file(path: &Path, booted_at: SystemTime) -> Reach {
    let noted = match pid_file::read(path) {
        Ok(noted) => noted,
        Err(outcome) => return of_outcome(outcome),
    };
    let number = noted.pid.as_raw_nonzero();
    let file = path.display();
    match is_meant(noted, path, booted_at).map_err(of_outcome) {
        Ok(()) => {}
        Err(Reach::NotYet(_)) => {
            let remedy = "if the app runs, it counts its processes apart from tokenwell's: share the process namespace of \
                          the pod (`shareProcessNamespace`), or use `post`";
            return Reach::Barred(format!("pid file `{file}` names process {number}, which is not seen; {remedy}"));
        }
        Err(other) => return other,
    }
    may_be_told(noted.pid).unwrap_or_else(|| Reach::There(format!("process {number} of `{file}` is alive")))
}

fn of_name(name: &str) -> Reach {
    let found = match named::find(name) {
        Ok(found) => found,
        Err(outcome) => return of_outcome(outcome),
    };
    if let Some(barred) = found.iter().find_map(|(pid, _)| may_be_told(*pid)) {
        return barred;
    }
    let numbers: Vec<_> = found.iter().map(|(pid, _)| pid.as_raw_nonzero().to_string()).collect();
    Reach::There(format!("`{name}` is process {}", numbers.join(", ")))
}

/// What is in the way of a signal, if anything is.
fn may_be_told(pid: Pid) -> Option<Reach> {
    match test_kill_process(pid) {
        Ok(()) => None,
        Err(Errno::SRCH) => Some(Reach::NotYet(format!("process {} has ended just now", pid.as_raw_nonzero()))),
        Err(error) => Some(of_outcome(refused(pid, error))),
    }
}

fn of_outcome(outcome: HookOutcome) -> Reach {
    match outcome {
        HookOutcome::Done => Reach::There(String::new()),
        HookOutcome::NobodyThere(why) => Reach::NotYet(why),
        HookOutcome::Failed(why) => Reach::Barred(why),
        HookOutcome::TimedOut(_) => Reach::Barred("looking for the process takes too long".to_owned()),
    }
}
