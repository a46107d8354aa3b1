//! Who is a child of ours, so that its end is left to whoever waits for it, and orphans can be told apart.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    process::{Child, Command},
    sync::Notify,
};

/// The children that somebody of this process waits for.
#[derive(Clone, Debug, Default)]
pub struct ChildRegistry(Arc<Registered>);

#[derive(Debug, Default)]
struct Registered {
    known: Mutex<HashSet<u32>>,
    removed: Notify,
}

/// A child that is waited for. When this is dropped, whatever is left of the child counts as an orphan.
#[derive(Debug)]
pub struct OwnedChild {
    /// The process.
    pub child: Child,
    number: u32,
    children: ChildRegistry,
}

impl ChildRegistry {
    /// Starts a child. Call it on the thread that reaps orphans, so that no child is reaped before it is known.
    pub fn start(&self, command: &mut Command) -> io::Result<OwnedChild> {
        let child = command.spawn()?;
        let number = child.id().unwrap_or_default();
        self.known().insert(number);
        Ok(OwnedChild { child, number, children: self.clone() })
    }

    /// Whether somebody waits for this child.
    pub fn contains(&self, number: u32) -> bool {
        self.known().contains(&number)
    }

    /// Whether this holds for any of them.
    pub(super) fn any(&self, holds: impl FnMut(u32) -> bool) -> bool {
        self.known().iter().copied().any(holds)
    }

    /// Waits until one of them is waited for no longer. For one caller; a removed that nobody heard of is kept.
    pub(super) async fn removed(&self) {
        self.0.removed.notified().await;
    }

    fn known(&self) -> MutexGuard<'_, HashSet<u32>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OwnedChild {
    fn drop(&mut self) {
        self.children.known().remove(&self.number);
        self.children.0.removed.notify_one();
    }
}
