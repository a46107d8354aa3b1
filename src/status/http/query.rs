//! The queries of connections to the loop.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use hyper::body::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    time,
};

use super::control::ControlRequest;
use crate::status::report::Report;

/// A query, with the channel for its answer. The sender waits for the answer for a limited time.
#[derive(Debug)]
pub enum Query {
    /// Whether the loop runs.
    Alive(oneshot::Sender<()>),
    /// The report.
    Report(oneshot::Sender<Arc<Snapshot>>),
    /// Whether every required token, or that of one credential, is on disk and valid, inspected now.
    Ready(Option<String>, oneshot::Sender<Readiness>),
    /// A request by the control socket.
    Control(ControlRequest),
}

/// Whether readers find valid tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// All tokens are valid.
    Ready,
    /// Some are not: one line for each unready credential.
    Unready(Vec<String>),
    /// No required credential has that name.
    Unknown,
}

/// A report that is serialized at most once, however many connections query it.
#[derive(Debug)]
pub struct Snapshot {
    /// The report.
    pub report: Arc<Report>,
    json: OnceLock<Bytes>,
}

impl Snapshot {
    /// Returns a snapshot that is not serialized yet.
    pub fn new(report: Report) -> Self {
        Self { report: Arc::new(report), json: OnceLock::new() }
    }

    pub(super) fn json(&self) -> Bytes {
        self.json.get_or_init(|| self.report.to_json().into()).clone()
    }
}

/// Sends queries to the loop.
#[derive(Clone, Debug)]
pub(super) struct LoopHandle(mpsc::Sender<Query>);

impl LoopHandle {
    pub(super) fn new(loop_: mpsc::Sender<Query>) -> Self {
        Self(loop_)
    }

    /// Sends a query and waits for its answer; `None` if it is not answered in time.
    pub(super) async fn ask<T>(&self, timeout: Duration, query: impl FnOnce(oneshot::Sender<T>) -> Query) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let asking = async {
            self.0.send(query(answer)).await.ok()?;
            answered.await.ok()
        };
        time::timeout(timeout, asking).await.ok().flatten()
    }
}
