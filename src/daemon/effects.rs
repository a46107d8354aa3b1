//! What the core asks for, begun as tasks.

use std::sync::Arc;

use tokio::{sync::Semaphore, task};
use tracing::debug;

use super::{
    Daemon, clock,
    exchange_effect::{self, Errand, Noticed},
    tasks::{Done, Task},
};
use crate::{
    config::Credential,
    output,
    renewal::{Effect, Id},
    session::Session,
    state::{Ledger, Record},
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
                    let mut noticed = Noticed::default();
                    let exchanged = exchange_effect::exchange(host, errand, &mut noticed).await;
                    Done::Exchanged(exchanged, noticed)
                });
            }
            Effect::Publish(attempt) => {
                let (session, writers, host) =
                    (kept.session.clone(), Arc::clone(&self.writers), Arc::clone(&self.host));
                let record = self.record(id);
                self.tasks.start(Task::Publish(id, attempt), async move {
                    let Some(session) = session else { return Done::Lost };
                    write(writers, move || publish(&host.ledger, &credential, &session, record)).await
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

/// Writes every output, and once one of them holds the session, remembers that: the next process takes it from there to the
/// others.
fn publish(ledger: &Ledger, credential: &Credential, session: &Session, record: Option<Record>) -> Done {
    let results: Vec<_> = credential.outputs.iter().map(|output| output::write(output, session)).collect();
    let record = record.filter(|_| results.iter().any(Result::is_ok));
    let kept = record.as_ref().map(|record| ledger.store(&credential.name, record).map_err(|why| why.to_string()));
    Done::Published { results, written: record.and_then(|record| record.written), kept }
}

/// Runs a write, few at a time, so that a disk that hangs cannot use up the threads that others need.
async fn write(writers: Arc<Semaphore>, work: impl FnOnce() -> Done + Send + 'static) -> Done {
    let Ok(_permit) = writers.acquire_owned().await else { return Done::Lost };
    task::spawn_blocking(work).await.unwrap_or(Done::Lost)
}
