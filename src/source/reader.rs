//! Reads a source off the event loop, with a limit on time and threads.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Semaphore, task, time};

use super::{
    answer::{NotStored, RotatedSecret},
    chain::ChainLink,
    chain_folder::ChainLock,
    definition::Source,
    material::Material,
    unusable::ReadError,
};
use crate::{exchange::Refused, renewal::Refusal};

/// Reads one source, one read at a time, so that a file system that hangs blocks one thread per credential and not one
/// per attempt. Clones share this limit.
///
/// It also holds a rotated secret that the disk did not take. Nothing is read for an exchange before it is stored, so
/// that the newest secret is always the one that is sent.
#[derive(Clone, Debug)]
pub struct Reader {
    turn: Arc<Semaphore>,
    unstored: Arc<Mutex<Option<Unstored>>>,
}

/// A rotated secret that the disk did not take.
#[derive(Debug)]
struct Unstored {
    source: Source,
    link: Option<ChainLink>,
    rotated: RotatedSecret,
}

/// What was read for an exchange.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) material: Material,
    /// Held until the exchange has ended.
    pub(super) lock: Option<ChainLock>,
}

/// Why a read failed.
#[derive(Debug)]
pub enum NotRead {
    /// The source cannot be used.
    Unusable(ReadError),
    /// The read does not end, or an earlier read has not ended.
    Hangs(Refused),
}

impl Default for Reader {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), unstored: Arc::default() }
    }
}

impl Reader {
    /// Reads the source within [`READ_TIMEOUT`]. Changes nothing.
    pub async fn read(&self, source: &Source) -> Result<Material, NotRead> {
        self.limited(source, |source, _| source.read()).await
    }

    /// Reads the source for an exchange within [`READ_TIMEOUT`]. Stores an earlier rotated secret first, and excludes other
    /// processes if a reply may replace the secret.
    pub(super) async fn prepare(&self, source: &Source) -> Result<Prepared, NotRead> {
        self.limited(source, |source, reader| {
            let lock = source.lock()?;
            reader.settle(source)?;
            Ok(Prepared { material: source.read_for_exchange()?, lock })
        })
        .await
    }

    /// Keeps a rotated secret that the disk did not take.
    pub(super) fn keep(&self, source: &Source, link: Option<ChainLink>, rotated: RotatedSecret) {
        *self.unstored() = Some(Unstored { source: source.clone(), link, rotated });
    }

    /// Stores a rotated secret that was kept, if there is one. Blocks on the disk.
    pub fn store_kept(&self) -> Result<(), NotStored> {
        let mut unstored = self.unstored();
        if let Some(Unstored { source, link, rotated }) = &*unstored {
            source.store(*link, rotated)?;
        }
        *unstored = None;
        Ok(())
    }

    fn settle(&self, source: &Source) -> Result<(), ReadError> {
        self.store_kept().map_err(|not_stored| source.unstored(&not_stored))
    }

    fn unstored(&self) -> std::sync::MutexGuard<'_, Option<Unstored>> {
        self.unstored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn limited<T: Send + 'static>(
        &self,
        source: &Source,
        work: impl FnOnce(&Source, &Self) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, NotRead> {
        let hangs = || NotRead::Hangs(Refused { refusal: Refusal::TimedOut, message: source.hangs() });
        let Ok(permit) = Arc::clone(&self.turn).try_acquire_owned() else { return Err(hangs()) };
        let read = task::spawn_blocking({
            let (source, reader) = (source.clone(), self.clone());
            move || {
                let result = work(&source, &reader);
                drop(permit);
                result
            }
        });
        match time::timeout(READ_TIMEOUT, read).await {
            Ok(Ok(result)) => result.map_err(NotRead::Unusable),
            Ok(Err(_)) | Err(_) => Err(hangs()),
        }
    }
}

/// Time limit of a read.
pub const READ_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::AccessKey;

    #[tokio::test]
    async fn a_second_read_does_not_start_while_one_is_running() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "K2abc").unwrap();
        let source = Source::from(AccessKey::at(folder.path().join("key")));
        let reader = Reader::default();
        let under_way = Arc::clone(&reader.turn).try_acquire_owned().unwrap();
        let Err(NotRead::Hangs(refused)) = reader.read(&source).await else { panic!("a second read started") };
        assert_eq!(refused.refusal, Refusal::TimedOut);
        assert!(refused.message.starts_with("reading the access key file `/"), "{}", refused.message);
        drop(under_way);
        assert!(reader.read(&source).await.is_ok());
    }
}
