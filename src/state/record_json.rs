//! The JSON form of a record.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    imposed_json::ImposedJson,
    record::{Record, WrittenToken, generation_at},
    recorded_refusal::RecordedRefusal,
};
use crate::{
    fingerprint::Fingerprint,
    renewal::{Answered, ExchangeRecord, Grant, Moment, Stamp, WrittenTerm, policy::LIFETIME_MAX},
    session::{ReplyFields, Times},
};

/// Parses the JSON of a credential's record. Returns `None` if it is damaged or of another version or credential.
pub(super) fn parse(text: &[u8], credential: &str) -> Option<Record> {
    let json: RecordJson = serde_json::from_slice(text).ok()?;
    if json.version != VERSION || json.credential != credential {
        return None;
    }
    let last_exchange = ExchangeRecord {
        key: Fingerprint::parse(&json.last_exchange.key_fingerprint)?,
        answer: match json.last_exchange.answered {
            Some(answered) => Some(Answered {
                at: answered.at.read()?,
                quiet: seconds(answered.quiet_seconds)?,
                awaits_change: answered.awaits_change,
            }),
            None => None,
        },
    };
    let written = match json.session {
        Some(session) => Some(session.read()?),
        None => None,
    };
    let refusal = match json.refusal {
        Some(refusal) => {
            Some(RecordedRefusal::read(&refusal.class, refusal.message, refusal.remedy, refusal.at.read()?)?)
        }
        None => None,
    };
    Some(Record { request: Fingerprint::parse(&json.request_fingerprint)?, last_exchange, refusal, written })
}

/// Whether a text begins like a record of any version and credential.
pub(super) fn is_ours(head: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct AnyRecord {
        #[serde(rename = "version")]
        _version: u32,
        #[serde(rename = "credential")]
        _credential: String,
        #[serde(rename = "requestFingerprint")]
        _request_fingerprint: String,
    }
    match serde_json::from_slice::<AnyRecord>(head) {
        Ok(_) => true,
        Err(error) => error.is_eof() && (head.starts_with(BEGINNING) || BEGINNING.starts_with(head)),
    }
}

