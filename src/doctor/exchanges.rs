//! A dry exchange with each key: whether Descope accepts it, and the remedy if not. The session is dropped at once.
//!
//! The spacing applies here too. The doctor keeps it to the exchanges recorded in the state directory, and records its own
//! exchanges there for a daemon that starts afterwards: see `check_run.rs`.

use std::{io, sync::Arc, time::Duration};

use humantime::format_duration;
use tokio::time::sleep;

use super::{
    bounds::took,
    check_run::CheckRun,
    edge,
    exchange_probe::{DryOutcome, ExchangeProbe},
    finding::Finding,
    interruptions::Interruptions,
    progress::Report,
};
use crate::{
    clock,
    config::{Config, Credential},
    exchange::{Clients, Origin, Refused, Trust},
    renewal::Refusal,
};

/// How many keys to try, and for how long at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// A sample large enough to find a common fault.
    Sample,
    /// Every key.
    All,
}

/// An origin that gets no further request, and why; the reason follows the word "because".
pub(super) type StoppedOrigin = (Origin, &'static str);

/// Makes one exchange after the other, with pauses, and reports each. Stops those of an origin that is in `stopped`, asks to
/// slow down or cannot be reached, and all that take too long.
pub(super) async fn probe(
    config: &Arc<Config>,
    clients: &Clients,
    mut stopped: Vec<StoppedOrigin>,
    credentials: &[Credential],
    extent: Extent,
    report: &mut Report<'_>,
) -> io::Result<Vec<ExchangeProbe>> {
    let rotates = credentials.iter().any(|credential| credential.source.rotates());
    let interruptions = rotates.then(Interruptions::listen).transpose()?;
    let api = config.api();
    let check_run = CheckRun { config, clients, trust: Trust::open(None, &api), interruptions };
    let over = clock::now() + extent.time_max();
    let mut all = Vec::new();
    let mut pause = Duration::ZERO;
    let count = credentials.len().min(extent.keys_max());
    for (n, credential) in credentials.iter().take(count).enumerate() {
        let origin = credential.source.origin(&api);
        let because = stopped.iter().find(|(stopped, _)| *stopped == origin).map(|(_, because)| *because);
        let is_late = clock::now() >= over;
        let probe = if let Some(because) = because.or(is_late.then_some(LATE)) {
            ExchangeProbe::skipped_exchange(&credential.name, because)
        } else {
            sleep(pause).await;
            let which = format!("key {} of {count}, `{}`", n + 1, credential.name);
            check_run.examine(credential, &which, report).await
        };
        if !matches!(probe.outcome, DryOutcome::Skipped(_)) {
            pause = credential.policy.spacing.min(PAUSE_MAX);
        }
        stopped.extend(why_stop(&probe.outcome).map(|because| (origin, because)));
        report.emit(findings(&probe, credential))?;
        all.push(probe);
    }
    let left = credentials.len() - count;
    if left > 0 {
        let because = format!("{count} keys are a large enough sample; `--all` tries every key");
        report.emit(vec![Finding::skipped(SUBJECT, &because).of(&format!("{left} more"))])?;
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

/// Returns why every other key of the same origin would fail too, if so.
fn why_stop(outcome: &DryOutcome) -> Option<&'static str> {
    let DryOutcome::Refused(Refused { refusal, .. }) = outcome else { return None };
    match refusal {
        Refusal::Busy { .. } => Some("the API asks to slow down"),
        Refusal::Blocked => Some("something in front of the API may block it"),
        Refusal::Unreachable | Refusal::TimedOut => Some("the API is not reached"),
        Refusal::Denied | Refusal::DeniedForGood | Refusal::Failed | Refusal::Garbled => None,
    }
}

/// Reports one exchange, with the remedy of a refusal.
fn findings(probe: &ExchangeProbe, credential: &Credential) -> Vec<Finding> {
    let ExchangeProbe { credential: name, key, time, outcome, .. } = probe;
    let key = key.map(|key| format!(" with key {key}")).unwrap_or_default();
    match outcome {
        DryOutcome::Skipped(because) => vec![Finding::skipped(SUBJECT, because).of(name)],
        DryOutcome::Granted { grant, notes, .. } => {
            let life = format_duration(Duration::from_secs(grant.lifetime.as_secs()));
            let text = format!("a session of {life} was granted{key} ({})", took(*time));
            let notes = notes.iter().map(|note| Finding::remark(SUBJECT, note.to_string()).of(name));
            [Finding::passed(SUBJECT, text).of(name)].into_iter().chain(notes).collect()
        }
        DryOutcome::Refused(refused) => {
            let (class, remedy) = (refused.refusal.class(), edge::remedy(refused, Some(&credential.source)));
            vec![Finding::failed(SUBJECT, format!("{class}{key}: {}{remedy}", refused.message)).of(name)]
        }
    }
}

const SUBJECT: &str = "exchange";
const LATE: &str = "the keys before took too long; `--all` allows more time";

const SAMPLE_KEYS_MAX: usize = 20;
/// No further key is tried after this time.
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

    fn lines(refusal: Refusal, message: &str) -> String {
        text(Refused::new(refusal, message))
    }

    fn text(refused: Refused) -> String {
        let outcome = DryOutcome::Refused(refused);
        let credential = Credential {
            name: "app".to_owned(),
            source: Source::from(AccessKey::at("/keys/app")),
            required: true,
            policy: Policy::default(),
            outputs: Vec::new(),
            hooks: Vec::new(),
        };
        let probe =
            ExchangeProbe { credential: "app".to_owned(), key: None, time: Duration::ZERO, outcome, recorded: None };
        let finding = findings(&probe, &credential).remove(0);
        format!("{:?} {}", finding.status, finding.text)
    }

    #[test]
    fn every_refusal_is_reported_with_its_class_message_and_remedy() {
        insta::assert_snapshot!(lines(Refusal::Denied, "Descope denies the access key: HTTP 401"), @"Failed app: denied: Descope denies the access key: HTTP 401; make a new access key in Descope's console and put it into `/keys/app`; check the project, the claims and the tenant");
        insta::assert_snapshot!(lines(Refusal::Blocked, "Cloudflare blocks the request: HTTP 403"), @"Failed app: blocked: Cloudflare blocks the request: HTTP 403; ask the operator of the proxy or firewall on the way to allow this machine's address and the user agent `tokenwell`, or ask Descope's support");
        insta::assert_snapshot!(lines(Refusal::Busy { retry_after: None }, "Descope's API asks to slow down: HTTP 429"), @"Failed app: busy: Descope's API asks to slow down: HTTP 429; if it happens often, send fewer requests from this address: limits are counted by address; wait some minutes before the next check");
        insta::assert_snapshot!(lines(Refusal::Failed, "Descope's API fails: HTTP 503"), @"Failed app: failed: Descope's API fails: HTTP 503; if it goes on, see Descope's status page");
        insta::assert_snapshot!(lines(Refusal::TimedOut, "no whole reply within 10s"), @"Failed app: unreachable: no whole reply within 10s; check that this machine reaches the API: DNS, network, `HTTPS_PROXY`, and the CA roots (`http.caFile`)");
        let known = Refused::new(Refusal::TimedOut, "no whole reply within 10s").with_remedy("raise `http.timeout`");
        insta::assert_snapshot!(text(known), @"Failed app: unreachable: no whole reply within 10s; raise `http.timeout`");
    }

    #[test]
    fn a_fault_common_to_all_keys_stops_the_exchanges() {
        let why = |refusal| why_stop(&DryOutcome::Refused(Refused::new(refusal, String::new()))).is_some();
        assert!(why(Refusal::Busy { retry_after: None }) && why(Refusal::Blocked) && why(Refusal::TimedOut));
        assert!(!why(Refusal::Denied) && !why(Refusal::Failed) && !why(Refusal::Garbled));
    }
}
