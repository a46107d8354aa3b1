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
use crate::status::{report::Report, token_report::TokenReport};

/// A query, with the channel for its answer. The sender waits for the answer for a limited time.
#[derive(Debug)]
pub enum Query {
    /// Whether the loop runs.
    Alive(oneshot::Sender<()>),
    /// The report.
    Report(oneshot::Sender<Arc<Snapshot>>),
    /// Whether every required token, or that of one credential, is on disk and valid, inspected now.
    Ready(Option<String>, oneshot::Sender<Readiness>),
    /// The newest token of a credential, now or when it is another one.
    Token(TokenQuestion, oneshot::Sender<TokenAnswer>),
    /// A request by the control socket.
    Control(ControlRequest),
}

/// A question about the token of a credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenQuestion {
    /// The credential's name.
    pub credential: String,
    /// Which token is asked for.
    pub wanted: WantedToken,
}

/// Which token is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WantedToken {
    /// The one that is on disk now, if there is one.
    Newest,
    /// One with another generation than the client's; any, if the client has none.
    OtherThan(Option<u64>),
}

impl WantedToken {
    /// Whether the generation on disk answers the question.
    pub fn is_answered_by(self, on_disk: Option<u64>) -> bool {
        match self {
            Self::Newest => true,
            // Not only a greater one: the client's may be from before a loss of the state.
            Self::OtherThan(after) => on_disk.is_some() && on_disk != after,
        }
    }
}

/// The answer to a question about a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenAnswer {
    /// The token on disk.
    Token(Box<TokenReport>),
    /// There is no such credential. The names that there are.
    Unknown(Vec<String>),
    /// The credentials are not known yet.
    Starting,
    /// The daemon stops.
    Stopping,
    /// As many clients wait as may.
    TooManyWait,
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

    /// Sends a query and waits for its answer.
    pub(super) async fn ask<T>(
        &self,
        timeout: Duration,
        query: impl FnOnce(oneshot::Sender<T>) -> Query,
    ) -> Result<T, Unanswered> {
        let (answer, answered) = oneshot::channel();
        let asking = async {
            self.0.send(query(answer)).await.map_err(|_| Unanswered::Closing)?;
            answered.await.map_err(|_| Unanswered::Closing)
        };
        time::timeout(timeout, asking).await.unwrap_or(Err(Unanswered::Late))
    }
}

/// Why a query has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unanswered {
    /// Its time is over.
    Late,
    /// The daemon stops, or serves elsewhere.
    Closing,
}
