//! What the shell keeps of one credential beside its renewal: the session itself, and what was last said of it.

use std::{
    collections::BTreeMap,
    mem::{self, Discriminant},
    sync::Arc,
};

use super::{disk_scan::Observation, hook_runs::HookRuns, published_times::PublishedTimes, refusals::Refusals};
use crate::{
    config::Credential,
    output::{FileStamp, RemoveError, Removed, WriteError, Written},
    renewal::{ExchangeRecord, Health, Moment},
    session::{GrantNote, Session},
    source::Reader,
    state::WrittenToken,
    status::ExchangeResult,
};

/// One credential as the shell sees it.
#[derive(Debug)]
pub(super) struct CredentialState {
    pub(super) credential: Arc<Credential>,
    /// Reads its source for exchanges.
    pub(super) reader: Reader,
    /// What is remembered of the last exchange and of the token that was written; see [`crate::state`].
    pub(super) asked: Option<ExchangeRecord>,
    pub(super) written: Option<WrittenToken>,
    /// Whether it was looked what an earlier process left. Until then nothing is asked.
    pub(super) recalled: bool,
    /// Whether the token was due for renewal when this process took it over.
    pub(super) overdue: bool,
    /// What the key file held when last looked at.
    pub(super) observed: Option<Observation>,
    /// The newest session, written or not.
    pub(super) session: Option<Arc<Session>>,
    /// What readers are told of its life.
    pub(super) published_times: Option<PublishedTimes>,
    /// What became of each output, in the order of the configuration.
    pub(super) outputs: Vec<OutputState>,
    pub(super) hooks: HookRuns,
    pub(super) refusals: Refusals,
    /// The end of the session of which it was said that it has ended.
    pub(super) end_said: Option<Moment>,
    pub(super) exchanges: u64,
    pub(super) writes: u64,
    /// Exchanges by how they ended.
    pub(super) outcomes: BTreeMap<ExchangeResult, u64>,
    pub(super) publishes: Publishes,
    /// When the last session was granted.
    pub(super) succeeded_at: Option<Moment>,
    /// The state it was last seen in, and since when.
    pub(super) state: (Health, Moment),
    pub(super) last_event: Option<String>,
    /// The process that writes the outputs while this one stands by, in one line with the remedy.
    pub(super) standby: Option<String>,
    /// Whether it was said that somebody else writes the files again and again.
    pub(super) conflict_said: bool,
    /// Taken out of the configuration, but its files are still to be removed when the session ends.
    pub(super) draining: bool,
    notes_said: Vec<Discriminant<GrantNote>>,
}

/// Writes of single files by how they ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Publishes {
    pub(super) written: u64,
    pub(super) unchanged: u64,
    pub(super) failed: u64,
}

/// What became of one output.
#[derive(Clone, Debug, Default)]
pub(super) struct OutputState {
    pub(super) written_at: Option<Moment>,
    /// Of the file as it was last found right.
    pub(super) stamp: Option<FileStamp>,
    pub(super) error: Option<OutputError>,
}

/// Why an output does not hold its token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct OutputError {
    /// One line for people, with the remedy.
    pub(super) message: String,
    /// What a person can do about it, if that is known.
    pub(super) remedy: Option<String>,
}

impl CredentialState {
    pub(super) fn new(now: Moment, credential: Credential) -> Self {
        let outputs = vec![OutputState::default(); credential.outputs.len()];
        let hooks = HookRuns::new(credential.hooks.len());
        Self {
            credential: Arc::new(credential),
            reader: Reader::default(),
            asked: None,
            written: None,
            recalled: false,
            overdue: false,
            observed: None,
            session: None,
            published_times: None,
            outputs,
            hooks,
            refusals: Refusals::default(),
            end_said: None,
            exchanges: 0,
            writes: 0,
            outcomes: BTreeMap::new(),
            publishes: Publishes::default(),
            succeeded_at: None,
            state: (Health::Starting, now),
            last_event: None,
            standby: None,
            conflict_said: false,
            draining: false,
            notes_said: Vec::new(),
        }
    }

    /// Whether the token was due for renewal when this process took it over; only the first time.
    pub(super) fn take_overdue(&mut self) -> bool {
        mem::take(&mut self.overdue)
    }

    /// An exchange has ended so.
    pub(super) fn count(&mut self, result: ExchangeResult) {
        self.exchanges += 1;
        *self.outcomes.entry(result).or_default() += 1;
    }

    /// Those notes of a session that were not said before.
    pub(super) fn unsaid(&mut self, notes: Vec<GrantNote>) -> Vec<GrantNote> {
        let is_new = |note: &GrantNote| !self.notes_said.contains(&mem::discriminant(note));
        let new: Vec<_> = notes.into_iter().filter(is_new).collect();
        self.notes_said.extend(new.iter().map(mem::discriminant));
        new
    }

    /// Notes what became of a write. Answers whether every output holds the session, and whether any was touched.
    pub(super) fn note_write(&mut self, now: Moment, results: Vec<Result<Written, WriteError>>) -> WriteNoted {
        let mut noted =
            WriteNoted { whole: results.len() == self.outputs.len(), touched: false, new_errors: Vec::new() };
        for (output, result) in self.outputs.iter_mut().zip(results) {
            match result {
                Ok(written) => {
                    match written {
                        Written::Written => {
                            noted.touched = true;
                            self.publishes.written += 1;
                        }
                        Written::Unchanged => self.publishes.unchanged += 1,
                    }
                    *output = OutputState { written_at: Some(now), stamp: None, error: None };
                }
                Err(error) => {
                    noted.whole = false;
                    self.publishes.failed += 1;
                    // The files of a set fail together, in the same words.
                    if let Some(message) =
                        output.failed(OutputError { message: error.to_string(), remedy: error.remedy() })
                        && !noted.new_errors.contains(&message)
                    {
                        noted.new_errors.push(message);
                    }
                }
            }
        }
        self.writes += u64::from(noted.touched);
        noted
    }

    /// Notes what became of a removal. Answers whether every output is gone, and what was not said before.
    pub(super) fn note_removal(&mut self, results: Vec<Result<Removed, RemoveError>>) -> (bool, Vec<String>) {
        let mut whole = results.len() == self.outputs.len();
        let mut new_errors = Vec::new();
        for (output, result) in self.outputs.iter_mut().zip(results) {
            match result {
                Ok(Removed::Removed | Removed::Missing) => *output = OutputState::default(),
                Err(error) => {
                    whole = false;
                    new_errors
                        .extend(output.failed(OutputError { message: error.to_string(), remedy: error.remedy() }));
                }
            }
        }
        (whole, new_errors)
    }
}

impl OutputState {
    /// Why the output does not hold its token, if so.
    pub(super) fn message(&self) -> Option<&str> {
        self.error.as_ref().map(|error| error.message.as_str())
    }

    /// Notes a failure. Answers what is to be said, unless it was said before.
    fn failed(&mut self, error: OutputError) -> Option<String> {
        let message = error.message.clone();
        let is_new = self.message() != Some(&message);
        self.error = Some(error);
        is_new.then_some(message)
    }
}

/// What a write came to.
#[derive(Debug)]
pub(super) struct WriteNoted {
    pub(super) whole: bool,
    pub(super) touched: bool,
    /// Errors that were not said before.
    pub(super) new_errors: Vec<String>,
}
