//! One dry exchange: the key read, the spacing waited out, the exchange noted, asked for, and noted again.

use std::{sync::Arc, time::Duration};

use humantime::format_duration;
use tokio::{
    task,
    time::{sleep, timeout},
};

use super::{
    bounds::DISK_MIN,
    exchange_probe::{DryOutcome, ExchangeProbe},
    progress::Report,
};
use crate::{
    clock,
    config::{Config, Credential},
    exchange::{Client, Trust},
    offline::{DryExchange, NotRecorded, RecordedExchange},
    renewal::Refusal,
    session::Granted,
    source::{Exchange, Identity, Means, Obtained, Outcome, Reader, Recorder, obtain},
};

/// What all exchanges have in common.
pub(super) struct CheckRun<'a> {
    pub(super) config: &'a Arc<Config>,
    pub(super) client: &'a Client,
    pub(super) trust: Trust,
}

impl CheckRun<'_> {
    /// Waits as long as is polite, then asks.
    pub(super) async fn examine(&self, credential: &Credential, which: &str, report: &mut Report<'_>) -> ExchangeProbe {
        let not_asked = |because: &str| ExchangeProbe::not_asked(&credential.name, because);
        let is_readable = {
            let source = credential.source.clone();
            report.wait(&format!("reading {which}"), self.on_disk(move || source.read().is_ok())).await
        };
        if is_readable != Some(true) {
            return not_asked(NO_KEY);
        }
        let mut waited_for = None;
        for turn in 0..=TURNS_MAX {
            let Some(last) = self.last_exchange(credential).await else {
                return not_asked("the disk of the state directory takes too long");
            };
            let wanted = last.free_at - clock::now();
            // Of one that a process died in, nobody ever writes the end.
            if wanted.is_zero() || turn > 0 && waited_for == last.asked && !last.is_under_way {
                break;
            }
            if let Some(because) = too_long(wanted, credential.policy.spacing, turn) {
                return not_asked(&because);
            }
            report.wait(&format!("keeping the spacing of {which}"), sleep(wanted)).await;
            waited_for = last.asked;
        }
        let mut recorder = DryRecorder { round: self, credential, begun: None, recorded: None };
        let means = Means { api: &self.config.api(), client: self.client, trust: &self.trust };
        let reader = Reader::default();
        let obtaining = obtain(means, &credential.source, &reader, None, &mut recorder);
        let obtained = report.wait(&format!("asking with {which}"), obtaining).await;
        match obtained {
            Obtained::Unusable(_) | Obtained::Hangs { .. } | Obtained::CoolingDown(_) => not_asked(NO_KEY),
            Obtained::Answered(exchange) => {
                let Exchange { identity, took, outcome, .. } = *exchange;
                ExchangeProbe {
                    credential: credential.name.clone(),
                    key: Some(identity),
                    time: took,
                    outcome: DryOutcome::of(outcome),
                    noted: recorder.recorded,
                }
            }
        }
    }

    async fn last_exchange(&self, credential: &Credential) -> Option<RecordedExchange> {
        let (config, owned) = (Arc::clone(self.config), credential.clone());
        self.on_disk(move || RecordedExchange::of(&config, &owned)).await
    }

    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        timeout(self.config.http.timeout.max(DISK_MIN), task::spawn_blocking(work)).await.ok()?.ok()
    }
}

/// Records a dry exchange in the state directory, for a daemon that starts later.
struct DryRecorder<'a> {
    round: &'a CheckRun<'a>,
    credential: &'a Credential,
    begun: Option<DryExchange>,
    /// Whether the exchange is recorded, or why not.
    recorded: Option<Result<(), NotRecorded>>,
}

impl Recorder for DryRecorder<'_> {
    async fn begin(&mut self, identity: Identity) {
        let (config, credential) = (Arc::clone(self.round.config), self.credential.clone());
        let begun = self.round.on_disk(move || DryExchange::begin(&config, &credential, identity)).await;
        match begun.unwrap_or_else(|| Err(slow())) {
            Ok(begun) => self.begun = Some(begun),
            Err(why) => self.recorded = Some(Err(why)),
        }
    }

    async fn end(&mut self, _identity: Identity, refusal: Option<Refusal>) {
        let Some(begun) = self.begun.take() else { return };
        let ended = self.round.on_disk(move || begun.end(refusal)).await;
        self.recorded = Some(ended.unwrap_or_else(|| Err(slow())));
    }
}

impl DryOutcome {
    fn of(outcome: Outcome) -> Self {
        let (Granted { session, notes }, standing) = match outcome {
            Outcome::Refused { refused, .. } => return Self::Refused(refused),
            Outcome::Granted { granted, signature } => (granted, Ok(signature)),
            Outcome::Untrusted { granted, refused } => (granted, Err(refused)),
        };
        Self::Granted { grant: session.grant, notes, standing }
    }
}

fn slow() -> NotRecorded {
    NotRecorded::Unkept("the disk of the state directory takes too long".to_owned())
}

/// Why nobody would wait that long, if so.
fn too_long(wanted: Duration, spacing: Duration, turn: usize) -> Option<String> {
    let left = format_duration(Duration::from_secs(wanted.as_secs().max(1)));
    if wanted > spacing {
        Some(format!("the API wanted to be left alone for another {left}"))
    } else if wanted > WAIT_MAX {
        Some(format!("it was asked for already, and its spacing lasts another {left}; check again then"))
    } else if turn == TURNS_MAX {
        Some("a daemon asks for it again and again just now".to_owned())
    } else {
        None
    }
}

const NO_KEY: &str = "its key file gives no key";
/// How long a spacing is waited out.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How often it is waited for one that a daemon asks for at the same time.
const TURNS_MAX: usize = 3;
