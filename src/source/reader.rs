//! Reads of a source off the loop, bounded in time and in threads.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, task, time};

use super::{material::Material, unusable::ReadError, way::Source};
use crate::{exchange::Refused, renewal::Refusal};

/// Reads one source, one read at a time: a file system that hangs costs one thread a credential, never a thread an attempt.
/// Clones share that one turn.
#[derive(Clone, Debug)]
pub struct Reader(Arc<Semaphore>);

/// Why a read brought nothing.
#[derive(Debug)]
pub enum NotRead {
    /// The source cannot be used.
    Unusable(ReadError),
    /// The read does not end, or an earlier one has not.
    Hangs(Refused),
}

impl Default for Reader {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Reader {
    /// Reads the source, for [`READ_TIMEOUT`] at most.
    pub async fn read(&self, source: &Source) -> Result<Material, NotRead> {
        let hangs = || NotRead::Hangs(Refused { refusal: Refusal::TimedOut, message: source.hangs() });
        let Ok(turn) = Arc::clone(&self.0).try_acquire_owned() else { return Err(hangs()) };
        let source = source.clone();
        let read = task::spawn_blocking({
            let source = source.clone();
            move || {
                let material = source.read();
                drop(turn);
                material
            }
        });
        match time::timeout(READ_TIMEOUT, read).await {
            Ok(Ok(material)) => material.map_err(NotRead::Unusable),
            Ok(Err(_)) | Err(_) => Err(hangs()),
        }
    }
}

/// How long a read may take.
pub const READ_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::AccessKey;

    #[tokio::test]
    async fn a_read_that_is_not_over_is_not_joined_by_another() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "K2abc").unwrap();
        let source = Source::AccessKey(AccessKey::at(folder.path().join("key")));
        let reader = Reader::default();
        let under_way = Arc::clone(&reader.0).try_acquire_owned().unwrap();
        let Err(NotRead::Hangs(refused)) = reader.read(&source).await else { panic!("it waits its turn") };
        assert_eq!(refused.refusal, Refusal::TimedOut);
        assert!(refused.message.starts_with("reading the access key file `/"), "{}", refused.message);
        drop(under_way);
        assert!(reader.read(&source).await.is_ok());
    }
}
