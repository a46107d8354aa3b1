//! Readiness: whether readers find their tokens, looked at on disk and on the clock at the moment of asking.

use std::{
    mem,
    path::{Path, PathBuf},
    slice,
    sync::Arc,
};

use tokio::sync::oneshot;

use super::{Daemon, credential_state::CredentialState, disk_scan::Observation, next::Next, span};
use crate::{
    clock,
    config::Credential,
    fingerprint::Fingerprint,
    output::{self, Content, FileStamp, Output},
    renewal::{Health, Id, Moment, Renewal},
    session::{Session, Times},
    status::Readiness,
};

/// Who waits for a look at the outputs.
#[derive(Debug, Default)]
pub(super) struct ReadinessQueue {
    /// For one that has not begun.
    waiting: Vec<Ask>,
    /// For the one that is under way.
    looking: Vec<Ask>,
}

#[derive(Debug)]
struct Ask {
    /// One credential, or every required one.
    whose: Option<Id>,
    answer: oneshot::Sender<Readiness>,
}

/// Outputs of a credential that are being written, or are about to be: looked at all the same, for the one who asks now
/// reads them now.
pub(super) struct ReadinessProbe {
    id: Id,
    credential: Arc<Credential>,
    stamps: Vec<Option<FileStamp>>,
    /// The token that was written last.
    written: Option<Fingerprint>,
    /// What replaces it.
    newest: Option<(Arc<Session>, Times)>,
}

/// An output in which no reader finds a token of its credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Missing {
    id: Id,
    path: PathBuf,
}

impl Missing {
    pub(super) fn new(id: Id, output: &Output) -> Self {
        Self { id, path: output.path.clone() }
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

impl Daemon {
    /// Looks at the outputs and answers then. However many ask, one look is under way at a time.
    pub(super) fn look_whether_ready(&mut self, whose: Option<String>, answer: oneshot::Sender<Readiness>) {
        let whose = match whose.map(|name| self.required(&name)) {
            None => None,
            Some(Some(id)) => Some(id),
            Some(None) => return drop(answer.send(Readiness::Unknown)),
        };
        // Where the disk hangs, they come again and again.
        self.monitor.readiness_queue.waiting.retain(|ask| !ask.answer.is_closed());
        self.monitor.readiness_queue.waiting.push(Ask { whose, answer });
        self.inspect_all();
    }

    /// What is to be looked at besides what the guard looks at anyway.
    pub(super) fn probes(&self, now: Moment, guarded: impl Fn(Id) -> bool) -> Vec<ReadinessProbe> {
        let probe = |(id, kept): (Id, &CredentialState)| ReadinessProbe {
            id,
            credential: Arc::clone(&kept.credential),
            stamps: kept.outputs.iter().map(|output| output.stamp).collect(),
            written: kept.written.as_ref().map(|written| written.token),
            newest: kept.session.clone().zip(kept.published_times.map(|told| told.times())),
        };
        let serves = |id| self.fleet.get(id).is_some_and(|renewal| renewal.serves(now));
        let required = self.members().filter(|(_, kept)| kept.credential.required);
        required.filter(|(id, _)| serves(*id) && !guarded(*id)).map(probe).collect()
    }

    /// The look has ended.
    pub(super) fn say_whether_ready(&mut self, missing: &[Missing]) {
        for Ask { whose, answer } in mem::take(&mut self.monitor.readiness_queue.looking) {
            let culprits = self.culprits(whose, missing);
            let readiness = if culprits.is_empty() { Readiness::Ready } else { Readiness::Unready(culprits) };
            drop(answer.send(readiness));
        }
    }

    /// A line for each credential that is not ready, the first ones in full, and for each key folder of which it is not
    /// known what is required.
    fn culprits(&self, whose: Option<Id>, missing: &[Missing]) -> Vec<String> {
        let now = clock::now();
        let gone = |id| missing.iter().find(|missing| missing.id == id).map(|missing| &missing.path);
        let late = self.members().filter(|(id, kept)| {
            whose.is_none_or(|whose| whose == *id) && (self.lacks_its_token(*id, kept, now) || gone(*id).is_some())
        });
        let mut lines = Vec::new();
        let mut left_out = 0;
        for (id, kept) in late {
            if let Some(renewal) = self.fleet.get(id).filter(|_| lines.len() < LINES_MAX) {
                let trouble = match gone(id) {
                    Some(path) if renewal.serves(now) => not_there(path, kept),
                    Some(_) | None => self.trouble(now, kept, renewal),
                };
                lines.push(format!("{}: {trouble}", kept.credential.name));
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            lines.push(format!("and {left_out} more"));
        }
        if whose.is_none() {
            lines.extend(self.unseen_folders());
        }
        lines
    }

    fn trouble(&self, now: Moment, kept: &CredentialState, renewal: &Renewal) -> String {
        let output = kept.outputs.iter().find_map(|output| output.error.as_deref());
        let mut said = match (renewal.health(now), renewal.on_disk()) {
            (Health::Expired, Some(term)) => format!("expired {} ago", span::until(term.expires(), now)),
            (Health::Expired, None) => "expired and removed".to_owned(),
            (Health::Starting, _) => "no token yet".to_owned(),
            (Health::Fresh | Health::Failing, _) => output.unwrap_or("its files are not as they should be").to_owned(),
        };
        if let Some(Observation::NoKey { why, .. }) = &kept.observed {
            return format!("{said}; waits for its access key: {why}");
        }
        if renewal.under_way().is_none() {
            match self.planned(now, kept, renewal) {
                Next::Exchange(due) => said = format!("{said}; next try in {}", span::until(now, due)),
                Next::Publish(due) => said = format!("{said}; next write in {}", span::until(now, due)),
                Next::Withdraw(_) | Next::Key => {}
            }
        }
        let refusal = kept.refusals.last().map(|refusal| format!("{}: {}", refusal.class, refusal.message));
        match refusal.or_else(|| output.map(str::to_owned)) {
            Some(why) if !said.contains(&why) => format!("{said}: {why}"),
            Some(_) | None => said,
        }
    }

    fn required(&self, name: &str) -> Option<Id> {
        let id = *self.names.get(name)?;
        self.kept.get(&id).is_some_and(|kept| kept.credential.required && !kept.draining).then_some(id)
    }
}

impl ReadinessProbe {
    /// Blocks on the disk.
    pub(super) fn take(self, project: &str) -> Option<Missing> {
        let Self { id, credential, stamps, written, newest } = self;
        let holds_the_newest = |output: &Output| {
            newest.as_ref().is_some_and(|(session, times)| {
                let content = Content { session, credential: &credential.name, project, times: *times };
                output::are_intact(slice::from_ref(output), &content)
            })
        };
        let holds_the_last =
            |output: &Output| written.is_some_and(|token| output::find_token(slice::from_ref(output), token).is_some());
        let stands = |output: &Output, stamp: Option<FileStamp>| {
            output::is_unchanged_since(output, stamp) || holds_the_newest(output) || holds_the_last(output)
        };
        let (gone, _) = credential.outputs.iter().zip(stamps).find(|(output, stamp)| !stands(output, *stamp))?;
        Some(Missing::new(id, gone))
    }
}

/// The file is gone, and this is why no other is in its place yet.
fn not_there(path: &Path, kept: &CredentialState) -> String {
    let why = kept.outputs.iter().find_map(|output| output.error.as_deref());
    format!("`{}` does not hold its token{}", path.display(), why.map(|why| format!(": {why}")).unwrap_or_default())
}

/// More than anyone reads.
const LINES_MAX: usize = 100;
