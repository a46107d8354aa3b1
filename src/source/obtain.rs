//! One exchange, from the files of a source to a session that may be published. The daemon and the doctor both use it.
//!
//! 1. The source is read again for every exchange. If a reply can replace its secret, other processes are excluded until
//!    the end, a secret that could not be stored before is stored now, and the disk must have room for another one.
//! 2. A secret that is cooling down is not sent.
//! 3. The recorder notes that the exchange begins, so that a process that crashes in a loop still keeps the spacing.
//! 4. The request is sent.
//! 5. The reply is read.
//! 6. A secret that the reply rotated is stored, with `fsync`. [`Answer`] ensures that no other part of the reply is used
//!    before. If the disk does not take it, the [`Reader`] keeps it, and the session is given up.
//! 7. The signature of the session is verified.
//! 8. The recorder notes how the exchange ended, and the source which of its secrets brought a session or was denied.
//! 9. After a denial the source is read again, because its secret may have changed meanwhile.
//!
//! A crash before step 5 leaves the secret that was sent, which the server may have replaced. From step 6 on, the newest
//! one is on the disk, whatever becomes of the session.

use std::time::Duration;

use super::{
    answer::{Answer, Unsettled},
    chain::ChainLink,
    definition::Source,
    identity::Identity,
    material::{Material, ObservedSecrets},
    public_key::PublicKeys,
    reader::{NotRead, Prepared, Reader},
    suspicion::SuspectFile,
    unusable::ReadError,
};
use crate::{
    blocking::{self, Lane},
    clock,
    exchange::{Api, Client, Refused, SignatureStatus, Skew, Timing, Trust},
    fingerprint::Fingerprint,
    renewal::{Moment, Refusal, RefusalClass},
    session::{Granted, Signer},
};

/// What all exchanges of a configuration share.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// The project and the base URL of its API.
    pub api: &'a Api,
    /// A client for the source's origin.
    pub client: &'a Client,
    /// A client for the API, which has the project's public keys.
    pub api_client: &'a Client,
    /// The project's public keys.
    pub trust: &'a Trust,
}

/// Records exchanges, so that a process that starts later keeps the spacing to them. The daemon records its own. The
/// doctor records for a later daemon, and only if none runs.
pub trait Recorder: Send {
    /// Records that an exchange with this secret begins. An exchange that cannot be recorded continues, because tokens
    /// are more important.
    fn begin(&mut self, identity: Identity) -> impl Future<Output = ()> + Send;

    /// Records how the exchange ended: with a session, or with this refusal.
    fn end(&mut self, identity: Identity, refused: Option<&Refused>) -> impl Future<Output = ()> + Send;
}

/// The result of an attempt to obtain a session.
#[derive(Debug)]
pub enum Obtained {
    /// Nothing was sent, because the source has no usable secret.
    Unusable(ReadError),
    /// Nothing was sent, because the source could not be read in time, or another process exchanges the same secret.
    Unsent {
        /// When the read began.
        began: Moment,
        /// The refusal and its message.
        refused: Refused,
    },
    /// Nothing was sent, because the secret of the source is cooling down.
    CoolingDown(Identity),
    /// A request was sent.
    Answered(Box<Exchange>),
}

