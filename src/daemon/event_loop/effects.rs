//! What the core asks for, begun as tasks.

use std::{io, path::Path, sync::Arc};

use tokio::{sync::Semaphore, task};
use tracing::debug;

use super::Daemon;
use crate::{
    clock,
    config::Credential,
    daemon::{
        exchange_effect::{self, ExchangeJob, Noticed},
        tasks::{Done, Task},
    },
    output::{self, Content, Locks, Output, ProtectedKeys, RemoveError, Removed, WriteError, Written},
    renewal::{Effect, Id},
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
                // Refusals are told by the same number.
                let tries = self.fleet.get(id).map(|renewal| renewal.refusals_in_a_row().saturating_add(1));
                debug!(credential = credential.name, attempt = tries, "asking for a session");
                let context = Arc::clone(&self.context);
                let job = ExchangeJob {
                    request: context.request(&credential.options),
                    reading: Arc::clone(&kept.reading),
                    written: kept.written.clone(),
                    cooling_down: self.fleet.get(id).and_then(|renewal| renewal.cooling_down(clock::now())),
                    credential,
                };
                self.tasks.start(Task::Exchange(id, attempt), async move {
                    let mut noticed = Noticed::default();
                    let exchanged = exchange_effect::exchange(context, job, &mut noticed).await;
                    Done::Exchanged(exchanged, noticed)
                });
            }
            Effect::Publish(attempt) => {
                let session = kept.session.clone();
                let (times, record) = (self.times(id), self.record(id));
                let (writers, context) = (Arc::clone(&self.writers), Arc::clone(&self.context));
                let (locks, protected_keys) = (Arc::clone(&self.locks), Arc::clone(&self.protected_keys));
                self.tasks.start(Task::Publish(id, attempt), async move {
                    let (Some(session), Some(times)) = (session, times) else { return Done::Lost };
                    write(writers, move || {
                        let project = context.project.as_str();
                        let content = Content { session: &session, credential: &credential.name, project, times };
                        publish(&context.ledger, &credential, &content, &Ground { locks, protected_keys }, record)
                    })
                    .await
                });
            }
            Effect::Withdraw(attempt) => {
                let writers = Arc::clone(&self.writers);
                let ground =
                    Ground { locks: Arc::clone(&self.locks), protected_keys: Arc::clone(&self.protected_keys) };
                self.tasks.start(
                    Task::Withdraw(id, attempt),
                    write(writers, move || Done::Withdrawn(ground.withdraw(&credential.outputs))),
                );
            }
        }
    }
}

/// Writes every output, and once one of them holds the session, remembers that: the next process takes it from there to the
/// others.
fn publish(
    ledger: &Ledger,
    credential: &Credential,
    content: &Content<'_>,
    ground: &Ground,
    record: Option<Record>,
) -> Done {
    let results = ground.publish(&credential.outputs, content);
    let record = record.filter(|_| results.iter().any(Result::is_ok));
    let kept = record.as_ref().map(|record| ledger.store(&credential.name, record).map_err(|why| why.to_string()));
    Done::Published { results, written: record.and_then(|record| record.written), kept }
}

/// What writes are kept within.
struct Ground {
    locks: Arc<Locks>,
    protected_keys: Arc<ProtectedKeys>,
}

impl Ground {
    fn publish(&self, outputs: &[Output], content: &Content<'_>) -> Vec<Result<Written, WriteError>> {
        let refused = |path: &Path, key: &Path| WriteError::IsAKey { path: path.to_owned(), key: key.to_owned() };
        self.each(outputs, refused, |free| output::publish(free, content, &self.locks))
    }

    fn withdraw(&self, outputs: &[Output]) -> Vec<Result<Removed, RemoveError>> {
        let refused = |path: &Path, key: &Path| RemoveError {
            path: path.to_owned(),
            source: io::Error::other(format!("by way of a link it is the access key `{}`", key.display())),
        };
        self.each(outputs, refused, |free| output::withdraw(free, &self.locks))
    }

    /// The last stand of the access keys: an output in whose place one is found is not touched. Answers for each, in their
    /// order.
    fn each<T, E>(
        &self,
        outputs: &[Output],
        refused: impl Fn(&Path, &Path) -> E,
        act: impl FnOnce(&[Output]) -> Vec<Result<T, E>>,
    ) -> Vec<Result<T, E>> {
        let keys: Vec<_> = outputs.iter().map(|output| self.protected_keys.in_the_way_of(output)).collect();
        if keys.iter().all(Option::is_none) {
            return act(outputs);
        }
        let free: Vec<_> =
            outputs.iter().zip(&keys).filter(|(_, key)| key.is_none()).map(|(output, _)| output.clone()).collect();
        let mut done = act(&free).into_iter();
        let answer = |(output, key): (&Output, Option<&Path>)| match key {
            Some(key) => Some(Err(refused(&output.path, key))),
            None => done.next(),
        };
        outputs.iter().zip(keys).filter_map(answer).collect()
    }
}

/// Runs a write, few at a time, so that a disk that hangs cannot use up the threads that others need.
async fn write(writers: Arc<Semaphore>, work: impl FnOnce() -> Done + Send + 'static) -> Done {
    let Ok(_permit) = writers.acquire_owned().await else { return Done::Lost };
    task::spawn_blocking(work).await.unwrap_or(Done::Lost)
}
