//! What is to be said of the daemon at one moment: plain data without secrets, from which every face is drawn.
//!
//! Its JSON is a contract (`version`): fields may be added, none is taken away or changes its meaning within a version.

use std::{borrow::Cow, path::PathBuf, time::SystemTime};

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    durations::Durations,
    json,
    outcome::{ExchangeResult, HookResult, WriteResult},
    wording::Wording,
};
use crate::renewal::RefusalClass;

/// One of the few words that a report is written in. One of a later version is read as `unknown`.
pub type Word = &'static str;

/// Everything at one moment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Of the JSON form.
    pub version: u32,
    /// Whether every required token is on disk and lives.
    pub ready: bool,
    /// When it was taken.
    #[serde(with = "json::time")]
    pub at: SystemTime,
    /// When this process started.
    #[serde(with = "json::time")]
    pub started_at: SystemTime,
    /// Of this program.
    pub program_version: Cow<'static, str>,
    /// Its number, where it runs.
    pub process_id: u32,
    /// The project's id.
    pub project_id: String,
    /// Where the API is.
    pub base_url: String,
    /// How far the server's clock is ahead of this machine's, in seconds, to about a second; negative when it is behind.
    /// Of the last reply that told the time.
    #[serde(rename = "clockSkewSeconds")]
    pub clock_skew: Option<f64>,
    /// The configuration that is in force.
    pub configuration: ConfigurationReport,
    /// Why there may be fewer credentials than there should be: key folders that cannot be listed.
    pub troubles: Vec<String>,
    /// Where it serves status, such as `http://127.0.0.1:9465/` or `unix:/run/tokenwell/status.sock`, if it does.
    #[serde(default)]
    pub status_address: Option<String>,
    /// When this process stopped; none while it runs. Only the last status file of a process tells.
    #[serde(default, with = "json::time_if_any")]
    pub stopped_at: Option<SystemTime>,
    /// The exchanges of the last day.
    #[serde(default)]
    pub history: HistoryReport,
    /// How long exchanges took.
    #[serde(skip)]
    pub exchange_durations: Durations,
    /// One for each credential, by name.
    pub credentials: Vec<CredentialReport>,
}

impl Report {
    /// As JSON text, one field a line.
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
    /// How long a bucket is.
    pub bucket_seconds: u64,
    /// Those in which anything was answered, oldest first.
    pub buckets: Vec<BucketReport>,
}

/// The exchanges of all credentials that were answered in one bucket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BucketReport {
    /// Its beginning.
    #[serde(with = "json::time")]
    pub from: SystemTime,
    /// Those that brought a session.
    pub sessions: u64,
    /// Those that were refused.
    pub refusals: u64,
}

/// The configuration that is in force, and what became of attempts to replace it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationReport {
    /// None in the file-less form.
    #[serde(serialize_with = "json::path_if_any")]
    pub file: Option<PathBuf>,
    /// Since when it is in force.
    #[serde(with = "json::time")]
    pub since: SystemTime,
    /// Why the newest file is not in force, if it is not.
    pub refused: Option<String>,
    /// How often a configuration was put in force after the first.
    #[serde(skip)]
    pub applied: u64,
    /// How often one was refused.
    #[serde(skip)]
    pub refusals: u64,
}

