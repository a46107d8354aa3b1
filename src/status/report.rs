//! The state of the daemon at one moment: plain data without secrets, from which every format is produced.
//!
//! Its JSON is a contract (`version`): within a version, fields may be added, and no field is removed or changes its meaning.

use std::{borrow::Cow, path::PathBuf, time::SystemTime};

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    causes::Cause,
    durations::Durations,
    identity::DaemonIdentity,
    json::{self, Word},
    outcome::{ExchangeResult, HookResult, WriteResult},
};
use crate::renewal::RefusalClass;

/// The report.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of the JSON form.
    pub version: u32,
    /// Whether every required token is on disk and valid.
    pub ready: bool,
    /// When the report was made.
    #[serde(with = "json::time")]
    pub at: SystemTime,
    /// When this process started.
    #[serde(with = "json::time")]
    pub started_at: SystemTime,
    /// The version of this program.
    pub program_version: Cow<'static, str>,
    /// Which daemon this is.
    #[serde(default)]
    pub identity: DaemonIdentity,
    /// The address of the documentation; absent if this program was built without it.
    #[serde(default)]
    pub documentation: Option<String>,
    /// The process number, in its own namespace.
    pub process_id: u32,
    /// The project's id.
    pub project_id: String,
    /// The API's base URL.
    pub base_url: String,
    /// Clock skew from the latest `Date` header, in seconds, accurate to about one second; positive if the server is ahead.
    #[serde(rename = "clockSkewSeconds")]
    pub clock_skew: Option<f64>,
    /// The configuration that is in force.
    pub configuration: ConfigurationReport,
    /// Problems of no single credential: key folders that cannot be listed, and why status is not served.
    pub troubles: Vec<String>,
    /// The address of the status server, such as `http://127.0.0.1:9465/` or `unix:/run/tokenwell/status.sock`.
    #[serde(default)]
    pub status_address: Option<String>,
    /// When this process stopped; absent while it runs. Only the last status file of a process has it.
    #[serde(default, with = "json::time_if_any")]
    pub stopped_at: Option<SystemTime>,
    /// The exchanges of the last day.
    #[serde(default)]
    pub history: HistoryReport,
    /// Log lines that were dropped since the start, because standard error was not read or could not be written.
    #[serde(default)]
    pub log_lines_suppressed: u64,
    /// The reasons that several credentials share, those that need a person first. See [`Report::with_causes`].
    #[serde(default)]
    pub causes: Vec<Cause>,
    /// The durations of exchanges.
    #[serde(skip)]
    pub exchange_durations: Durations,
    /// One for each credential, by name.
    pub credentials: Vec<CredentialReport>,
}

impl Report {
    /// Returns the report as JSON text, one field per line.
    pub fn to_json(&self) -> String {
        // Plain data with string keys: it always has a JSON form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The exchanges of the last day, in buckets of equal length.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryReport {
    /// The length of a bucket.
    pub bucket_seconds: u64,
    /// The non-empty buckets, oldest first.
    pub buckets: Vec<BucketReport>,
}

/// The finished exchanges of all credentials in one bucket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BucketReport {
    /// The start of the bucket.
    #[serde(with = "json::time")]
    pub from: SystemTime,
    /// Exchanges that gave a session.
    pub sessions: u64,
    /// Exchanges that were refused.
    pub refusals: u64,
}

/// The configuration that is in force, and the results of attempts to replace it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationReport {
    /// The configuration file; absent if there is none.
    #[serde(serialize_with = "json::path_if_any")]
    pub file: Option<PathBuf>,
    /// Since when it is in force.
    #[serde(with = "json::time")]
    pub since: SystemTime,
    /// Why the newest configuration was refused, if it was.
    pub refused: Option<String>,
    /// How many configurations were applied after the first.
    #[serde(skip)]
    pub applied: u64,
    /// How many configurations were refused.
    #[serde(skip)]
    pub refusals: u64,
}

