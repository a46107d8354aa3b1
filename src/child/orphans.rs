//! Reaps orphans: as the first process of a container, and as the subreaper of a supervised program's children. An orphan
//! that is never waited for stays in the process table as a zombie.

use std::io;

use futures_util::StreamExt as _;
use nix::{
    errno::Errno,
    sys::wait::{Id, WaitPidFlag, waitid},
};
use rustix::process::{
    Pid, WaitId, WaitIdOptions, WaitOptions, getpid, set_child_subreaper, wait, waitid as wait_for, waitpid,
};
use signal_hook::consts::SIGCHLD;
use signal_hook_tokio::Signals;

use super::ChildRegistry;

/// The children that no other code of this process waits for.
///
/// The kernel reports one ended child at a time. While that is a registered child, which is waited for elsewhere, orphans
/// behind it are hidden; so this checks again whenever a child leaves the registry.
pub struct Orphans {
    children: ChildRegistry,
    ends: Signals,
    /// Whether an ended child may be pending that was not checked yet.
    check: bool,
}

impl Orphans {
    /// Makes this process the subreaper of its descendants, so that it adopts orphans even if it is not the first process.
    /// Must be called within a tokio runtime, and before the first child is started.
    pub fn adopt(children: ChildRegistry) -> io::Result<Self> {
        // First: a parent may have left the signal ignored, and the kernel then discards the status of children.
        let ends = Signals::new([SIGCHLD])?;
        set_child_subreaper(Some(getpid()))?;
        Ok(Self { children, ends, check: true })
    }

    /// The same if this is the first process, which adopts orphans in any case; `None` otherwise.
    pub fn of_first_process(children: &ChildRegistry) -> io::Result<Option<Self>> {
        if getpid() == Pid::INIT { Self::adopt(children.clone()).map(Some) } else { Ok(None) }
    }

    /// Waits until an orphan has ended, reaps it, and returns its number. Cancel-safe.
    pub async fn reaped(&mut self) -> u32 {
        loop {
            if self.check
                && let Some(number) = reap_one(&self.children)
            {
                return number;
            }
            self.check = false;
            tokio::select! {
                end = self.ends.next() => if end.is_none() { std::future::pending().await },
                () = self.children.removed() => {}
            }
            self.check = true;
        }
    }
}

/// Reaps the first ended child. Returns `None` if there is none or if it is a registered child.
fn reap_one(children: &ChildRegistry) -> Option<u32> {
    match waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT) {
        Ok(ended) => {
            let number = ended.pid()?.as_raw();
            let known = u32::try_from(number).is_ok_and(|number| children.contains(number));
            let pid = Pid::from_raw(number).filter(|_| !known)?;
            reaped_number(waitpid(Some(pid), WaitOptions::NOHANG))
        }
        // A real-time signal ended it, which nix cannot represent. It is an orphan if no registered child has ended. A
        // registered child that ends between the two calls could be reaped here instead; then only its exit code is lost.
        Err(Errno::EINVAL) if !children.any(has_ended) => reaped_number(wait(WaitOptions::NOHANG)),
        Err(_) => None,
    }
}

fn reaped_number<T>(waited: rustix::io::Result<Option<(Pid, T)>>) -> Option<u32> {
    waited.ok().flatten().and_then(|(pid, _)| u32::try_from(pid.as_raw_nonzero().get()).ok())
}

fn has_ended(number: u32) -> bool {
    let pid = i32::try_from(number).ok().and_then(Pid::from_raw);
    let flags = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    pid.is_some_and(|pid| matches!(wait_for(WaitId::Pid(pid), flags), Ok(Some(_))))
}