/// One credential. Times are the boot clock's, shown on the wall clock of the moment of the report.
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
    /// Whether a reader finds a live token in every output.
    pub ready: bool,
    /// What a person should do about it, if anything.
    pub remedy: Option<String>,
    /// Of the key that the file holds.
    pub key_fingerprint: Option<String>,
    /// Of the key that the session on disk was had with: another one, if the key has changed and no session has come since.
    pub token_key_fingerprint: Option<String>,
    /// When the session on disk was asked for.
    #[serde(with = "json::time_if_any")]
    pub issued_at: Option<SystemTime>,
    /// When it ends.
    #[serde(with = "json::time_if_any")]
    pub expires_at: Option<SystemTime>,
    /// When it is to be renewed.
    #[serde(with = "json::time_if_any")]
    pub renew_at: Option<SystemTime>,
    /// When the last session was granted; before this process was granted one, when that on disk was asked for.
    #[serde(with = "json::time_if_any")]
    pub last_success_at: Option<SystemTime>,
    /// Why the key file holds no key, if it holds none.
    pub key_trouble: Option<String>,
    /// Exchanges that were answered or given up.
    pub exchanges: u64,
    /// The same by how they ended.
    #[serde(skip)]
    pub outcomes: Vec<(ExchangeResult, u64)>,
    /// Sessions that were written to its files.
    pub writes: u64,
    /// Writes of single files by how they ended.
    #[serde(skip)]
    pub publishes: Vec<(WriteResult, u64)>,
    /// Refusals in a row.
    pub failures: u32,
    /// The last refusal, until a session comes.
    pub last_refusal: Option<RefusalReport>,
    /// What comes next.
    pub next_action: Option<NextAction>,
    /// When the next exchange is planned, whatever comes before it; none where it waits for its access key.
    #[serde(skip)]
    pub next_exchange_at: Option<SystemTime>,
    /// The last thing that happened.
    pub last_event: Option<String>,
    /// Its files.
    pub outputs: Vec<OutputReport>,
    /// What follows a write.
    pub hooks: Vec<HookReport>,
}

/// Why there is no new session.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct RefusalReport {
    /// The contract's class; `None` for one of a later version, which is written as `unknown`.
    #[serde(deserialize_with = "json::refusal_class")]
    pub class: Option<RefusalClass>,
    /// One line for people.
    pub message: String,
    /// When.
    #[serde(with = "json::time")]
    pub at: SystemTime,
}

impl RefusalReport {
    /// The contract's word of its class.
    pub fn class_word(&self) -> &'static str {
        self.class.map_or(json::UNKNOWN, RefusalClass::word)
    }

    /// Its class in a few words.
    pub fn summary(&self) -> &'static str {
        self.class.map_or("refused", |class| Wording::of(class).what)
    }

    /// Whether Descope denies the access key.
    pub fn is_denied(&self) -> bool {
        self.class == Some(RefusalClass::Denied)
    }
}

impl Serialize for RefusalReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("RefusalReport", 4)?;
        object.serialize_field("class", self.class_word())?;
        object.serialize_field("summary", self.summary())?;
        object.serialize_field("message", &self.message)?;
        object.serialize_field("at", &json::time::text(self.at))?;
        object.end()
    }
}

/// What comes next, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NextAction {
    /// `exchange`, `publish`, `withdraw`, or `wait for the access key`.
    #[serde(deserialize_with = "json::word")]
    pub what: Word,
    /// When, unless it waits for somebody.
    #[serde(with = "json::time_if_any")]
    pub at: Option<SystemTime>,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputReport {
    /// Where.
    #[serde(serialize_with = "json::path")]
    pub path: PathBuf,
    /// `jwt`, `json`, `env`, `header` or `template`.
    #[serde(deserialize_with = "json::word")]
    pub format: Word,
    /// When it was last written or found right.
    #[serde(with = "json::time_if_any")]
    pub written_at: Option<SystemTime>,
    /// Why the last write failed, or what somebody else did to it.
    pub error: Option<String>,
}

/// One hook.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookReport {
    /// What it is, in words.
    pub hook: String,
    /// When it last ended.
    #[serde(with = "json::time_if_any")]
    pub ran_at: Option<SystemTime>,
    /// Why it failed then.
    pub error: Option<String>,
    /// How often it ended in each way.
    #[serde(skip)]
    pub outcomes: Vec<(HookResult, u64)>,
}

/// Of the JSON form of a [`Report`].
pub const REPORT_VERSION: u32 = 1;
