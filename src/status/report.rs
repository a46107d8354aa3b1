//! What is to be said of the daemon at one moment: plain data without secrets, from which every face is drawn.

use std::{path::PathBuf, time::SystemTime};

/// Everything at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    /// When it was taken.
    pub at: SystemTime,
    /// Whether every required token is on disk and lives.
    pub ready: bool,
    /// How far the server's clock is ahead of this machine's, in seconds, to about a second; negative when it is behind.
    /// Of the last reply that told the time.
    pub clock_skew: Option<f64>,
    /// One for each credential, by name.
    pub credentials: Vec<CredentialReport>,
}

/// One credential. Times are the boot clock's, shown on the wall clock of the moment of the report.
#[derive(Clone, PartialEq, Debug)]
pub struct CredentialReport {
    /// Its name.
    pub name: String,
    /// Whether it counts for readiness.
    pub required: bool,
    /// `starting`, `fresh`, `failing` or `expired`.
    pub state: &'static str,
    /// Of the key that the file holds.
    pub key_fingerprint: Option<String>,
    /// Of the key that the session on disk was had with: another one, if the key has changed and no session has come since.
    pub token_key_fingerprint: Option<String>,
    /// When the session on disk was asked for.
    pub issued_at: Option<SystemTime>,
    /// When it ends.
    pub expires_at: Option<SystemTime>,
    /// Why the key file holds no key, if it holds none.
    pub key_trouble: Option<String>,
    /// Exchanges that were answered or given up.
    pub exchanges: u64,
    /// Sessions that were written to its files.
    pub writes: u64,
    /// Refusals in a row.
    pub failures: u32,
    /// The last refusal, until a session comes.
    pub last_refusal: Option<RefusalReport>,
    /// What comes next.
    pub next_action: Option<NextAction>,
    /// The last thing that happened.
    pub last_event: Option<String>,
    /// Its files.
    pub outputs: Vec<OutputReport>,
}

/// Why there is no new session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusalReport {
    /// The contract's class, or `key` when the key file holds none.
    pub class: &'static str,
    /// One line for people.
    pub message: String,
    /// When.
    pub at: SystemTime,
}

/// What comes next, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NextAction {
    /// `exchange`, `publish`, `withdraw`, or `wait for the access key`.
    pub what: &'static str,
    /// When, unless it waits for somebody.
    pub at: Option<SystemTime>,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputReport {
    /// Where.
    pub path: PathBuf,
    /// When it was last written or found right.
    pub written_at: Option<SystemTime>,
    /// Why the last write failed.
    pub error: Option<String>,
}
