//! Stores the records of one credential in the state file, without holding anything up: on a disk that hangs, one write waits, and
//! the newest record after it.
//!
//! A record that follows other work on the disk is written by the thread of that work, which saves a hand-over to another
//! thread. Only [`BESIDE_MAX`] threads do so at a time: a state directory that hangs must not take all threads of other lanes.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::oneshot, time};

use crate::{
    blocking::{self, Lane, Shortage},
    state::{Ledger, Record, StoreError},
};

/// The state file of one credential. Its records are written one after the other; one that a newer record replaces before its
/// turn is not written at all.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordStore {
    queue: Arc<Mutex<Queue>>,
}

/// Why a record is not in the state file.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum NotRecorded {
    /// The system refused to write it.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The disk did not answer within [`STORE_MAX`].
    #[error("the disk takes too long to write a state file")]
    Hangs,
    /// No thread could be started for it within [`STORE_MAX`].
    #[error("cannot write a state file: {0}")]
    NoThread(Shortage),
}

#[derive(Debug, Default)]
struct Queue {
    /// Whether a write has begun or waits for a thread.
    is_writing: bool,
    newest: Option<Box<Entry>>,
    /// Those who await the newest record, or one that it has replaced.
    waiting: Vec<Waiting>,
}

/// A caller that awaits the result of a write.
type Waiting = oneshot::Sender<Result<(), Arc<StoreError>>>;

#[derive(Debug)]
struct Entry {
    ledger: Ledger,
    credential: String,
    record: Record,
}

impl RecordStore {
    /// Stores a record in its turn. The result is for those who wait for it, but not longer than [`STORE_MAX`]: nothing else may
    /// depend on the disk of the state directory.
    pub(super) fn store(
        &self,
        ledger: &Ledger,
        credential: &str,
        record: Record,
    ) -> impl Future<Output = Result<(), NotRecorded>> + use<> {
        self.enqueue(ledger, credential, record).stored()
    }

    /// Puts a record into the queue. The caller has it written.
    pub(super) fn enqueue(&self, ledger: &Ledger, credential: &str, record: Record) -> Enqueued {
        let (sender, result) = oneshot::channel();
        let entry = Entry { ledger: ledger.clone(), credential: credential.to_owned(), record };
        let mut queue = self.queue();
        queue.newest = Some(Box::new(entry));
        queue.waiting.retain(|waiting| !waiting.is_closed());
        queue.waiting.push(sender);
        let is_first = !mem::replace(&mut queue.is_writing, true);
        Enqueued { result, writer: is_first.then(|| Writer(self.clone())) }
    }

    /// No code panics while it holds the lock, so a poisoned lock is safe to use.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A record in the queue of its state file.
#[derive(Debug)]
#[must_use = "a record is written by `write_here` or `stored`"]
pub(super) struct Enqueued {
    result: oneshot::Receiver<Result<(), Arc<StoreError>>>,
    /// `None` if another writer is at the file, or was and wrote the record.
    writer: Option<Writer>,
}

impl Enqueued {
    /// Writes the record on this thread, unless [`BESIDE_MAX`] others do so. Blocks on the disk.
    pub(super) fn write_here(&mut self) {
        if let Some(_beside) = Beside::enter() {
            self.writer.take().into_iter().for_each(Writer::write_all);
        }
    }

    /// Has the record written, if nothing has written it yet, and returns the result, but not later than [`STORE_MAX`]. Must be
    /// called within a runtime.
    pub(super) fn stored(self) -> impl Future<Output = Result<(), NotRecorded>> + use<> {
        let Self { result, writer } = self;
        if let Some(writer) = writer {
            blocking::submit(Lane::State, move || writer.write_all());
        }
        async {
            match time::timeout(STORE_MAX, result).await {
                Ok(Ok(result)) => result.map_err(NotRecorded::Store),
                // A writer that panicked has logged it.
                Ok(Err(_)) => Err(NotRecorded::Hangs),
                Err(_) => Err(blocking::starved(Lane::State).map_or(NotRecorded::Hangs, NotRecorded::NoThread)),
            }
        }
    }
}

/// A thread that writes a record after other work.
struct Beside;

impl Beside {
    fn enter() -> Option<Self> {
        let enter = |threads| (threads < BESIDE_MAX).then_some(threads + 1);
        BESIDE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).ok().map(|_| Self)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        BESIDE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The one writer of a state file.
#[derive(Debug)]
struct Writer(RecordStore);

impl Writer {
    /// Writes until there is nothing to write. Blocks on the disk.
    fn write_all(self) {
        while let Some((entry, waiting)) = self.next() {
            let stored = entry.ledger.store(&entry.credential, &entry.record).map_err(Arc::new);
            for waiting in waiting {
                let _ = waiting.send(stored.clone());
            }
        }
    }

