//! One dry exchange: reads the key, waits for the spacing to end, and records the exchange before and after it.

use std::{sync::Arc, time::Duration};

use humantime::format_duration;
use tokio::time::sleep;

use super::{
    bounds::DISK_MIN,
    exchange_probe::{DryOutcome, ExchangeProbe},
    interruptions::Interruptions,
    progress::Report,
};
use crate::{
    blocking::{self, Lane},
    clock,
    config::{Config, Credential},
    exchange::{Clients, Refused, Trust},
    offline::{DryExchange, NotRecorded, RecordedExchange},
    output::{Content, excesses},
    renewal::Refusal,
    session::{Granted, Session, Times},
    source::{Exchange, Identity, Means, Obtained, Outcome, Reader, Recorder, obtain},
};

/// Shared inputs of all exchanges of one check.
pub(super) struct CheckRun<'a> {
    pub(super) config: &'a Arc<Config>,
    pub(super) clients: &'a Clients,
    pub(super) trust: Trust,
    /// Delays signals during an exchange that may replace the secret.
    pub(super) interruptions: Option<Interruptions>,
}

impl CheckRun<'_> {
    /// Waits for the spacing to end, then makes the exchange.
    pub(super) async fn examine(&self, credential: &Credential, which: &str, report: &mut Report<'_>) -> ExchangeProbe {
        let skipped_exchange = |because: &str| ExchangeProbe::skipped_exchange(&credential.name, because);
        let is_readable = {
            let source = credential.source.clone();
            report.wait(&format!("reading {which}"), self.on_disk(move || source.read().is_ok())).await
        };
        if is_readable != Some(true) {
            return skipped_exchange(NO_KEY);
        }
        if credential.source.rotates() {
            let (config, owned) = (Arc::clone(self.config), credential.clone());
            match self.on_disk(move || DryExchange::is_possible(&config, &owned)).await {
                Some(Ok(())) => {}
                Some(Err(why)) => {
                    return skipped_exchange(&format!("{why}, and the exchange may replace the refresh token"));
                }
                None => return skipped_exchange("the disk of the state directory takes too long"),
            }
        }
        let (mut waited_for, mut denied_for_good) = (None, None);
        for turn in 0..=TURNS_MAX {
            let Some(recorded) = self.last_exchange(credential).await else {
                return skipped_exchange("the disk of the state directory takes too long");
            };
            denied_for_good = recorded.denied_for_good();
            let wanted = recorded.free_at - clock::now();
            // If a process died during an exchange, its end is never recorded.
            if wanted.is_zero() || turn > 0 && waited_for == recorded.last_exchange && !recorded.is_under_way {
                break;
            }
            if let Some(because) = too_long(wanted, credential.policy.spacing, turn) {
                return skipped_exchange(&because);
            }
            report.wait(&format!("keeping the spacing of {which}"), sleep(wanted)).await;
            waited_for = recorded.last_exchange;
        }
        let mut recorder = DryRecorder { check_run: self, credential, begun: None, recorded: None };
        let api = self.config.api();
        let client = self.clients.of(&credential.source.origin(&api));
        let means = Means { api: &api, client, api_client: self.clients.api(), trust: &self.trust };
        let reader = Reader::default();
        let _uninterrupted =
            self.interruptions.as_ref().filter(|_| credential.source.rotates()).map(Interruptions::delay);
        let obtaining = obtain(means, &credential.source, &reader, denied_for_good, &mut recorder);
        let obtained = report.wait(&format!("exchanging {which}"), obtaining).await;
        match obtained {
            Obtained::Unusable(error) if credential.source.rotates() => skipped_exchange(&error.to_string()),
            Obtained::Unusable(_) => skipped_exchange(NO_KEY),
            Obtained::CoolingDown(identity) => denied_before(credential, identity),
            Obtained::Unsent { refused, .. } => skipped_exchange(&refused.message),
            Obtained::Answered(exchange) => {
                let Exchange { identity, took, outcome, .. } = *exchange;
                ExchangeProbe {
                    credential: credential.name.clone(),
                    key: Some(identity.shown),
                    time: took,
                    outcome: self.granted_or_refused(outcome, credential),
                    recorded: recorder.recorded,
                }
            }
        }
    }

    fn granted_or_refused(&self, outcome: Outcome, credential: &Credential) -> DryOutcome {
        let (Granted { session, notes, .. }, signature) = match outcome {
            Outcome::Refused { refused, .. } => return DryOutcome::Refused(refused),
            Outcome::Granted { granted, signature } => (granted, Ok(signature)),
            Outcome::Untrusted { granted, refused } => (granted, Err(refused)),
        };
        let excesses = excesses(&credential.outputs, &self.content(&session, credential));
        DryOutcome::Granted { grant: session.grant, notes, excesses, signature }
    }

    /// Returns the content of outputs that would hold this session.
    fn content<'c>(&'c self, session: &'c Session, credential: &'c Credential) -> Content<'c> {
        let (claims, lifetime, now) = (&session.claims, session.grant.lifetime, clock::wall());
        let times = Times {
            issued_at: claims.issued_at.unwrap_or(now),
            expires_at: claims.expires_at.unwrap_or(now + lifetime),
            renew_at: now + credential.policy.renew_at.of(lifetime),
        };
        Content { session, credential: &credential.name, project: self.config.project.as_str(), times }
    }

    async fn last_exchange(&self, credential: &Credential) -> Option<RecordedExchange> {
        let (config, owned) = (Arc::clone(self.config), credential.clone());
        self.on_disk(move || RecordedExchange::of(&config, &owned)).await
    }

    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        blocking::run_within(Lane::Read, self.config.http.timeout.max(DISK_MIN), work).await.ok()
    }
}

