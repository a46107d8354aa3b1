//! The outputs of a credential: when each was written, and what is wrong with it.

use crate::{
    attributes::Imposed,
    output::{Condition, FileStamp, Published, RemoveError, Removed, WriteError, Written},
    renewal::Moment,
    status::WriteResult,
};

/// The state of each output, in the order of the configuration.
#[derive(Debug)]
pub(in crate::daemon) struct OutputStates {
    states: Vec<OutputState>,
    /// Sessions that were written to any output.
    writes: u64,
    written: u64,
    unchanged: u64,
    failed: u64,
}

#[derive(Clone, Debug, Default)]
struct OutputState {
    written_at: Option<Moment>,
    /// The stamp of the file when it was last found right.
    stamp: Option<FileStamp>,
    error: Option<Box<OutputError>>,
    /// Whether the last write failed.
    is_write_failed: bool,
    /// What the file system imposed at the last write.
    imposed: Option<Imposed>,
}

/// Why an output does not hold its token.
#[derive(Clone, Debug)]
struct OutputError {
    /// One line for people, with the remedy.
    message: String,
    /// What a person can do about it, if that is known.
    remedy: Option<String>,
}

/// The result of a write.
#[derive(Debug)]
pub(in crate::daemon) struct WriteNoted {
    /// Whether every output holds the session.
    pub(in crate::daemon) whole: bool,
    /// Whether any output was changed.
    pub(in crate::daemon) touched: bool,
    /// Errors that were not logged before.
    pub(in crate::daemon) new_errors: Vec<String>,
    /// The outputs, by their order, that were written after writes had failed.
    pub(in crate::daemon) healed: Vec<usize>,
}

impl OutputStates {
    pub(super) fn new(outputs: usize) -> Self {
        Self { states: vec![OutputState::default(); outputs], writes: 0, written: 0, unchanged: 0, failed: 0 }
    }

    /// Replaces the outputs by others, with what file systems imposed on each. The counts stay.
    pub(super) fn replace(&mut self, imposed: impl Iterator<Item = Option<Imposed>>) {
        self.states = imposed.map(|imposed| OutputState { imposed, ..OutputState::default() }).collect();
    }

    /// Takes over what file systems imposed on each output.
    pub(super) fn adopt_imposed(&mut self, imposed: impl Iterator<Item = Option<Imposed>>) {
        for (state, imposed) in self.states.iter_mut().zip(imposed) {
            state.imposed = imposed;
        }
    }

    /// What file systems imposed on each output.
    pub(in crate::daemon) fn imposed(&self) -> Vec<Option<Imposed>> {
        self.states.iter().map(|state| state.imposed).collect()
    }

    /// How many outputs there are.
    pub(in crate::daemon) fn len(&self) -> usize {
        self.states.len()
    }

    /// Notes that every output was found right at the start.
    pub(in crate::daemon) fn adopt(&mut self, now: Moment) {
        for state in &mut self.states {
            state.written_at = Some(now);
        }
    }