/// A completed exchange.
#[derive(Debug)]
pub struct Exchange {
    /// The identity of the secret that was sent.
    pub identity: Identity,
    /// When the request was sent.
    pub sent: Moment,
    /// How long the reply took.
    pub took: Duration,
    /// The clock skew, if the reply has a `Date` header.
    pub skew: Option<Skew>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an exchange ended.
#[derive(Debug)]
pub enum Outcome {
    /// A session that may be published.
    Granted {
        /// The session.
        granted: Granted,
        /// Whether its signature was verified.
        signature: SignatureStatus,
    },
    /// A session that must not be published: its signature is bad.
    Untrusted {
        /// The session.
        granted: Granted,
        /// The refusal and its message.
        refused: Refused,
    },
    /// No session.
    Refused {
        /// The refusal and its message.
        refused: Refused,
        /// What the source holds now, if it was read again.
        reread: Option<ObservedSecrets>,
    },
}

/// Obtains a session. `cooling_down` is the key of a secret that must not be sent yet.
///
/// If the source rotates, dropping the future after the request was sent may lose the secret that replaces the one that was
/// sent.
pub async fn obtain(
    means: Means<'_>,
    source: &Source,
    reader: &Reader,
    cooling_down: Option<Fingerprint>,
    recorder: &mut impl Recorder,
) -> Obtained {
    let began = clock::now();
    let Prepared { material, lock } = match reader.prepare(source).await {
        Ok(prepared) => prepared,
        Err(NotRead::Unusable(error)) => return Obtained::Unusable(error),
        Err(NotRead::Refused(refused)) => return Obtained::Unsent { began, refused },
    };
    let (identity, link) = (material.identity(), material.link());
    if cooling_down == Some(identity.key) {
        return Obtained::CoolingDown(identity);
    }
    recorder.begin(identity).await;
    let sent = clock::now();
    let SentRequest { took, skew, public_keys, result } = send_request(means, source, reader, material).await;
    let outcome = match result {
        Err(refused) => Outcome::Refused { refused, reread: None },
        Ok(granted) => match judge(means, public_keys.as_ref(), &granted).await {
            Ok(signature) => Outcome::Granted { granted, signature },
            Err(refused) => Outcome::Untrusted { granted, refused },
        },
    };
    recorder.end(identity, outcome.refused()).await;
    if let Some(link) = link {
        note_end(source, link, outcome.refused().map(|refused| refused.refusal)).await;
    }
    drop(lock);
    let outcome = match outcome {
        Outcome::Refused { refused, .. } if refused.refusal.class() == RefusalClass::Denied => {
            let reread = reader.read(source).await.ok().map(|material| material.observed());
            Outcome::Refused { refused, reread }
        }
        outcome => outcome,
    };
    Obtained::Answered(Box::new(Exchange { identity, sent, took, skew, outcome }))
}

/// Verifies the signature with the keys that the source names, else with those of the project.
async fn judge(
    means: Means<'_>,
    public_keys: Option<&PublicKeys>,
    granted: &Granted,
) -> Result<SignatureStatus, Refused> {
    let jwt = &granted.session.jwt;
    match (public_keys, granted.signer) {
        (Some(keys), _) => keys.verify(jwt),
        (None, Signer::Project) => means.trust.judge(means.api_client, jwt, clock::now()).await,
        (None, Signer::Unknown) => Ok(SignatureStatus::NotApplicable),
    }
}

/// Tells the source how the exchange ended, off the event loop. An end that the disk does not take is noted at the next one.
async fn note_end(source: &Source, link: ChainLink, refusal: Option<Refusal>) {
    let source = source.clone();
    let note = move || match refusal {
        None => source.granted(link),
        Some(refusal) if refusal.class() == RefusalClass::Denied => source.denied(link),
        Some(_) => {}
    };
    let _ = blocking::run_within(Lane::State, NOTE_MAX, note).await;
}

impl Outcome {
    fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Granted { .. } => None,
            Self::Untrusted { refused, .. } | Self::Refused { refused, .. } => Some(refused),
        }
    }
}

/// The result of steps 4 to 6.
struct SentRequest {
    took: Duration,
    skew: Option<Skew>,
    public_keys: Option<PublicKeys>,
    result: Result<Granted, Refused>,
}

async fn send_request(
    Means { api, client, .. }: Means<'_>,
    source: &Source,
    reader: &Reader,
    material: Material,
) -> SentRequest {
    let suspect = material.suspicion().and_then(|suspicion| source.suspect_of(suspicion));
    let (began, sent) = (clock::now(), clock::wall());
    let reply = match material.request(api) {
        Ok(request) => client.send(request).await,
        Err(refused) => Err(refused),
    };
    let (took, received) = (clock::now() - began, clock::wall());
    let reply = match reply {
        Ok(reply) => reply,
        Err(refused) => {
            let result = Err(with_suspect(refused, suspect));
            return SentRequest { took, skew: None, public_keys: None, result };
        }
    };
    let timing = Timing { sent, received };
    let skew = reply.date().map(|date| Skew::of(date, sent, received));
    let answer = material.reply(&reply, timing, &source.expectation(api));
    let link = material.link();
    let public_keys = material.public_keys;
    let result = settle(source, reader, link, answer).await.map_err(|refused| with_suspect(refused, suspect));
    SentRequest { took, skew, public_keys, result }
}

/// Names the file that probably is the cause of a denial, or of a refusal that may be one.
fn with_suspect(refused: Refused, suspect: Option<SuspectFile>) -> Refused {
    match (refused.refusal.class(), suspect) {
        (RefusalClass::Denied | RefusalClass::Blocked, Some(suspect)) => refused.with_remedy(suspect.to_string()),
        (_, _) => refused,
    }
}

/// Stores a rotated secret, and then returns the result of the reply.
async fn settle(source: &Source, reader: &Reader, link: Option<ChainLink>, answer: Answer) -> Result<Granted, Refused> {
    let needs_the_disk = answer.is_rotated() || answer.ends_chain();
    let (source, reader) = (source.clone(), reader.clone());
    let settle = move || {
        if let (true, Some(link)) = (answer.ends_chain(), link) {
            source.forget(link);
        }
        answer.settle(|rotated| source.store(link, rotated)).map_err(|Unsettled { answer, why }| {
            if let Some(rotated) = answer.into_rotated() {
                reader.keep(&source, link, rotated);
            }
            why
        })
    };
    let settled = if needs_the_disk { blocking::submit(Lane::State, settle).await } else { Some(settle()) };
    match settled {
        Some(Ok(result)) => result,
        Some(Err(why)) => {
            Err(failed(format!("the session is held back, because the new refresh token is not stored: {why}")))
        }
        None => Err(failed("the exchange ended by a bug in tokenwell; please report it".to_owned())),
    }
}

fn failed(message: String) -> Refused {
    Refused::new(Refusal::Failed, message)
}

/// How long a note of the end of an exchange may take. The session does not wait longer for the disk.
const NOTE_MAX: Duration = Duration::from_secs(2);