/// Records a dry exchange in the state directory, for a daemon that starts later.
struct DryRecorder<'a> {
    check_run: &'a CheckRun<'a>,
    credential: &'a Credential,
    begun: Option<DryExchange>,
    /// Whether the exchange is recorded, or why not; `None` before it begins.
    recorded: Option<Result<(), NotRecorded>>,
}

impl Recorder for DryRecorder<'_> {
    async fn begin(&mut self, identity: Identity) {
        let (config, credential) = (Arc::clone(self.check_run.config), self.credential.clone());
        let begun = self.check_run.on_disk(move || DryExchange::begin(&config, &credential, identity.key)).await;
        match begun.unwrap_or_else(|| Err(slow())) {
            Ok(begun) => self.begun = Some(begun),
            Err(why) => self.recorded = Some(Err(why)),
        }
    }

    async fn end(&mut self, _identity: Identity, refused: Option<&Refused>) {
        let Some(begun) = self.begun.take() else { return };
        let refused = refused.cloned();
        let ended = self.check_run.on_disk(move || begun.end(refused.as_ref())).await;
        self.recorded = Some(ended.unwrap_or_else(|| Err(slow())));
    }
}

fn slow() -> NotRecorded {
    NotRecorded::StoreFailed("the disk of the state directory takes too long".to_owned())
}

/// Returns the failure of secrets that were denied for good, which are not sent again.
fn denied_before(credential: &Credential, identity: Identity) -> ExchangeProbe {
    let message = "the same secrets were denied before, and are not sent again".to_owned();
    ExchangeProbe {
        credential: credential.name.clone(),
        key: Some(identity.shown),
        time: Duration::ZERO,
        outcome: DryOutcome::Refused(Refused::new(Refusal::DeniedForGood, message)),
        recorded: None,
    }
}

/// Returns why the check does not wait, if the wait is too long.
fn too_long(wanted: Duration, spacing: Duration, turn: usize) -> Option<String> {
    let left = format_duration(Duration::from_secs(wanted.as_secs().max(1)));
    if wanted > spacing {
        Some(format!("the API asked to slow down for another {left}"))
    } else if wanted > WAIT_MAX {
        Some(format!("an exchange was made already, and its spacing lasts another {left}; check again then"))
    } else if turn == TURNS_MAX {
        Some("a daemon makes exchanges for it at the same time".to_owned())
    } else {
        None
    }
}

const NO_KEY: &str = "its source gives no usable secret";
/// The longest wait for a spacing to end.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How many further waits a daemon that makes exchanges at the same time can cause.
const TURNS_MAX: usize = 3;
