//! What a connection wants of the loop, and how it asks.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use hyper::body::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    time,
};

use crate::status::report::Report;

/// A query; whoever asked waits for the answer, for a while.
#[derive(Debug)]
pub enum Query {
    /// Whether the loop turns.
    Alive(oneshot::Sender<()>),
    /// How everything is.
    Report(oneshot::Sender<Arc<Snapshot>>),
    /// Whether every required token is on disk and lives, looked at now; or that of one credential.
    Ready(Option<String>, oneshot::Sender<Readiness>),
}

/// Whether readers find their tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// All of them.
    Ready,
    /// Not all: a line for each culprit.
    Unready(Vec<String>),
    /// There is no required credential of that name.
    Unknown,
}

/// A report that is put into words at most once, however many ask.
#[derive(Debug)]
pub struct Snapshot {
    /// The report.
    pub report: Arc<Report>,
    json: OnceLock<Bytes>,
}

impl Snapshot {
    /// Not in words yet.
    pub fn new(report: Report) -> Self {
        Self { report: Arc::new(report), json: OnceLock::new() }
    }

    pub(super) fn json(&self) -> Bytes {
        self.json.get_or_init(|| self.report.to_json().into()).clone()
    }
}

/// Asks the loop.
#[derive(Clone, Debug)]
pub(super) struct LoopHandle(mpsc::Sender<Query>);

impl LoopHandle {
    pub(super) fn new(loop_: mpsc::Sender<Query>) -> Self {
        Self(loop_)
    }

    /// Asks; `None` if there is no answer in time.
    pub(super) async fn ask<T>(&self, timeout: Duration, query: impl FnOnce(oneshot::Sender<T>) -> Query) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let asking = async {
            self.0.send(query(answer)).await.ok()?;
            answered.await.ok()
        };
        time::timeout(timeout, asking).await.ok().flatten()
    }
}
