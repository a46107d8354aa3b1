//! What every write of outputs needs: the claims of this process, the files that hold keys, and a turn.

use std::sync::Arc;

use tokio::{sync::Semaphore, task};

use crate::output::{Locks, ProtectedKeys};

/// Access to the outputs.
#[derive(Clone, Debug)]
pub(super) struct OutputAccess {
    /// The outputs that only this process writes to.
    locks: Arc<Locks>,
    /// The key files as the last scan found them. No write replaces one.
    protected_keys: Arc<ProtectedKeys>,
    writers: Arc<Semaphore>,
}

impl Default for OutputAccess {
    fn default() -> Self {
        Self { locks: Arc::default(), protected_keys: Arc::default(), writers: Arc::new(Semaphore::new(WRITERS_MAX)) }
    }
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

    /// Runs a blocking write, few at a time, so that a disk that hangs cannot use up the threads. Returns `None` if the
    /// write panicked.
    pub(super) async fn write<T: Send + 'static>(
        self,
        work: impl FnOnce(&Locks, &ProtectedKeys) -> T + Send + 'static,
    ) -> Option<T> {
        let Self { locks, protected_keys, writers } = self;
        let _permit = writers.acquire_owned().await.ok()?;
        task::spawn_blocking(move || work(&locks, &protected_keys)).await.ok()
    }
}

/// Writes in flight at once.
const WRITERS_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_disk_that_hangs_holds_few_threads() {
        let access = OutputAccess::default();
        let begun = Arc::new(AtomicUsize::new(0));
        let (done, waits) = mpsc::channel();
        let mut release = Vec::new();
        let mut writes = Vec::new();
        for _ in 0..=WRITERS_MAX {
            let (send, hang) = mpsc::channel::<()>();
            let (begun, done) = (Arc::clone(&begun), done.clone());
            release.push(send);
            writes.push(tokio::spawn(access.clone().write(move |_, _| {
                begun.fetch_add(1, Ordering::SeqCst);
                done.send(()).unwrap();
                let _ = hang.recv();
            })));
        }
        let waits = task::spawn_blocking(move || {
            for _ in 0..WRITERS_MAX {
                waits.recv().unwrap();
            }
            waits
        })
        .await
        .unwrap();
        assert_eq!((begun.load(Ordering::SeqCst), access.writers.available_permits()), (WRITERS_MAX, 0));
        assert!(waits.try_recv().is_err(), "one write waits for its turn");
        drop(release);
        for write in writes {
            assert_eq!(write.await.unwrap(), Some(()));
        }
        assert_eq!(begun.load(Ordering::SeqCst), WRITERS_MAX + 1);
    }

    #[tokio::test]
    async fn a_write_that_panics_is_lost() {
        assert_eq!(OutputAccess::default().write(|_, _| -> () { panic!("a bug") }).await, None);
    }
}
