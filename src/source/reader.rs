//! Reads a source off the event loop, with a limit on time and threads.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, task, time};

use super::{kind::Source, material::Material, unusable::ReadError};
use crate::{exchange::Refused, renewal::Refusal};

/// Reads one source, one read at a time, so that a file system that hangs blocks one thread per credential and not one
/// per attempt. Clones share this limit.
#[derive(Clone, Debug)]
pub struct Reader(Arc<Semaphore>);

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
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Reader {
    /// Reads the source within [`READ_TIMEOUT`].
    pub async fn read(&self, source: &Source) -> Result<Material, NotRead> {
        let hangs = || NotRead::Hangs(Refused { refusal: Refusal::TimedOut, message: source.hangs() });
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else { return Err(hangs()) };
        let source = source.clone();
        let read = task::spawn_blocking({
            let source = source.clone();
            move || {
                let material = source.read();
                drop(permit);
                material
            }
        });
        match time::timeout(READ_TIMEOUT, read).await {
            Ok(Ok(material)) => material.map_err(NotRead::Unusable),
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
        let source = Source::AccessKey(AccessKey::at(folder.path().join("key")));
        let reader = Reader::default();
        let under_way = Arc::clone(&reader.0).try_acquire_owned().unwrap();
        let Err(NotRead::Hangs(refused)) = reader.read(&source).await else { panic!("a second read started") };
        assert_eq!(refused.refusal, Refusal::TimedOut);
        assert!(refused.message.starts_with("reading the access key file `/"), "{}", refused.message);
        drop(under_way);
        assert!(reader.read(&source).await.is_ok());
    }
}
