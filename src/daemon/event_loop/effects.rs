//! Begins the effects of the core as tasks.

use std::sync::Arc;

use tracing::debug;

use super::Daemon;
use crate::{
    attributes::Imposed,
    clock,
    config::Credential,
    daemon::{
        credential_state::TokenGeneration,
        exchange_effect::{self, ExchangeJob, Noticed},
        tasks::{Done, Task},
    },
    output::{self, Content, Locks, Output, ProtectedKeys, Published, WriteError, Written},
    renewal::{Effect, Id},
    state::{ImposedOutput, Record},
};

impl Daemon {
    /// Begins every effect that is due.
    pub(super) fn begin_effects(&mut self) {
        let now = clock::now();
        while let Some((id, effect)) = self.fleet.next_effect(now) {
            self.begin(id, effect);
        }
    }

    /// Begins the writes that are due, and no exchange.
    pub(super) fn begin_writes(&mut self) {
        let now = clock::now();
        while let Some((id, effect)) = self.fleet.next_effect(now) {
            match effect {
                Effect::Exchange(_) => {}
                Effect::Publish(_) | Effect::Withdraw(_) => self.begin(id, effect),
            }
        }
    }

    fn begin(&mut self, id: Id, effect: Effect) {
        let Some(state) = self.credentials.get(id) else { return };
        let credential = Arc::clone(state.credential());
        match effect {
            Effect::Exchange(attempt) => {
                // The log line of a refusal has the same number.
                let tries = self.fleet.get(id).map(|renewal| renewal.refusals_in_a_row().saturating_add(1));
                debug!(credential = credential.name, attempt = tries, "requesting a session");
                let context = Arc::clone(&self.context);
                let rotates = credential.source.rotates();
                let job = ExchangeJob {
                    request: context.request(&credential),
                    reader: state.key().reader().clone(),
                    records: state.records().clone(),
                    written: state.token().written().cloned(),
                    refusal: state.log().refusals().recorded(clock::stamp_of),
                    cooling_down: self.fleet.get(id).and_then(|renewal| renewal.cooling_down(clock::now())),
                    credential,
                };
                let task = if rotates { Task::RotatingExchange(id, attempt) } else { Task::Exchange(id, attempt) };
                self.tasks.start(task, async move {
                    let mut noticed = Noticed::default();
                    let exchanged = exchange_effect::exchange(context, job, &mut noticed).await;
                    Done::Exchanged(exchanged, noticed)
                });
            }
            Effect::Publish(attempt) => {
                let session = state.token().session().cloned();
                let (imposed, records) = (state.outputs().imposed(), state.records().clone());
                let generation = state.token().generation();
                let (times, record) = (self.times(id), self.record(id));
                let (access, shared) = (self.access.clone(), Arc::clone(&self.context));
                self.tasks.start(Task::Publish(id, attempt), async move {
                    let (Some(session), Some(times)) = (session, times) else { return Done::Lost };
                    let (api, published) = (shared.api.clone(), Arc::clone(&credential));
                    let publish = move |locks: &Locks, protected_keys: &ProtectedKeys| {
                        let project = api.project.as_str();
                        let content = Content { session: &session, credential: &published.name, project, times };
                        output::publish(&published.outputs, &imposed, &content, locks, protected_keys)
                    };
                    let Some(results) = access.write(publish).await else { return Done::Lost };
                    let record = record.and_then(|record| of_written(&credential, &results, record, generation));
                    let written = record.as_ref().and_then(|record| record.written.clone());
                    let stored = match record.zip(shared.state.ledger()) {
                        None => None,
                        Some((record, ledger)) => Some(records.store(&ledger, &credential.name, record).await),
                    };
                    Done::Published { results, written, stored }
                });
            }
            Effect::Withdraw(attempt) => {
                let access = self.access.clone();
                self.tasks.start(Task::Withdraw(id, attempt), async move {
                    let withdraw = move |locks: &Locks, protected_keys: &ProtectedKeys| {
                        Done::Withdrawn(output::withdraw(&credential.outputs, locks, protected_keys))
                    };
                    access.write(withdraw).await.unwrap_or(Done::Lost)
                });
            }
        }
    }
}

/// What file systems imposed, for the record.
pub(super) fn imposed_on<'o>(outputs: impl Iterator<Item = (&'o Output, Option<Imposed>)>) -> Vec<ImposedOutput> {
    let of = |(output, imposed): (&Output, Option<Imposed>)| {
        Some(ImposedOutput { path: output.file()?.to_owned(), imposed: imposed? })
    };
    outputs.filter_map(of).collect()
}

/// The record of a session, once one of the outputs holds it: the next process copies it from there to the others.
fn of_written(
    credential: &Credential,
    results: &[Result<Published, WriteError>],
    mut record: Record,
    generation: TokenGeneration,
) -> Option<Record> {
    if !results.iter().any(Result::is_ok) {
        return None;
    }
    if let Some(written) = &mut record.written {
        let is_touched = results.iter().flatten().any(|published| published.written == Written::Written);
        let wall = clock::stamp_of(clock::now()).wall;
        written.generation = generation.after_write(written.token, is_touched, wall);
        let published = results.iter().map(|result| result.as_ref().ok()?.imposed);
        written.imposed = imposed_on(credential.outputs.iter().zip(published));
    }
    Some(record)
}