/// One credential. Times are from the boot clock, converted to the wall clock when the report was made.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialReport {
    /// Its name.
    pub name: String,
    /// Whether it counts for readiness.
    pub required: bool,
    /// `starting`, `fresh`, `failing` or `expired`.
    #[serde(deserialize_with = "json::word")]
    pub state: Word,
    /// Since when it is in that state.
    #[serde(with = "json::time_if_any")]
    pub since: Option<SystemTime>,
    /// Whether every output holds a valid token.
    pub ready: bool,
    /// The kind of secret that brings its sessions, such as `access key`.
    #[serde(deserialize_with = "json::word", default = "json::access_key")]
    pub secret: Word,
    /// The remedy, if a person must act.
    pub remedy: Option<String>,
    /// Whether something lasts until a person acts, or its token has expired.
    #[serde(default)]
    pub needs_person: bool,
    /// The place in [`Report::causes`] of the reason that it shares with others.
    #[serde(default)]
    pub cause: Option<usize>,
    /// The address of the page that explains its most urgent problem.
    #[serde(default)]
    pub runbook: Option<String>,
    /// The number of its token on disk, which grows with each newer one; absent if no output holds one, or if another process that
    /// shares no state writes the outputs.
    #[serde(default)]
    pub generation: Option<u64>,
    /// Fingerprint of the access key in the key file.
    pub key_fingerprint: Option<String>,
    /// Fingerprint of the access key that produced the token on disk. It differs if the key has changed and no session was
    /// granted since.
    pub token_key_fingerprint: Option<String>,
    /// When the session on disk was requested. Until every output holds one: when the newest session was requested, if a write
    /// of it failed.
    #[serde(with = "json::time_if_any")]
    pub issued_at: Option<SystemTime>,
    /// When it expires.
    #[serde(with = "json::time_if_any")]
    pub expires_at: Option<SystemTime>,
    /// When it should be renewed.
    #[serde(with = "json::time_if_any")]
    pub renew_at: Option<SystemTime>,
    /// The length of the newest session's token, in bytes; absent while no token of it is known.
    #[serde(default)]
    pub token_bytes: Option<usize>,
    /// What a person should know of the credential although nothing is wrong: that its token is longer than some readers take.
    #[serde(default)]
    pub notes: Vec<String>,
    /// When the last session was granted. Until this process is granted one: when the session on disk was requested.
    #[serde(with = "json::time_if_any")]
    pub last_success_at: Option<SystemTime>,
    /// When the refresh token expires that is presented, by its own claim; absent if it is unknown or there is none.
    #[serde(with = "json::time_if_any", default)]
    pub refresh_token_expires_at: Option<SystemTime>,
    /// Why the token on disk does not count as valid although it may be, if so.
    #[serde(default)]
    pub token_trouble: Option<String>,
    /// Why it waits for its host although the host has not refused it, if so.
    #[serde(default)]
    pub host_trouble: Option<String>,
    /// Why its source holds no usable secret, if so.
    pub key_trouble: Option<String>,
    /// The number of finished exchanges.
    pub exchanges: u64,
    /// Finished exchanges by outcome.
    #[serde(skip)]
    pub outcomes: Vec<(ExchangeResult, u64)>,
    /// The number of sessions that were written to its files.
    pub writes: u64,
    /// Writes of single files by outcome.
    #[serde(skip)]
    pub publishes: Vec<(WriteResult, u64)>,
    /// The number of refusals since the last session, of every class.
    pub failures: u32,
    /// The last refusal, until a session is granted.
    pub last_refusal: Option<RefusalReport>,
    /// The next action.
    pub next_action: Option<NextAction>,
    /// When the next exchange is planned, whatever comes before it; absent while it waits for its secret.
    #[serde(skip)]
    pub next_exchange_at: Option<SystemTime>,
    /// The last event.
    pub last_event: Option<String>,
    /// Its outputs.
    pub outputs: Vec<OutputReport>,
    /// Its hooks.
    pub hooks: Vec<HookReport>,
}

/// A refusal.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct RefusalReport {
    /// Its class; `None` for a class of a later version, which is written as `unknown`.
    #[serde(deserialize_with = "json::refusal_class")]
    pub class: Option<RefusalClass>,
    /// What happened, in a few words.
    pub summary: Cow<'static, str>,
    /// The reason, in one line.
    pub message: String,
    /// When it occurred.
    #[serde(with = "json::time")]
    pub at: SystemTime,
    /// How many exchanges in a row were refused in this class: another class in between begins a new row. Zero for a refusal
    /// of an earlier process.
    #[serde(default, rename = "inARow")]
    pub in_a_row: u32,
}

impl RefusalReport {
    /// Returns the name of its class.
    pub fn class_word(&self) -> &'static str {
        self.class.map_or(json::UNKNOWN, RefusalClass::word)
    }

    /// Whether the server denied the secret.
    pub fn is_denied(&self) -> bool {
        self.class == Some(RefusalClass::Denied)
    }
}

impl Serialize for RefusalReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("RefusalReport", 5)?;
        object.serialize_field("class", self.class_word())?;
        object.serialize_field("summary", &self.summary)?;
        object.serialize_field("message", &self.message)?;
        object.serialize_field("at", &json::time::text(self.at))?;
        object.serialize_field("inARow", &self.in_a_row)?;
        object.end()
    }
}

/// The next action, and its time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NextAction {
    /// `exchange`, `publish`, `withdraw`, `wait for the access key`, `wait for the secret` of another kind, or `wait for a change`
    /// after a denial that lasts until then.
    #[serde(deserialize_with = "json::word")]
    pub what: Word,
    /// When, unless it waits.
    #[serde(with = "json::time_if_any")]
    pub at: Option<SystemTime>,
}

/// One output file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputReport {
    /// Its path.
    #[serde(serialize_with = "json::path")]
    pub path: PathBuf,
    /// `jwt`, `json`, `env`, `header`, `bearer` or `template`.
    #[serde(deserialize_with = "json::word")]
    pub format: Word,
    /// When it was last written or found correct.
    #[serde(with = "json::time_if_any")]
    pub written_at: Option<SystemTime>,
    /// Why the last write failed, or how another program altered the file.
    pub error: Option<String>,
    /// What a person should know of a file that is as right as it can be: that its file system keeps no modes or owners.
    #[serde(default)]
    pub note: Option<String>,
}

/// One hook.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookReport {
    /// Its description.
    pub hook: String,
    /// When it last ended.
    #[serde(with = "json::time_if_any")]
    pub ran_at: Option<SystemTime>,
    /// Why its last run failed, if it did.
    pub error: Option<String>,
    /// Its runs by outcome.
    #[serde(skip)]
    pub outcomes: Vec<(HookResult, u64)>,
}

/// The version of the JSON form of a [`Report`].
pub const REPORT_VERSION: u32 = 1;