    fn next(&self) -> Option<(Box<Entry>, Vec<Waiting>)> {
        let mut queue = self.0.queue();
        let Some(entry) = queue.newest.take() else {
            queue.is_writing = false;
            return None;
        };
        Some((entry, mem::take(&mut queue.waiting)))
    }
}

impl Drop for Writer {
    /// Lets the next record begin another writer, also after a panic.
    fn drop(&mut self) {
        self.0.queue().is_writing = false;
    }
}

/// How long a caller waits for the disk.
const STORE_MAX: Duration = Duration::from_secs(2);

/// How many threads of other lanes write records at once.
const BESIDE_MAX: usize = 4;

/// The threads that do so. All daemons of a process share its threads.
static BESIDE: AtomicUsize = AtomicUsize::new(0);

#[cfg(test)]
mod tests {
    use std::{iter, sync::mpsc};

    use futures_util::future::join_all;

    use super::*;
    use crate::{fingerprint::Fingerprint, renewal::ExchangeRecord};

    /// More work than a lane has threads.
    const MORE_THAN_THREADS: usize = 40;

    fn record(number: u8) -> Record {
        let key = Fingerprint::new([number; 8]);
        let last_exchange = ExchangeRecord { key, answer: None };
        Record { request: key, last_exchange, refusal: None, written: None }
    }

    #[tokio::test]
    async fn a_disk_that_hangs_keeps_the_newest_record_only() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(folder.path());
        let (release, hang) = mpsc::channel::<()>();
        let hang = Arc::new(Mutex::new(hang));
        let mut hanging = Vec::new();
        for _ in 0..MORE_THAN_THREADS {
            let hang = Arc::clone(&hang);
            hanging.push(blocking::submit(Lane::State, move || {
                let _ = hang.lock().unwrap().recv();
            }));
        }
        let store = RecordStore::default();
        let stored: Vec<_> = (0..100).map(|number| store.store(&ledger, "app", record(number))).collect();
        assert_eq!(store.queue().waiting.len(), 100);
        drop(release);
        assert!(join_all(stored).await.iter().all(Result::is_ok), "each caller learns of the newest");
        assert_eq!(ledger.load("app").unwrap(), Some(record(99)));
        store.store(&ledger, "app", record(7)).await.unwrap();
        assert_eq!(ledger.load("app").unwrap(), Some(record(7)), "the next one begins another write");
    }

    #[tokio::test]
    async fn a_record_that_nobody_awaits_is_stored_in_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(folder.path());
        let store = RecordStore::default();
        drop(store.store(&ledger, "app", record(1)));
        drop(store.store(&ledger, "app", record(2)));
        blocking::finish(Lane::State).await;
        assert_eq!(ledger.load("app").unwrap(), Some(record(2)));
    }

    #[tokio::test]
    async fn a_record_after_other_work_needs_no_other_thread() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(folder.path());
        let mut enqueued = RecordStore::default().enqueue(&ledger, "app", record(1));
        enqueued.write_here();
        assert_eq!(ledger.load("app").unwrap(), Some(record(1)));
        enqueued.stored().await.unwrap();
    }

    #[tokio::test]
    async fn few_threads_write_records_after_other_work() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(folder.path());
        let others: Vec<_> = iter::from_fn(Beside::enter).take(BESIDE_MAX + 1).collect();
        assert!(others.len() <= BESIDE_MAX);
        let mut enqueued = RecordStore::default().enqueue(&ledger, "app", record(1));
        enqueued.write_here();
        assert_eq!(ledger.load("app").unwrap(), None, "it is left to the lane");
        drop(others);
        enqueued.stored().await.unwrap();
        assert_eq!(ledger.load("app").unwrap(), Some(record(1)));
    }

    #[tokio::test]
    async fn a_refused_write_is_told_to_its_caller() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("state"), "in the way").unwrap();
        let stored = RecordStore::default().store(&Ledger::new(folder.path()), "app", record(1)).await;
        assert!(matches!(stored, Err(NotRecorded::Store(_))), "{stored:?}");
    }
}
