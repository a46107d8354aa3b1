//! The requests of the control socket to the loop, and their answers.

use std::fmt;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::status::report::Report;

/// A request, with the channel for its answer.
#[derive(Debug)]
pub enum ControlRequest {
    /// To renew the sessions of these credentials, or of all if none is named.
    Renew(Vec<String>, ControlClient, oneshot::Sender<RenewalAnswer>),
    /// To read the configuration again.
    Reload(ControlClient, oneshot::Sender<ReloadOutcome>),
}

/// The process that makes a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ControlClient {
    /// Its user.
    pub user: u32,
    /// Its number; `None` if it is in another namespace.
    pub process: Option<i32>,
}

impl fmt::Display for ControlClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(f, "process {process} of user {}", self.user),
            None => write!(f, "a process of user {}", self.user),
        }
    }
}

/// The answer to a request for renewals.
#[derive(Clone, PartialEq, Debug)]
pub enum RenewalAnswer {
    /// The renewals were requested. Holds the report on these credentials as of then.
    Requested(Box<Report>),
    /// Some names are of no credential, so nothing was requested.
    Unknown {
        /// The names that there are.
        known: Vec<String>,
        /// Those that no credential has.
        unknown: Vec<String>,
    },
}

/// What became of a request to read the configuration again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum ReloadOutcome {
    /// The new configuration is in force.
    Applied {
        /// What is legal but rarely intended.
        warnings: Vec<String>,
    },
    /// It is the one in force.
    Unchanged,
    /// It is refused as a whole, and the one in force stays.
    Refused {
        /// Why: every mistake, in lines.
        why: String,
    },
}

/// The body of a request for renewals.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RenewalBody {
    pub(super) credentials: Vec<String>,
}

/// The body of the answer to unknown names.
#[derive(Serialize, Deserialize)]
pub(super) struct UnknownNames {
    pub(super) known: Vec<String>,
    pub(super) unknown: Vec<String>,
}
