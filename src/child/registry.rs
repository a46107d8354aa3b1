//! The children that this process started, so that orphans can be distinguished from them.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    process::{Child, Command},
    sync::Notify,
};

/// The children that other code of this process waits for.
#[derive(Clone, Debug, Default)]
pub struct ChildRegistry(Arc<Registered>);

#[derive(Debug, Default)]
struct Registered {
    known: Mutex<HashSet<u32>>,
    removed: Notify,
}

/// A child that is waited for. Once this is dropped, a child that still runs counts as an orphan.
#[derive(Debug)]
pub struct OwnedChild {
    /// The process.
    pub child: Child,
    number: u32,
    children: ChildRegistry,
}

impl ChildRegistry {
    /// Starts a child. Call it on the thread that reaps orphans, so that no child is reaped before it is registered.
    pub fn start(&self, command: &mut Command) -> io::Result<OwnedChild> {
        let child = command.spawn()?;
        let number = child.id().unwrap_or_default();
        self.known().insert(number);
        Ok(OwnedChild { child, number, children: self.clone() })
    }

    /// Whether this child is registered.
    pub fn contains(&self, number: u32) -> bool {
        self.known().contains(&number)
    }

    /// Whether the predicate holds for any registered child.
    pub(super) fn any(&self, holds: impl FnMut(u32) -> bool) -> bool {
        self.known().iter().copied().any(holds)
    }

    /// Waits until a child was removed. Supports one caller; a removal between two calls is remembered.
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
