//! The processes below this one: its own children, and the orphans that it reaps.

use std::io;

use crate::child::{ChildRegistry, Orphans};

/// The children of this process, whether the daemon or a command started them.
pub(super) struct Processes {
    children: ChildRegistry,
    /// `None` unless this is the first process of a container, or it supervises a program.
    orphans: Option<Orphans>,
}

impl Processes {
    /// Reaps orphans if this is the first process of a container.
    pub(super) fn of_daemon() -> io::Result<Self> {
        let children = ChildRegistry::default();
        let orphans = Orphans::of_first_process(&children)?;
        Ok(Self { children, orphans })
    }

    /// Reaps orphans, because the supervised program may leave some.
    pub(super) fn of_supervisor() -> io::Result<Self> {
        let children = ChildRegistry::default();
        let orphans = Some(Orphans::adopt(children.clone())?);
        Ok(Self { children, orphans })
    }

    /// The children: a process that is started without an entry here counts as an orphan.
    pub(super) fn children(&self) -> &ChildRegistry {
        &self.children
    }

    /// Returns the number of the next orphan that ended; never without orphans. Cancel-safe.
    pub(super) async fn orphan_reaped(&mut self) -> u32 {
        match &mut self.orphans {
            Some(orphans) => orphans.reaped().await,
            None => std::future::pending().await,
        }
    }
}
