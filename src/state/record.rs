//! A record as JSON.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    fingerprint::Fingerprint,
    renewal::{Answered, ExchangeRecord, Grant, Memory, Moment, Stamp, WrittenTerm, policy::LIFETIME_MAX},
    session::Times,
};

/// Everything that is remembered of one credential.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Of the project, the API and the login options: a session that was asked for otherwise is not adopted.
    pub request: Fingerprint,
    /// The last exchange.
    pub asked: ExchangeRecord,
    /// The token that was written.
    pub written: Option<WrittenToken>,
}

/// A token that was written.
#[derive(Clone, PartialEq, Debug)]
pub struct WrittenToken {
    /// Of the token's bytes.
    pub token: Fingerprint,
    /// Its life.
    pub term: WrittenTerm,
    /// Whether its signature was looked at.
    pub verified: bool,
    /// `keyId` of the reply it came in.
    pub key_id: Option<String>,
    /// Its life, as readers are told of it.
    pub times: Times,
    /// The files that hold it.
    pub outputs: Vec<PathBuf>,
    /// Whether the hooks that follow its writing have not run yet.
    pub hooks_owed: bool,
}

impl Record {
    /// The part that decides.
    pub fn memory(&self) -> Memory {
        Memory { asked: self.asked, written: self.written.as_ref().map(|written| written.term) }
    }

    pub(super) fn parse(text: &[u8], credential: &str) -> Option<Self> {
        let kept: RecordJson = serde_json::from_slice(text).ok()?;
        if kept.version != VERSION || kept.credential != credential {
            return None;
        }
        let asked = ExchangeRecord {
            key: Fingerprint::parse(&kept.asked.key_fingerprint)?,
            answer: match kept.asked.answered {
                Some(answered) => Some(Answered { at: answered.at.read()?, quiet: seconds(answered.quiet_seconds)? }),
                None => None,
            },
        };
        let written = match kept.session {
            Some(session) => Some(session.read()?),
            None => None,
        };
        Some(Self { request: Fingerprint::parse(&kept.request_fingerprint)?, asked, written })
    }

    pub(super) fn print(&self, credential: &str) -> String {
        let kept = RecordJson {
            version: VERSION,
            credential: credential.to_owned(),
            request_fingerprint: self.request.to_string(),
            asked: KeptAsked {
                key_fingerprint: self.asked.key.to_string(),
                answered: self.asked.answer.map(|answer| KeptAnswered {
                    at: KeptStamp::of(answer.at),
                    quiet_seconds: answer.quiet.as_secs_f64(),
                }),
            },
            session: self.written.as_ref().map(KeptSession::of),
        };
        // Plain data with string keys: it always has a JSON form.
        serde_json::to_string_pretty(&kept).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordJson {
    version: u32,
    credential: String,
    request_fingerprint: String,
    asked: KeptAsked,
    session: Option<KeptSession>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptAsked {
    key_fingerprint: String,
    answered: Option<KeptAnswered>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptAnswered {
    at: KeptStamp,
    quiet_seconds: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptSession {
    token_fingerprint: String,
    key_fingerprint: String,
    key_id: Option<String>,
    verified: bool,
    sent: KeptStamp,
    issued_at: Option<String>,
    lifetime_seconds: f64,
    refresh_after_seconds: Option<f64>,
    renew_after_seconds: f64,
    told: KeptTimes,
    outputs: Vec<PathBuf>,
    hooks_owed: bool,
}

/// RFC 3339.
#[expect(clippy::struct_field_names, reason = "the names in the file")]
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptTimes {
    issued_at: String,
    expires_at: String,
    renew_at: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptStamp {
    boot_id: String,
    since_boot_seconds: f64,
    /// RFC 3339; for people and for the time after a reboot.
    wall: String,
}

impl KeptSession {
    fn of(written: &WrittenToken) -> Self {
        let WrittenTerm { key, sent, issued, grant, renew_after } = written.term;
        Self {
            token_fingerprint: written.token.to_string(),
            key_fingerprint: key.to_string(),
            key_id: written.key_id.clone(),
            verified: written.verified,
            sent: KeptStamp::of(sent),
            issued_at: issued.map(wall_text),
            lifetime_seconds: grant.lifetime.as_secs_f64(),
            refresh_after_seconds: grant.refresh_after.map(|after| after.as_secs_f64()),
            renew_after_seconds: renew_after.as_secs_f64(),
            told: KeptTimes::of(written.times),
            outputs: written.outputs.clone(),
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
        Some(WrittenToken {
            token: Fingerprint::parse(&self.token_fingerprint)?,
            term: WrittenTerm { key, sent: self.sent.read()?, issued, grant, renew_after },
            verified: self.verified,
            key_id: self.key_id,
            times: self.told.read()?,
            outputs: self.outputs,
            hooks_owed: self.hooks_owed,
        })
    }
}

impl KeptTimes {
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

impl KeptStamp {
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
    // The text has four digits for the year.
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
/// The end of the year 9999.
const WALL_MAX: Duration = Duration::from_secs(253_402_300_799);

#[cfg(test)]
pub(super) mod tests {
    use super::*;

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
            asked: ExchangeRecord { key, answer: Some(Answered { at: stamp(101), quiet: Duration::from_secs(30) }) },
            written: Some(WrittenToken {
                token: Fingerprint::new([9; 8]),
                term: WrittenTerm {
                    key,
                    sent: stamp(100),
                    issued: Some(Duration::from_secs(1_700_000_099)),
                    grant,
                    renew_after: Duration::from_millis(400_500),
                },
                verified: true,
                key_id: Some("K2".to_owned()),
                times: Times { issued_at: time(99), expires_at: time(699), renew_at: time(500) },
                hooks_owed: true,
                outputs: vec!["/run/tokenwell/app.jwt".into()],
            }),
        }
    }

    #[test]
    fn absurd_times_are_refused_and_not_a_panic() {
        let whole = record().print("app");
        for (sane, absurd) in [
            ("600.0", "-1"),
            ("600.0", "1e300"),
            ("600.0", "0.0"),
            ("600.0", "2419201.0"),
            ("400.5", "-0.5"),
            ("101.0", "1e99"),
            ("2023-11-14T22:15:01", "0000-11-14T22:15:01"),
        ] {
            let text = whole.replacen(sane, absurd, 1);
            assert_ne!(text, whole, "{sane} is in the record");
            assert_eq!(Record::parse(text.as_bytes(), "app"), None, "{absurd}");
        }
    }
}
