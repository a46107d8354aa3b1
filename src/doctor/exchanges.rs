//! A dry exchange with each key: whether Descope takes it, and what it means if not. The session is dropped at once.
//!
//! The spacing holds here too. An exchange that the state directory tells of is kept away from, and every exchange of this
//! round is noted there for a daemon that starts afterwards: see `round.rs`.

use std::{io, sync::Arc, time::Duration};

use humantime::format_duration;
use tokio::time::sleep;

use super::{
    bounds::took,
    edge,
    exchange_probe::{DryOutcome, ExchangeProbe},
    finding::Finding,
    progress::Report,
    round::CheckRun,
};
use crate::{
    clock,
    config::{Config, Credential},
    exchange::{Client, Refused, Trust},
    renewal::Refusal,
};

/// With how many keys to ask, and for how long at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// Enough to see what is wrong with all of them.
    Sample,
    /// With every key.
    All,
}

/// Asks with one key after the other, spaced, and says of each what it means. Stops when the host wants to be left alone, is
/// not there, or takes so long that nobody would wait for all.
pub(super) async fn look(
    config: &Arc<Config>,
    client: &Client,
    credentials: &[Credential],
    extent: Extent,
    report: &mut Report<'_>,
) -> io::Result<Vec<ExchangeProbe>> {
    let round = CheckRun { config, client, trust: Trust::open(None, &config.api()) };
    let over = clock::now() + extent.time_max();
    let mut all = Vec::new();
    let mut stopped: Option<&str> = None;
    let mut pause = Duration::ZERO;
    let asked = credentials.len().min(extent.keys_max());
    for (n, credential) in credentials.iter().take(asked).enumerate() {
        if clock::now() >= over {
            stopped.get_or_insert("those before took so long; `--all` has more patience");
        }
        let seen = if let Some(because) = stopped {
            ExchangeProbe::not_asked(&credential.name, because)
        } else {
            sleep(pause).await;
            let which = format!("key {} of {asked}, `{}`", n + 1, credential.name);
            round.examine(credential, &which, report).await
        };
        if !matches!(seen.outcome, DryOutcome::NotAsked(_)) {
            pause = credential.policy.spacing.min(PAUSE_MAX);
        }
        stopped = stopped.or_else(|| why_stop(&seen.outcome));
        report.say(findings(&seen, credential))?;
        all.push(seen);
    }
    let left = credentials.len() - asked;
    if left > 0 {
        let because = format!("{asked} are enough for a look; `--all` asks with every key");
        report.say(vec![Finding::skipped(SUBJECT, &because).of(&format!("{left} more"))])?;
    }
    Ok(all)
}

impl Extent {
    fn keys_max(self) -> usize {
        match self {
            Self::Sample => SAMPLE_KEYS_MAX,
            Self::All => usize::MAX,
        }
    }

    fn time_max(self) -> Duration {
        match self {
            Self::Sample => SAMPLE_TIME_MAX,
            Self::All => ALL_TIME_MAX,
        }
    }
}

/// What concerns every key alike.
fn why_stop(outcome: &DryOutcome) -> Option<&'static str> {
    let DryOutcome::Refused(Refused { refusal, .. }) = outcome else { return None };
    match refusal {
        Refusal::Busy { .. } => Some("the API wants to be left alone"),
        Refusal::Blocked => Some("something in front of the API blocks it"),
        Refusal::Unreachable | Refusal::TimedOut => Some("the API is not reached"),
        Refusal::Denied | Refusal::Failed | Refusal::Garbled => None,
    }
}

