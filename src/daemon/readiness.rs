//! Readiness: the questions about it, and the outputs that are read to answer them.

use std::{mem, slice, sync::Arc};

use tokio::sync::oneshot;

use crate::{
    attributes::Imposed,
    clock,
    config::Credential,
    fingerprint::Fingerprint,
    offline::token_life,
    output::{self, Content, FileStamp, Output},
    renewal::Id,
    session::{Session, Times},
    status::Readiness,
};

/// The questions about readiness. An inspection answers the questions that came before it began.
#[derive(Debug, Default)]
pub(super) struct ReadinessQueue {
    waiting: Vec<ReadinessQuestion>,
    /// Those that the inspection in flight answers.
    in_flight: Vec<ReadinessQuestion>,
}

/// A question about one credential, or about every required one.
#[derive(Debug)]
pub(super) struct ReadinessQuestion {
    credential: Option<Id>,
    answer: oneshot::Sender<Readiness>,
}

/// The outputs of a credential that are being written or will be written soon. They are read too, because a reader may
/// open them now.
pub(super) struct ReadinessProbe {
    pub(super) id: Id,
    pub(super) credential: Arc<Credential>,
    pub(super) stamps: Vec<Option<FileStamp>>,
    /// What file systems imposed on each output.
    pub(super) imposed: Vec<Option<Imposed>>,
    /// The token that was written last.
    pub(super) written: Option<Fingerprint>,
    /// The session that replaces it.
    pub(super) newest: Option<(Arc<Session>, Times)>,
    /// Whether another process writes the outputs, so that any live token is right.
    pub(super) stands_by: bool,
}

/// An output that does not hold a token of its credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Missing {
    pub(super) id: Id,
    /// The output.
    pub(super) name: String,
}

impl Missing {
    pub(super) fn new(id: Id, output: &Output) -> Self {
        Self { id, name: output.name().into_owned() }
    }
}

impl ReadinessQueue {
    /// Adds a question. Questions whose clients have gone are dropped, because a disk that hangs may collect many.
    pub(super) fn push(&mut self, credential: Option<Id>, answer: oneshot::Sender<Readiness>) {
        self.waiting.retain(|question| !question.answer.is_closed());
        self.waiting.push(ReadinessQuestion::new(credential, answer));
    }

    /// Notes that an inspection begins.
    pub(super) fn begin(&mut self) {
        self.in_flight.append(&mut self.waiting);
    }

    /// Drops the questions of an inspection that was lost.
    pub(super) fn give_up(&mut self) {
        self.in_flight.clear();
    }

    /// Drops all questions: nothing is inspected any more.
    pub(super) fn dismiss(&mut self) {
        *self = Self::default();
    }

    /// Takes the questions of an inspection that has ended.
    pub(super) fn take_in_flight(&mut self) -> Vec<ReadinessQuestion> {
        mem::take(&mut self.in_flight)
    }

    /// Whether the next inspection answers any question.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl ReadinessQuestion {
    pub(super) fn new(credential: Option<Id>, answer: oneshot::Sender<Readiness>) -> Self {
        Self { credential, answer }
    }

    /// The credential; `None` for every required one.
    pub(super) fn credential(&self) -> Option<Id> {
        self.credential
    }

    /// Answers it with one line for each credential that is not ready.
    pub(super) fn answer(self, unready: Vec<String>) {
        let readiness = if unready.is_empty() { Readiness::Ready } else { Readiness::Unready(unready) };
        drop(self.answer.send(readiness));
    }
}

impl ReadinessProbe {
    /// Returns the first output that does not hold a token. Blocks on the disk.
    pub(super) fn take(self, project: &str) -> Option<Missing> {
        let Self { id, credential, stamps, imposed, written, newest, stands_by } = self;
        let holds_the_newest = |output: &Output, imposed: Option<&Imposed>| {
            newest.as_ref().is_some_and(|(session, times)| {
                let content = Content { session, credential: &credential.name, project, times: *times };
                output.is_intact(&content, imposed)
            })
        };
        let holds_the_last =
            |output: &Output| written.is_some_and(|token| output::find(slice::from_ref(output), token).is_some());
        let holds_a_live_one = |output: &Output| token_life(slice::from_ref(output), clock::wall()).is_some();
        let holds_a_token = |output: &Output, stamp: Option<FileStamp>, imposed: Option<&Imposed>| {
            output.is_unchanged_since(stamp, imposed)
                || holds_the_newest(output, imposed)
                || holds_the_last(output)
                || stands_by && holds_a_live_one(output)
        };
        let mut known = credential.outputs.iter().zip(stamps.into_iter().zip(&imposed));
        let (gone, _) = known.find(|(output, (stamp, imposed))| !holds_a_token(output, *stamp, imposed.as_ref()))?;
        Some(Missing::new(id, gone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inspection_answers_the_questions_that_came_before_it() {
        let mut queue = ReadinessQueue::default();
        let [(first, mut first_answer), (second, mut second_answer), (gone, gone_answer)] =
            [(); 3].map(|()| oneshot::channel());
        queue.push(None, gone);
        drop(gone_answer);
        queue.push(None, first);
        queue.begin();
        queue.push(None, second);
        let asked = queue.take_in_flight();
        assert_eq!(asked.len(), 1);
        for question in asked {
            question.answer(vec!["a: no token yet".to_owned()]);
        }
        assert_eq!(first_answer.try_recv(), Ok(Readiness::Unready(vec!["a: no token yet".to_owned()])));
        assert!(queue.is_waiting() && second_answer.try_recv().is_err());
        queue.begin();
        for question in queue.take_in_flight() {
            question.answer(Vec::new());
        }
        assert_eq!(second_answer.try_recv(), Ok(Readiness::Ready));
    }

    #[test]
    fn a_lost_inspection_leaves_its_questions_unanswered() {
        let mut queue = ReadinessQueue::default();
        let (question, mut answer) = oneshot::channel();
        queue.push(None, question);
        queue.begin();
        queue.give_up();
        assert!(answer.try_recv().is_err() && queue.take_in_flight().is_empty());
    }
}
