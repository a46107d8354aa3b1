//! Processes that are left to us: as the first process of a container, and as the one that a supervised program's own
//! children fall to. Somebody has to wait for each when it ends, or it stays in the process table for ever.

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

/// The children that nobody of this process waits for.
///
/// The kernel shows one ended child at a time. While that is one of the children, which is waited for elsewhere, no orphan
/// behind it can be seen; so this looks again when the children lets it go.
pub struct Orphans {
    children: ChildRegistry,
    ends: Signals,
    /// Whether there may be one that was not looked at.
    check: bool,
}

impl Orphans {
    /// Takes in whatever is orphaned below this process from here on, also where this is not the first process. Must be
    /// called within a tokio runtime, and before the first child is started.
    pub fn adopt(children: ChildRegistry) -> io::Result<Self> {
        // First this, for a parent may have left the signal ignored, and the kernel then forgets how children ended.
        let ends = Signals::new([SIGCHLD])?;
        set_child_subreaper(Some(getpid()))?;
        Ok(Self { children, ends, check: true })
    }

    /// The same where this is the first process and they come in any case.
    pub fn of_first_process(children: &ChildRegistry) -> io::Result<Option<Self>> {
        if getpid() == Pid::INIT { Self::adopt(children.clone()).map(Some) } else { Ok(None) }
    }

    /// Waits until one has ended, sees it off, and answers with its number. Cancel-safe.
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

/// Sees the first one off, unless it is of the children or there is none.
fn reap_one(children: &ChildRegistry) -> Option<u32> {
    match waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT) {
        Ok(ended) => {
            let number = ended.pid()?.as_raw();
            let known = u32::try_from(number).is_ok_and(|number| children.contains(number));
            let pid = Pid::from_raw(number).filter(|_| !known)?;
            reaped_number(waitpid(Some(pid), WaitOptions::NOHANG))
        }
        // One that a real-time signal ended, which nix has no word for. It is told by who it is not. A child of the children
        // that ends between the two calls comes later in the kernel's list only if it is younger: what is risked is an exit
        // code.
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
