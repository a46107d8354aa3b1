//! Reads a source off the event loop, with a limit on time and threads.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::Semaphore;

use super::{
    answer::{NotStored, RotatedSecret},
    chain::ChainLink,
    chain_folder::ChainLock,
    definition::Source,
    material::Material,
    secret_kind::SecretKind,
    token_chain::NotLocked,
    unusable::ReadError,
};
use crate::{
    blocking::{self, Lane, NotDone},
    exchange::Refused,
    renewal::Refusal,
};

/// Reads one source, one read at a time, so that a file system that hangs blocks one thread per credential and not one
/// per attempt. Clones share this limit.
///
/// It also holds a rotated secret that the disk did not take. Nothing is read for an exchange before it is stored, so
/// that the newest secret is always the one that is sent.
#[derive(Clone, Debug)]
pub struct Reader {
    turn: Arc<Semaphore>,
    unstored: Arc<Mutex<Option<Box<Unstored>>>>,
    /// Whether the disk took no rotated secret at the last attempt.
    is_blocked: Arc<AtomicBool>,
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
    /// The read does not end, an earlier read has not ended, or another process exchanges the same secret.
    Refused(Refused),
}

impl Default for Reader {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), unstored: Arc::default(), is_blocked: Arc::default() }
    }
}

impl Reader {
    /// Returns a reader for another source of the same credential. A read of the older source that hangs does not delay it,
    /// and a rotated secret that is not stored yet is not lost.
    #[must_use]
    pub fn for_another_source(&self) -> Self {
        Self { unstored: Arc::clone(&self.unstored), ..Self::default() }
    }

    /// Reads the source within [`READ_TIMEOUT`]. Changes nothing.
    pub async fn read(&self, source: &Source) -> Result<Material, NotRead> {
        self.limited(source, |source, _| source.read().map_err(NotRead::Unusable)).await
    }

    /// Reads the source for an exchange within [`READ_TIMEOUT`]. Stores an earlier rotated secret first, and excludes other
    /// processes if a reply may replace the secret.
    pub(super) async fn prepare(&self, source: &Source) -> Result<Prepared, NotRead> {
        self.limited(source, |source, reader| reader.prepare_now(source)).await
    }

    /// Reads the source without an exchange. After the disk took no rotated secret, it tries again, so that the source is
    /// usable only if an exchange would be. Blocks on the disk.
    pub fn observe(&self, source: &Source) -> Result<Material, ReadError> {
        if !self.is_blocked.load(Ordering::Relaxed) {
            return source.read();
        }
        match self.prepare_now(source) {
            Ok(prepared) => Ok(prepared.material),
            Err(NotRead::Unusable(error)) => Err(error),
            Err(NotRead::Refused(_)) => source.read(),
        }
    }

    fn prepare_now(&self, source: &Source) -> Result<Prepared, NotRead> {
        let lock = source.lock().map_err(|not_locked| match not_locked {
            NotLocked::Busy(lock) => NotRead::Refused(Refused::new(
                Refusal::Failed,
                format!("another process exchanges this {}: it has locked `{}`", source.noun(), lock.display()),
            )),
            NotLocked::Unusable(error) => NotRead::Unusable(error),
        });
        let prepared = lock.and_then(|lock| {
            self.settle()
                .and_then(|()| source.read_for_exchange())
                .map_err(NotRead::Unusable)
                .map(|material| Prepared { material, lock })
        });
        let is_blocked = matches!(&prepared, Err(NotRead::Unusable(error)) if error.kind == SecretKind::RotatedToken);
        self.is_blocked.store(is_blocked, Ordering::Relaxed);
        prepared
    }

    /// Keeps a rotated secret that the disk did not take.
    pub(super) fn keep(&self, source: &Source, link: Option<ChainLink>, rotated: RotatedSecret) {
        *self.unstored() = Some(Box::new(Unstored { source: source.clone(), link, rotated }));
    }

    /// Stores a rotated secret that was kept, if there is one. Blocks on the disk.
    pub fn store_kept(&self) -> Result<(), NotStored> {
        let mut unstored = self.unstored();
        if let Some(Unstored { source, link, rotated }) = unstored.as_deref() {
            source.store(*link, rotated)?;
        }
        *unstored = None;
        Ok(())
    }

    fn settle(&self) -> Result<(), ReadError> {
        match self.store_kept() {
            Ok(()) | Err(NotStored::NeverRotates) => Ok(()),
            Err(NotStored::Disk(error)) => Err(error),
        }
    }

    fn unstored(&self) -> std::sync::MutexGuard<'_, Option<Box<Unstored>>> {
        self.unstored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn limited<T: Send + 'static>(
        &self,
        source: &Source,
        work: impl FnOnce(&Source, &Self) -> Result<T, NotRead> + Send + 'static,
    ) -> Result<T, NotRead> {
        let hangs = || NotRead::Refused(Refused::new(Refusal::TimedOut, source.hangs()));
        let Ok(permit) = Arc::clone(&self.turn).try_acquire_owned() else { return Err(hangs()) };
        let read = {
            let (source, reader) = (source.clone(), self.clone());
            move || {
                let result = work(&source, &reader);
                drop(permit);
                result
            }
        };
        match blocking::run_within(Lane::Read, READ_TIMEOUT, read).await {
            Ok(result) => result,
            Err(NotDone::Panicked | NotDone::TooLong) => Err(hangs()),
            Err(NotDone::NoThread(shortage)) => Err(NotRead::Refused(Refused::new(
                Refusal::TimedOut,
                format!("cannot read the {}: {shortage}", source.noun()),
            ))),
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
        let Err(NotRead::Refused(refused)) = reader.read(&source).await else { panic!("a second read started") };
        assert_eq!(refused.refusal, Refusal::TimedOut);
        assert!(refused.message.starts_with("reading the access key file `/"), "{}", refused.message);
        drop(under_way);
        assert!(reader.read(&source).await.is_ok());
    }
}
