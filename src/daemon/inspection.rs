//! An inspection of outputs: which were altered, which do not hold their token, and which do not respond.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    exchange_effect::ExchangeContext,
    readiness::{Missing, ReadinessProbe},
};
use crate::{
    attributes::Imposed,
    blocking::{self, LeftOut, Part, PartsDone},
    config::Credential,
    output::{Condition, Content, FileStamp, Output},
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
    /// How often the outputs were written before.
    pub(super) writes: u64,
    pub(super) stamps: Vec<Option<FileStamp>>,
    /// What file systems imposed on each output.
    pub(super) imposed: Vec<Option<Imposed>>,
}

/// The result of an inspection.
#[derive(Debug, Default)]
pub(super) struct Inspection {
    pub(super) inspected: Vec<Inspected>,
    pub(super) missing: Vec<Missing>,
    /// The credentials whose outputs were looked at.
    pub(super) seen: Vec<Id>,
    /// Those with an output that does not respond.
    pub(super) unseen: Vec<(Id, PathBuf)>,
}

/// The conditions of the outputs of one credential.
#[derive(Debug)]
pub(super) struct Inspected {
    pub(super) id: Id,
    /// The send time of the expected session.
    pub(super) sent: Moment,
    /// How often the outputs were written before.
    pub(super) writes: u64,
    pub(super) conditions: Vec<Condition>,
}

/// What a part of an inspection found.
#[derive(Debug)]
enum Look {
    Inspected(Inspected),
    Missing(Option<Missing>),
}

impl Inspection {
    /// Inspects the outputs of each credential by itself. Outputs that do not respond are left out.
    pub(super) async fn take(
        checks: Vec<OutputCheck>,
        probes: Vec<ReadinessProbe>,
        context: &Arc<ExchangeContext>,
    ) -> Self {
        let mut parts = Vec::with_capacity(checks.len() + probes.len());
        for check in checks {
            let (id, context, files) = (check.id, Arc::clone(context), files(&check.credential));
            let look = move || Look::Inspected(check.run(context.api.project.as_str()));
            parts.push(Part::new(id, files, look));
        }
        for probe in probes {
            let (id, context, files) = (probe.id, Arc::clone(context), files(&probe.credential));
            let look = move || Look::Missing(probe.take(context.api.project.as_str()));
            parts.push(Part::new(id, files, look));
        }
        let PartsDone { results, left_out } = blocking::run_parts(parts).await;
        let mut inspection = Self::default();
        for (id, look) in results {
            inspection.seen.push(id);
            match look {
                Look::Inspected(inspected) => inspection.inspected.push(inspected),
                Look::Missing(missing) => inspection.missing.extend(missing),
            }
        }
        let unseen = left_out.into_iter().filter_map(|LeftOut { key, file }| Some((key, file?)));
        inspection.unseen = unseen.collect();
        inspection
    }
}

fn files(credential: &Credential) -> Vec<PathBuf> {
    credential.outputs.iter().filter_map(Output::file).map(Path::to_owned).collect()
}

impl OutputCheck {
    fn run(self, project: &str) -> Inspected {
        let credential = self.credential.name.as_str();
        let content = Content { session: &self.session, credential, project, times: self.times };
        let known = self.stamps.into_iter().zip(&self.imposed);
        let outputs = self.credential.outputs.iter().zip(known);
        let conditions =
            outputs.map(|(output, (stamp, imposed))| output.inspect(&content, stamp, imposed.as_ref())).collect();
        Inspected { id: self.id, sent: self.sent, writes: self.writes, conditions }
    }
}
