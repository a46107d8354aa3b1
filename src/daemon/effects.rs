//! What the core asks for, begun as tasks.

use std::sync::Arc;

use tokio::{sync::Semaphore, task};
use tracing::debug;

use super::{
    Daemon, clock,
    exchange_effect::{self, Errand},
    tasks::{Done, Task},
};
use crate::{
    config::Credential,
    output::{self, WriteError, Written},
    renewal::{Effect, Id},
    session::Session,
    state::{Ledger, Record, WrittenToken},
};

impl Daemon {
    /// Begins everything that the core asks for.
    pub(super) fn begin_effects(&mut self) {
        let now = clock::now();
        while let Some((id, effect)) = self.fleet.next_effect(now) {
            self.begin(id, effect);
        }
    }

    fn begin(&mut self, id: Id, effect: Effect) {
        let Some(kept) = self.kept.get(&id) else { return };
        let credential = Arc::clone(&kept.credential);
        match effect {
            Effect::Exchange(attempt) => {
                debug!(credential = credential.name, attempt = attempt.0, "asking for a session");
                let host = Arc::clone(&self.host);
                let errand = Errand {
                    request: host.request(&credential.options),
                    reading: Arc::clone(&kept.reading),
                    written: kept.written.clone(),
                    credential,
                };
                self.tasks.start(Task::Exchange(id, attempt), async move {
                    Done::Exchanged(exchange_effect::exchange(host, errand).await)
                });
            }
            Effect::Publish(attempt) => {
                let (session, writers, host) =
                    (kept.session.clone(), Arc::clone(&self.writers), Arc::clone(&self.host));
                let record = self.record(id);
                self.tasks.start(Task::Publish(id, attempt), async move {
                    let Some(session) = session else { return Done::Lost };
                    write(writers, move || Done::Published(publish(&host.ledger, &credential, &session, record))).await
                });
            }
            Effect::Withdraw(attempt) => {
                let writers = Arc::clone(&self.writers);
                self.tasks.start(
                    Task::Withdraw(id, attempt),
                    write(writers, move || Done::Withdrawn(credential.outputs.iter().map(output::remove).collect())),
                );
            }
        }
    }
}

/// Writes every output, and once all of them hold the session, remembers that.
fn publish(
    ledger: &Ledger,
    credential: &Credential,
    session: &Session,
    record: Option<Record>,
) -> (Vec<Result<Written, WriteError>>, Option<WrittenToken>) {
    let results: Vec<_> = credential.outputs.iter().map(|output| output::write(output, session)).collect();
    let record = record.filter(|_| results.iter().all(Result::is_ok));
    if let Some(record) = &record
        && let Err(error) = ledger.store(&credential.name, record)
    {
        debug!(credential = credential.name, "the state file is not written: {error}");
    }
    (results, record.and_then(|record| record.written))
}

/// Runs a write, few at a time, so that a disk that hangs cannot use up the threads that others need.
async fn write(writers: Arc<Semaphore>, work: impl FnOnce() -> Done + Send + 'static) -> Done {
    let Ok(_permit) = writers.acquire_owned().await else { return Done::Lost };
    task::spawn_blocking(work).await.unwrap_or(Done::Lost)
}
