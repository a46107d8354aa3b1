//! One write of a session to its outputs, and its record in the state file.
//!
//! Both are one job of one thread: the outputs first, then the record. A state directory that hangs delays the result by
//! twice [`PATIENCE`] at most, and no later write to the outputs.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{sync::oneshot, time};

use super::{
    credential_state::TokenGeneration,
    exchange_effect::ExchangeContext,
    output_access::OutputAccess,
    record_store::{Enqueued, NotRecorded, RecordStore},
    tasks::Done,
};
use crate::{
    attributes::Imposed,
    clock,
    config::Credential,
    output::{self, Content, Locks, Output, ProtectedKeys, Published, WriteError, Written},
    session::{Session, Times},
    state::{ImposedOutput, Record},
};

/// What a write of one credential needs.
#[derive(Debug)]
pub(super) struct PublishJob {
    pub(super) credential: Arc<Credential>,
    /// The session, and its times; the write is lost without them.
    pub(super) session: Option<Arc<Session>>,
    pub(super) times: Option<Times>,
    /// What the file system of each output imposes.
    pub(super) imposed: Vec<Option<Imposed>>,
    /// The record of the session, to be stored once an output holds it.
    pub(super) record: Option<Record>,
    pub(super) generation: TokenGeneration,
    pub(super) records: RecordStore,
}

/// Writes a session to its outputs, and stores its record.
pub(super) async fn publish(shared: Arc<ExchangeContext>, access: OutputAccess, job: PublishJob) -> Done {
    let PublishJob { credential, session, times, imposed, record, generation, records } = job;
    let (Some(session), Some(times)) = (session, times) else { return Done::Lost };
    let ledger = shared.state.ledger();
    let (sender, mut outputs) = oneshot::channel();
    let write = move |locks: &Locks, protected_keys: &ProtectedKeys| {
        let project = shared.api.project.as_str();
        let content = Content { session: &session, credential: &credential.name, project, times };
        let results = output::publish(&credential.outputs, &imposed, &content, locks, protected_keys);
        let record = record.and_then(|record| of_written(&credential, &results, record, generation));
        let written = record.as_ref().and_then(|record| record.written.clone());
        let mut enqueued =
            record.zip(ledger).map(|(record, ledger)| records.enqueue(&ledger, &credential.name, record));
        let _ = sender.send((results, written));
        enqueued.iter_mut().for_each(Enqueued::write_here);
        enqueued
    };
    let mut whole = pin!(access.write(write));
    let mut seen = None;
    loop {
        let ended = time::timeout(PATIENCE, &mut whole).await;
        let is_overdue = ended.is_err() && seen.is_some();
        seen = seen.or_else(|| outputs.try_recv().ok());
        let stored = match ended {
            Ok(Some(Some(enqueued))) => Some(enqueued.stored().await),
            Ok(Some(None)) => None,
            // The write panicked, which is logged.
            Ok(None) => Some(Err(NotRecorded::Hangs)),
            Err(_) if is_overdue => Some(Err(NotRecorded::Hangs)),
            Err(_) => continue,
        };
        return seen.map_or(Done::Lost, |(results, written)| Done::Published { results, written, stored });
    }
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

/// What file systems imposed, for the record.
pub(super) fn imposed_on<'o>(outputs: impl Iterator<Item = (&'o Output, Option<Imposed>)>) -> Vec<ImposedOutput> {
    let of = |(output, imposed): (&Output, Option<Imposed>)| {
        Some(ImposedOutput { path: output.file()?.to_owned(), imposed: imposed? })
    };
    outputs.filter_map(of).collect()
}

/// How long the result waits for the record, at least; at most it is twice as long.
const PATIENCE: Duration = Duration::from_secs(2);