/// Returns the record as JSON.
pub(super) fn print(record: &Record, credential: &str) -> String {
    let json = RecordJson {
        version: VERSION,
        credential: credential.to_owned(),
        request_fingerprint: record.request.to_string(),
        last_exchange: ExchangeJson {
            key_fingerprint: record.last_exchange.key.to_string(),
            answered: record.last_exchange.answer.map(AnswerJson::of),
        },
        refusal: record.refusal.as_ref().map(RefusalJson::of),
        session: record.written.as_ref().map(SessionJson::of),
    };
    // Plain data with string keys: it always has a JSON form.
    serde_json::to_string_pretty(&json).unwrap_or_default()
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordJson {
    version: u32,
    credential: String,
    request_fingerprint: String,
    #[serde(rename = "asked")]
    last_exchange: ExchangeJson,
    /// Missing in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalJson>,
    session: Option<SessionJson>,
}

#[derive(Serialize, Deserialize)]
struct RefusalJson {
    class: String,
    message: String,
    /// Missing in records of earlier versions, and without a remedy for the very cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    at: StampJson,
}

impl RefusalJson {
    fn of(refusal: &RecordedRefusal) -> Self {
        let (class, message) = (refusal.class().word().to_owned(), refusal.message().to_owned());
        let remedy = refusal.remedy().map(str::to_owned);
        Self { class, message, remedy, at: StampJson::of(refusal.at()) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExchangeJson {
    key_fingerprint: String,
    answered: Option<AnswerJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerJson {
    at: StampJson,
    quiet_seconds: f64,
    /// Missing in records of earlier versions.
    #[serde(default)]
    awaits_change: bool,
}

impl AnswerJson {
    fn of(answer: Answered) -> Self {
        let Answered { at, quiet, awaits_change } = answer;
        Self { at: StampJson::of(at), quiet_seconds: quiet.as_secs_f64(), awaits_change }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionJson {
    token_fingerprint: String,
    /// Missing in records of earlier versions.
    #[serde(default)]
    generation: Option<u64>,
    key_fingerprint: String,
    key_id: Option<String>,
    /// Missing in records of earlier versions.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    fields: Map<String, Value>,
    verified: bool,
    sent: StampJson,
    issued_at: Option<String>,
    lifetime_seconds: f64,
    refresh_after_seconds: Option<f64>,
    renew_after_seconds: f64,
    #[serde(rename = "told")]
    times: TimesJson,
    outputs: Vec<PathBuf>,
    /// Missing in records of earlier versions, and where nothing is imposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    imposed: Vec<ImposedJson>,
    hooks_owed: bool,
}

/// Times in RFC 3339.
#[expect(clippy::struct_field_names, reason = "the names in the file")]
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TimesJson {
    issued_at: String,
    expires_at: String,
    renew_at: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StampJson {
    boot_id: String,
    since_boot_seconds: f64,
    /// RFC 3339; used after a reboot, and for display.
    wall: String,
}

impl SessionJson {
    fn of(written: &WrittenToken) -> Self {
        let WrittenTerm { key, sent, issued, grant, renew_after } = written.term;
        Self {
            token_fingerprint: written.token.to_string(),
            generation: Some(written.generation),
            key_fingerprint: key.to_string(),
            key_id: written.key_id.clone(),
            fields: written.fields.to_json(),
            verified: written.verified,
            sent: StampJson::of(sent),
            issued_at: issued.map(wall_text),
            lifetime_seconds: grant.lifetime.as_secs_f64(),
            refresh_after_seconds: grant.refresh_after.map(|after| after.as_secs_f64()),
            renew_after_seconds: renew_after.as_secs_f64(),
            times: TimesJson::of(written.times),
            outputs: written.outputs.clone(),
            imposed: written.imposed.iter().map(ImposedJson::of).collect(),
            hooks_owed: written.hooks_owed,
        }
    }

    fn read(self) -> Option<WrittenToken> {
        let refresh_after = match self.refresh_after_seconds {
            Some(after) => Some(seconds(after)?),
            None => None,
        };
        let lifetime = seconds(self.lifetime_seconds).filter(|life| !life.is_zero() && *life <= LIFETIME_MAX)?;
        let grant = Grant { lifetime, refresh_after };
        let issued = match self.issued_at {
            Some(issued) => Some(wall(&issued)?),
            None => None,
        };
        let key = Fingerprint::parse(&self.key_fingerprint)?;
        let renew_after = seconds(self.renew_after_seconds)?;
        let sent = self.sent.read()?;
        Some(WrittenToken {
            token: Fingerprint::parse(&self.token_fingerprint)?,
            // Without a number, that of the request is the same after each restart.
            generation: self.generation.unwrap_or_else(|| generation_at(sent.wall)),
            term: WrittenTerm { key, sent, issued, grant, renew_after },
            verified: self.verified,
            key_id: self.key_id,
            fields: ReplyFields::from_json(self.fields)?,
            times: self.times.read()?,
            outputs: self.outputs,
            imposed: self.imposed.into_iter().map(ImposedJson::read).collect::<Option<_>>()?,
            hooks_owed: self.hooks_owed,
        })
    }
}

impl TimesJson {
    fn of(times: Times) -> Self {
        let text = |at: SystemTime| wall_text(at.duration_since(UNIX_EPOCH).unwrap_or_default());
        Self { issued_at: text(times.issued_at), expires_at: text(times.expires_at), renew_at: text(times.renew_at) }
    }

    fn read(&self) -> Option<Times> {
        let time = |text: &str| wall(text).and_then(|since| UNIX_EPOCH.checked_add(since));
        Some(Times {
            issued_at: time(&self.issued_at)?,
            expires_at: time(&self.expires_at)?,
            renew_at: time(&self.renew_at)?,
        })
    }
}

impl StampJson {
    fn of(stamp: Stamp) -> Self {
        Self {
            boot_id: format!("{:032x}", stamp.boot),
            since_boot_seconds: stamp.moment.elapsed_since_boot().as_secs_f64(),
            wall: wall_text(stamp.wall),
        }
    }

    fn read(self) -> Option<Stamp> {
        Some(Stamp {
            boot: u128::from_str_radix(&self.boot_id, 16).ok()?,
            moment: Moment::since_boot(seconds(self.since_boot_seconds)?),
            wall: wall(&self.wall)?,
        })
    }
}

fn wall_text(since_epoch: Duration) -> String {
    // RFC 3339 has four digits for the year.
    let time = UNIX_EPOCH.checked_add(since_epoch.min(WALL_MAX)).unwrap_or(UNIX_EPOCH);
    humantime::format_rfc3339_micros(time).to_string()
}

fn wall(text: &str) -> Option<Duration> {
    humantime::parse_rfc3339(text).ok()?.duration_since(UNIX_EPOCH).ok()
}

fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

const VERSION: u32 = 1;
/// What every record begins with.
const BEGINNING: &[u8] = b"{\n  \"version\": ";
/// The end of the year 9999.
const WALL_MAX: Duration = Duration::from_secs(253_402_300_799);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        attributes::{Attributes, Imposed, WantedAttributes},
        renewal::RefusalClass,
        session::ReplyField,
        state::record::ImposedOutput,
    };

    pub(in crate::state) fn record() -> Record {
        let stamp = |seconds| Stamp {
            boot: 0x1234,
            moment: Moment::since_boot(Duration::from_secs(seconds)),
            wall: Duration::from_secs(1_700_000_000 + seconds),
        };
        let time = |seconds: u64| UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds);
        let key = Fingerprint::new([7; 8]);
        let grant = Grant { lifetime: Duration::from_secs(600), refresh_after: Some(Duration::from_millis(1500)) };
        Record {
            request: Fingerprint::new([1; 8]),
            last_exchange: ExchangeRecord {
                key,
                answer: Some(Answered { at: stamp(101), quiet: Duration::from_secs(30), awaits_change: true }),
            },
            refusal: Some(RecordedRefusal::new(RefusalClass::Busy, "asked to wait", Some("wait"), stamp(103))),
            written: Some(WrittenToken {
                token: Fingerprint::new([9; 8]),
                generation: 1_700_000_100_250,
                term: WrittenTerm {
                    key,
                    sent: stamp(100),
                    issued: Some(Duration::from_secs(1_700_000_099)),
                    grant,
                    renew_after: Duration::from_millis(400_500),
                },
                verified: true,
                key_id: Some("K2".to_owned()),
                fields: ReplyFields::read(br#"{"user":{"userId":"U2"}}"#, &[ReplyField::UserId].into()),
                times: Times { issued_at: time(99), expires_at: time(699), renew_at: time(500) },
                hooks_owed: true,
                outputs: vec!["/run/tokenwell/app.jwt".into()],
                imposed: vec![imposed()],
            }),
        }
    }

    fn imposed() -> ImposedOutput {
        let wanted = WantedAttributes { mode: 0o640, owner: None, group: Some(7) };
        let file = wanted.instead(Attributes { mode: 0o777, owner: 0, group: 0 });
        ImposedOutput { path: "/run/tokenwell/app.jwt".into(), imposed: Imposed { file, folder: None } }
    }

    #[test]
    fn a_record_of_an_earlier_version_has_no_refusal() {
        let mut json: Value = serde_json::from_str(&print(&record(), "app")).unwrap();
        assert_eq!(json["refusal"]["class"], "busy");
        json.as_object_mut().unwrap().remove("refusal");
        assert_eq!(parse(json.to_string().as_bytes(), "app"), Some(Record { refusal: None, ..record() }));
    }

    #[test]
    fn a_record_of_an_earlier_version_has_the_number_of_its_request() {
        let mut json: Value = serde_json::from_str(&print(&record(), "app")).unwrap();
        json["session"].as_object_mut().unwrap().remove("generation");
        let generation = |json: &Value| parse(json.to_string().as_bytes(), "app").unwrap().written.unwrap().generation;
        assert_eq!(generation(&json), 1_700_000_100_000);
        json["session"]["generation"] = 7.into();
        assert_eq!(generation(&json), 7);
    }

    #[test]
    fn absurd_values_are_refused_without_a_panic() {
        let whole = print(&record(), "app");
        for (sane, absurd) in [
            ("600.0", "-1"),
            ("600.0", "1e300"),
            ("600.0", "0.0"),
            ("600.0", "2419201.0"),
            ("400.5", "-0.5"),
            ("101.0", "1e99"),
            ("2023-11-14T22:15:01", "0000-11-14T22:15:01"),
            ("\"U2\"", "7"),
            ("\"busy\"", "\"rude\""),
            ("asked to wait", "two\\nlines"),
            ("103.0", "-1.0"),
            ("\"0777\"", "\"7999\""),
            ("\"0777\"", "\"77777\""),
        ] {
            let text = whole.replacen(sane, absurd, 1);
            assert_ne!(text, whole, "{sane} is in the record");
            assert_eq!(parse(text.as_bytes(), "app"), None, "{absurd}");
        }
    }
}