    /// Notes a write.
    pub(in crate::daemon) fn note_write(
        &mut self,
        now: Moment,
        results: Vec<Result<Published, WriteError>>,
    ) -> WriteNoted {
        let whole = results.len() == self.states.len();
        let mut noted = WriteNoted { whole, touched: false, new_errors: Vec::new(), healed: Vec::new() };
        for (n, (state, result)) in self.states.iter_mut().zip(results).enumerate() {
            match result {
                Ok(Published { written, imposed }) => {
                    match written {
                        Written::Written => {
                            noted.touched = true;
                            self.written += 1;
                        }
                        Written::Unchanged => self.unchanged += 1,
                    }
                    if state.is_write_failed {
                        noted.healed.push(n);
                    }
                    *state = OutputState { written_at: Some(now), imposed, ..OutputState::default() };
                }
                Err(error) => {
                    noted.whole = false;
                    self.failed += 1;
                    state.is_write_failed = true;
                    // The files of a set fail together, in the same words.
                    if let Some(message) =
                        state.failed(OutputError { message: error.to_string(), remedy: error.remedy() })
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

    /// Notes that a write to an output hangs, which counts as failed.
    pub(in crate::daemon) fn note_hang(&mut self, at: usize, message: String) {
        if let Some(state) = self.states.get_mut(at) {
            self.failed += 1;
            state.error = Some(Box::new(OutputError { message, remedy: None }));
        }
    }

    /// Notes that a write to an output does not hang any more, if nothing else was noted since.
    pub(in crate::daemon) fn end_hang(&mut self, at: usize, message: &str) {
        if let Some(state) = self.states.get_mut(at).filter(|state| state.message() == Some(message)) {
            state.error = None;
        }
    }

    /// Notes a removal. Returns whether every output is gone, and the errors that were not logged before.
    pub(in crate::daemon) fn note_removal(
        &mut self,
        results: Vec<Result<Removed, RemoveError>>,
    ) -> (bool, Vec<String>) {
        let mut whole = results.len() == self.states.len();
        let mut new_errors = Vec::new();
        for (state, result) in self.states.iter_mut().zip(results) {
            match result {
                Ok(Removed::Removed | Removed::Missing) => *state = OutputState::default(),
                Err(error) => {
                    whole = false;
                    new_errors.extend(state.failed(OutputError { message: error.to_string(), remedy: error.remedy() }));
                }
            }
        }
        (whole, new_errors)
    }

    /// Notes the condition in which each output was found. Returns a message for each that something else altered.
    pub(in crate::daemon) fn note_conditions<N: std::fmt::Display>(
        &mut self,
        names: impl Iterator<Item = N>,
        conditions: Vec<Condition>,
    ) -> Vec<String> {
        let mut altered = Vec::new();
        for ((state, condition), name) in self.states.iter_mut().zip(conditions).zip(names) {
            match condition {
                Condition::Right(stamp) => state.stamp = stamp,
                Condition::Altered(how) => {
                    let message = format!("`{name}` was {how} by somebody else");
                    state.error = Some(Box::new(OutputError { message: message.clone(), remedy: None }));
                    altered.push(message);
                }
            }
        }
        altered
    }

    /// The stamp of each file when it was last found right.
    pub(in crate::daemon) fn stamps(&self) -> Vec<Option<FileStamp>> {
        self.states.iter().map(|state| state.stamp).collect()
    }

    /// The first error, if any output has one.
    pub(in crate::daemon) fn first_error(&self) -> Option<&str> {
        self.states.iter().find_map(OutputState::message)
    }

    /// What a person can do about the first error, if that is known.
    pub(in crate::daemon) fn first_remedy(&self) -> Option<&str> {
        self.states.iter().find_map(|state| state.error.as_ref())?.remedy.as_deref()
    }

    /// When each output was written or found right, what is wrong with it, and what its file system imposed.
    pub(in crate::daemon) fn iter(&self) -> impl Iterator<Item = (Option<Moment>, Option<&str>, Option<&Imposed>)> {
        self.states.iter().map(|state| (state.written_at, state.message(), state.imposed.as_ref()))
    }

    /// How many sessions were written to any output.
    pub(in crate::daemon) fn writes(&self) -> u64 {
        self.writes
    }

    /// How many writes of single outputs ended in each way.
    pub(in crate::daemon) fn results(&self) -> Vec<(WriteResult, u64)> {
        vec![
            (WriteResult::Written, self.written),
            (WriteResult::Unchanged, self.unchanged),
            (WriteResult::Failed, self.failed),
        ]
    }
}

impl OutputState {
    fn message(&self) -> Option<&str> {
        self.error.as_ref().map(|error| error.message.as_str())
    }

    /// Notes a failure. Returns the message unless it was logged before.
    fn failed(&mut self, error: OutputError) -> Option<String> {
        let message = error.message.clone();
        let is_new = self.message() != Some(&message);
        self.error = Some(Box::new(error));
        is_new.then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use std::{io, path::PathBuf, time::Duration};

    use super::*;
    use crate::irreplaceable::Irreplaceable;

    fn removal_failed() -> Result<Removed, RemoveError> {
        Err(RemoveError { path: PathBuf::from("/out/b"), source: io::ErrorKind::PermissionDenied.into() })
    }

    fn published(written: Written) -> Published {
        Published { written, imposed: None }
    }

    #[test]
    fn writes_are_counted_by_session_and_by_output() {
        let now = Moment::since_boot(Duration::from_secs(1));
        let mut outputs = OutputStates::new(2);
        let noted = outputs.note_write(now, vec![Ok(published(Written::Written)), Ok(published(Written::Unchanged))]);
        assert!(noted.whole && noted.touched && noted.new_errors.is_empty());
        let noted = outputs.note_write(now, vec![Ok(published(Written::Unchanged)), Ok(published(Written::Unchanged))]);
        assert!(noted.whole && !noted.touched);
        assert!(!outputs.note_write(now, Vec::new()).whole, "the write was lost");
        let counts: Vec<_> = outputs.results().into_iter().map(|(_, count)| count).collect();
        assert_eq!((outputs.writes(), counts), (1, vec![1, 3, 0]));
        assert!(outputs.iter().all(|state| state == (Some(now), None, None)));
    }

    #[test]
    fn an_output_heals_once_after_failed_writes() {
        let failed = || Err(WriteError::Unfit { path: "/out/b".into(), what: Irreplaceable::Fifo });
        let mut outputs = OutputStates::new(2);
        let mut healed = |results| outputs.note_write(Moment::default(), results).healed;
        assert!(healed(vec![Ok(published(Written::Written)), failed()]).is_empty());
        assert!(healed(vec![Ok(published(Written::Unchanged)), failed()]).is_empty());
        assert_eq!(healed(vec![Ok(published(Written::Unchanged)), Ok(published(Written::Written))]), [1]);
        assert!(healed(vec![Ok(published(Written::Written)), Ok(published(Written::Written))]).is_empty());
    }

    #[test]
    fn an_error_is_news_until_it_repeats_itself() {
        let mut outputs = OutputStates::new(2);
        outputs.adopt(Moment::default());
        let (whole, errors) = outputs.note_removal(vec![Ok(Removed::Missing), removal_failed()]);
        assert_eq!((whole, errors.len()), (false, 1));
        assert_eq!(outputs.first_error(), Some(errors[0].as_str()));
        let (whole, errors) = outputs.note_removal(vec![Ok(Removed::Removed), removal_failed()]);
        assert_eq!((whole, errors.len()), (false, 0));
        assert!(outputs.note_removal(vec![Ok(Removed::Missing), Ok(Removed::Removed)]).0);
        assert_eq!(outputs.first_error(), None);
    }

    #[test]
    fn a_write_that_hangs_has_failed_until_it_ends() {
        let mut outputs = OutputStates::new(2);
        outputs.note_hang(1, "it hangs".to_owned());
        outputs.note_hang(2, "there is no such output".to_owned());
        assert_eq!((outputs.first_error(), outputs.results()[2].1), (Some("it hangs"), 1));
        outputs.end_hang(1, "another hangs");
        assert_eq!(outputs.first_error(), Some("it hangs"));
        outputs.end_hang(1, "it hangs");
        assert_eq!(outputs.first_error(), None);
    }

    #[test]
    fn other_outputs_keep_the_counts() {
        let mut outputs = OutputStates::new(1);
        outputs.note_write(Moment::default(), vec![Ok(published(Written::Written))]);
        outputs.replace([None, None].into_iter());
        assert_eq!((outputs.len(), outputs.writes()), (2, 1));
        assert!(outputs.iter().all(|state| state == (None, None, None)));
    }
}
