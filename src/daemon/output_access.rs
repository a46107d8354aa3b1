//! What every write of outputs needs: the claims of this process, and the files that hold keys.

use std::sync::Arc;

use crate::{
    blocking::{self, Lane},
    output::{Locks, ProtectedKeys},
};

/// Access to the outputs.
#[derive(Clone, Debug, Default)]
pub(super) struct OutputAccess {
    /// The outputs that only this process writes to.
    locks: Arc<Locks>,
    /// The key files as the last scan found them. No write replaces one.
    protected_keys: Arc<ProtectedKeys>,
}

impl OutputAccess {
    /// The claims of this process.
    pub(super) fn locks(&self) -> &Arc<Locks> {
        &self.locks
    }

    /// Protects these key files from now on.
    pub(super) fn protect(&mut self, keys: ProtectedKeys) {
        self.protected_keys = Arc::new(keys);
    }

    /// Protects these key files too. Files that are no keys any more are protected no longer than they respond to no scan.
    pub(super) fn protect_also(&mut self, keys: ProtectedKeys) {
        Arc::make_mut(&mut self.protected_keys).extend(keys);
    }

    /// Runs a blocking write. Returns `None` if the write panicked.
    pub(super) async fn write<T: Send + 'static>(
        self,
        work: impl FnOnce(&Locks, &ProtectedKeys) -> T + Send + 'static,
    ) -> Option<T> {
        let Self { locks, protected_keys } = self;
        blocking::submit(Lane::Write, move || work(&locks, &protected_keys)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_write_that_panics_is_lost() {
        assert_eq!(OutputAccess::default().write(|_, _| -> () { panic!("a bug") }).await, None);
    }
}