/// What it means.
fn findings(seen: &ExchangeProbe, credential: &Credential) -> Vec<Finding> {
    let ExchangeProbe { credential: name, key, time, outcome, .. } = seen;
    let key = key.map(|key| format!(" with key {key}")).unwrap_or_default();
    match outcome {
        DryOutcome::NotAsked(because) => vec![Finding::skipped(SUBJECT, because).of(name)],
        DryOutcome::Granted { grant, notes, .. } => {
            let life = format_duration(Duration::from_secs(grant.lifetime.as_secs()));
            let text = format!("a session of {life} was granted{key} ({})", took(*time));
            let notes = notes.iter().map(|note| Finding::remark(SUBJECT, note.to_string()).of(name));
            [Finding::passed(SUBJECT, text).of(name)].into_iter().chain(notes).collect()
        }
        DryOutcome::Refused(Refused { refusal, message }) => {
            let remedy = match refusal {
                Refusal::Denied => format!("; {}", credential.source.denied_remedy()),
                Refusal::Blocked
                | Refusal::Busy { .. }
                | Refusal::Failed
                | Refusal::Garbled
                | Refusal::Unreachable
                | Refusal::TimedOut => edge::remedy(*refusal),
            };
            let class = refusal.class();
            vec![Finding::failed(SUBJECT, format!("{class}{key}: {message}{remedy}")).of(name)]
        }
    }
}

const SUBJECT: &str = "exchange";

const SAMPLE_KEYS_MAX: usize = 20;
/// When this is over no further key is asked with.
const SAMPLE_TIME_MAX: Duration = Duration::from_secs(120);
const ALL_TIME_MAX: Duration = Duration::from_secs(3600);
/// Between exchanges of different credentials.
const PAUSE_MAX: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        renewal::Policy,
        source::{AccessKey, Source},
    };

    fn told(refusal: Refusal, message: &str) -> String {
        let outcome = DryOutcome::Refused(Refused { refusal, message: message.to_owned() });
        let credential = Credential {
            name: "app".to_owned(),
            source: Source::AccessKey(AccessKey::at("/keys/app")),
            required: true,
            policy: Policy::default(),
            outputs: Vec::new(),
            hooks: Vec::new(),
        };
        let seen =
            ExchangeProbe { credential: "app".to_owned(), key: None, time: Duration::ZERO, outcome, noted: None };
        let finding = findings(&seen, &credential).remove(0);
        format!("{:?} {}", finding.verdict, finding.text)
    }

    #[test]
    fn every_refusal_is_reported_with_its_class_message_and_remedy() {
        insta::assert_snapshot!(told(Refusal::Denied, "Descope denies the access key: HTTP 401"), @"Failed app: denied: Descope denies the access key: HTTP 401; make a new access key in Descope's console and put it into `/keys/app`; check the project, the claims and the tenant");
        insta::assert_snapshot!(told(Refusal::Blocked, "Cloudflare blocks the request: HTTP 403"), @"Failed app: blocked: Cloudflare blocks the request: HTTP 403; ask the operator of the proxy or firewall on the way to allow this machine's address and the user agent `tokenwell`, or ask Descope's support");
        insta::assert_snapshot!(told(Refusal::Busy { retry_after: None }, "Descope's API asks to slow down: HTTP 429"), @"Failed app: busy: Descope's API asks to slow down: HTTP 429; if it happens often, send fewer requests from this address: limits are counted by address; wait some minutes before the next check");
        insta::assert_snapshot!(told(Refusal::Failed, "Descope's API fails: HTTP 503"), @"Failed app: failed: Descope's API fails: HTTP 503; if it goes on, see Descope's status page");
        insta::assert_snapshot!(told(Refusal::TimedOut, "no whole reply within 10s"), @"Failed app: unreachable: no whole reply within 10s; see whether the network is slow, or raise `http.timeout`");
    }

    #[test]
    fn what_concerns_every_key_stops_the_round() {
        let why = |refusal| why_stop(&DryOutcome::Refused(Refused { refusal, message: String::new() })).is_some();
        assert!(why(Refusal::Busy { retry_after: None }) && why(Refusal::Blocked) && why(Refusal::TimedOut));
        assert!(!why(Refusal::Denied) && !why(Refusal::Failed) && !why(Refusal::Garbled));
    }
}
