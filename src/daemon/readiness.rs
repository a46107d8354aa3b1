//! Readiness: who waits for an answer, and the outputs that are looked at for it.

use std::{slice, sync::Arc};

use tokio::sync::oneshot;

use crate::{
    clock,
    config::Credential,
    fingerprint::Fingerprint,
    offline::token_life,
    output::{self, Content, FileStamp, Output},
    renewal::Id,
    session::{Session, Times},
    status::Readiness,
};

/// Who waits for a look at the outputs.
#[derive(Debug, Default)]
pub(super) struct ReadinessQueue {
    /// For one that has not begun.
    pub(super) waiting: Vec<Ask>,
    /// For the one that is under way.
    pub(super) looking: Vec<Ask>,
}

#[derive(Debug)]
pub(super) struct Ask {
    /// One credential, or every required one.
    pub(super) whose: Option<Id>,
    pub(super) answer: oneshot::Sender<Readiness>,
}

/// Outputs of a credential that are being written, or are about to be: looked at all the same, for the one who asks now
/// reads them now.
pub(super) struct ReadinessProbe {
    pub(super) id: Id,
    pub(super) credential: Arc<Credential>,
    pub(super) stamps: Vec<Option<FileStamp>>,
    /// The token that was written last.
    pub(super) written: Option<Fingerprint>,
    /// What replaces it.
    pub(super) newest: Option<(Arc<Session>, Times)>,
    /// Whether another process writes the outputs, so that any live token is right.
    pub(super) stands_by: bool,
}

/// An output in which no reader finds a token of its credential.
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
    /// A look begins: it answers everyone who has asked so far, and nobody who asks later.
    pub(super) fn begin(&mut self) {
        self.looking.append(&mut self.waiting);
    }

    /// The look that is under way came to nothing. Who asked is left without an answer.
    pub(super) fn give_up(&mut self) {
        self.looking.clear();
    }

    pub(super) fn is_anybody_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl ReadinessProbe {
    /// Blocks on the disk.
    pub(super) fn take(self, project: &str) -> Option<Missing> {
        let Self { id, credential, stamps, written, newest, stands_by } = self;
        let holds_the_newest = |output: &Output| {
            newest.as_ref().is_some_and(|(session, times)| {
                let content = Content { session, credential: &credential.name, project, times: *times };
                output::are_intact(slice::from_ref(output), &content)
            })
        };
        let holds_the_last =
            |output: &Output| written.is_some_and(|token| output::find(slice::from_ref(output), token).is_some());
        let holds_a_live_one = |output: &Output| token_life(slice::from_ref(output), clock::wall()).is_some();
        let stands = |output: &Output, stamp: Option<FileStamp>| {
            output.is_unchanged_since(stamp)
                || holds_the_newest(output)
                || holds_the_last(output)
                || stands_by && holds_a_live_one(output)
        };
        let (gone, _) = credential.outputs.iter().zip(stamps).find(|(output, stamp)| !stands(output, *stamp))?;
        Some(Missing::new(id, gone))
    }
}
