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
    exchange::{Client, Granted, Refused, Trust},
    fingerprint::Fingerprint,
    offline::{DryExchange, NotRecorded, RecordedExchange},
    source::{AccessKeyMaterial, Material},
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
        let key = {
            let source = credential.source.clone();
            report.wait(&format!("reading {which}"), self.on_disk(move || source.read().ok())).await
        };
        let Some(Some(key)) = key else { return not_asked("its key file gives no key") };
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
        let begun = self.begin(credential, key.identity()).await;
        let asking = self.ask(credential, &key);
        let mut seen = report.wait(&format!("asking with {which}"), asking).await;
        let noted = match begun {
            Ok(dry_exchange) => self.end(dry_exchange, &seen.outcome).await,
            Err(why) => Err(why),
        };
        seen.noted = Some(noted);
        seen
    }

    async fn last_exchange(&self, credential: &Credential) -> Option<RecordedExchange> {
        let (config, owned) = (Arc::clone(self.config), credential.clone());
        self.on_disk(move || RecordedExchange::of(&config, &owned)).await
    }

    async fn begin(&self, credential: &Credential, key: Fingerprint) -> Result<DryExchange, NotRecorded> {
        let (config, owned) = (Arc::clone(self.config), credential.clone());
        self.on_disk(move || DryExchange::begin(&config, &owned, key)).await.unwrap_or_else(|| Err(slow()))
    }

    async fn end(&self, dry_exchange: DryExchange, outcome: &DryOutcome) -> Result<(), NotRecorded> {
        let refusal = match outcome {
            DryOutcome::Refused(Refused { refusal, .. }) => Some(*refusal),
            DryOutcome::Granted { .. } | DryOutcome::NotAsked(_) => None,
        };
        self.on_disk(move || dry_exchange.end(refusal)).await.unwrap_or_else(|| Err(slow()))
    }

    async fn ask(&self, credential: &Credential, key: &Material) -> ExchangeProbe {
        let (began, sent) = (clock::now(), clock::wall());
        let Material::AccessKey(AccessKeyMaterial { options, key: secret }) = key;
        let reply = self.client.exchange(&self.config.project, options, secret).await;
        let time = clock::now() - began;
        let outcome = match reply.and_then(|reply| reply.read(sent, clock::wall(), &self.config.project)) {
            Err(refused) => DryOutcome::Refused(refused),
            Ok(Granted { session, notes }) => {
                let standing = self.trust.judge(self.client, &session.jwt, clock::now()).await;
                DryOutcome::Granted { grant: session.grant, notes, standing }
            }
        };
        ExchangeProbe { credential: credential.name.clone(), key: Some(key.identity()), time, outcome, noted: None }
    }

    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        timeout(self.config.http.timeout.max(DISK_MIN), task::spawn_blocking(work)).await.ok()?.ok()
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

/// How long a spacing is waited out.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How often it is waited for one that a daemon asks for at the same time.
const TURNS_MAX: usize = 3;
