//! A look at outputs: which of them were altered, and which do not hold their token.

use std::sync::Arc;

use super::readiness::Missing;
use crate::{
    config::Credential,
    output::{Condition, Content, FileStamp},
    renewal::{Id, Moment},
    session::{Session, Times},
};

/// The outputs of one credential, to be looked at.
pub(super) struct OutputCheck {
    pub(super) id: Id,
    pub(super) credential: Arc<Credential>,
    pub(super) session: Arc<Session>,
    pub(super) times: Times,
    pub(super) sent: Moment,
    pub(super) stamps: Vec<Option<FileStamp>>,
}

/// What a look at the outputs found.
#[derive(Debug)]
pub(super) struct Inspection {
    pub(super) inspected: Vec<Inspected>,
    pub(super) missing: Vec<Missing>,
}

/// How the outputs of one credential were found.
#[derive(Debug)]
pub(super) struct Inspected {
    pub(super) id: Id,
    /// The session that was looked for.
    pub(super) sent: Moment,
    pub(super) conditions: Vec<Condition>,
}

impl OutputCheck {
    pub(super) fn run(self, project: &str) -> Inspected {
        let credential = self.credential.name.as_str();
        let content = Content { session: &self.session, credential, project, times: self.times };
        let outputs = self.credential.outputs.iter().zip(self.stamps);
        let conditions = outputs.map(|(output, stamp)| output.inspect(&content, stamp)).collect();
        Inspected { id: self.id, sent: self.sent, conditions }
    }
}
