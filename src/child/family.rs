//! Who is a child of ours, so that its end is left to whoever waits for it, and orphans can be told apart.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::process::{Child, Command};

/// The children that somebody of this process waits for.
#[derive(Clone, Debug, Default)]
pub struct Family(Arc<Mutex<HashSet<u32>>>);

/// A child that is waited for. When this is dropped, whatever is left of the child counts as an orphan.
#[derive(Debug)]
pub struct Kin {
    /// The process.
    pub child: Child,
    number: u32,
    family: Family,
}

impl Family {
    /// Starts a child. Call it on the thread that reaps orphans, so that no child is reaped before it is known.
    pub fn start(&self, command: &mut Command) -> io::Result<Kin> {
        let child = command.spawn()?;
        let number = child.id().unwrap_or_default();
        self.known().insert(number);
        Ok(Kin { child, number, family: self.clone() })
    }

    /// Whether somebody waits for this child.
    pub fn knows(&self, number: u32) -> bool {
        self.known().contains(&number)
    }

    fn known(&self) -> MutexGuard<'_, HashSet<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Kin {
    fn drop(&mut self) {
        self.family.known().remove(&self.number);
    }
}
