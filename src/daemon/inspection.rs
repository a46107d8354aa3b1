//! An inspection of outputs: which were altered, and which do not hold their token.

use std::sync::Arc;

use super::readiness::Missing;
use crate::{
    attributes::Imposed,
    config::Credential,
    output::{Condition, Content, FileStamp},
    renewal::{Id, Moment},
    session::{Session, Times},
};

/// The outputs of one credential, to be inspected.
pub(super) struct OutputCheck {
    pub(super) id: Id,
    pub(super) credential: Arc<Credential>,
    pub(super) session: Arc<Session>,
    pub(super) times: Times,
    pub(super) sent: Moment,
    pub(super) stamps: Vec<Option<FileStamp>>,
    /// What file systems imposed on each output.
    pub(super) imposed: Vec<Option<Imposed>>,
}

/// The result of an inspection.
#[derive(Debug)]
pub(super) struct Inspection {
    pub(super) inspected: Vec<Inspected>,
    pub(super) missing: Vec<Missing>,
}

/// The conditions of the outputs of one credential.
#[derive(Debug)]
pub(super) struct Inspected {
    pub(super) id: Id,
    /// The send time of the expected session.
    pub(super) sent: Moment,
    pub(super) conditions: Vec<Condition>,
}

impl OutputCheck {
    pub(super) fn run(self, project: &str) -> Inspected {
        let credential = self.credential.name.as_str();
        let content = Content { session: &self.session, credential, project, times: self.times };
        let known = self.stamps.into_iter().zip(&self.imposed);
        let outputs = self.credential.outputs.iter().zip(known);
        let conditions =
            outputs.map(|(output, (stamp, imposed))| output.inspect(&content, stamp, imposed.as_ref())).collect();
        Inspected { id: self.id, sent: self.sent, conditions }
    }
}
