//! One exchange, from the files of a source to a session that may be published. The daemon and the doctor both use it.
//!
//! 1. The source is read again for every exchange.
//! 2. A secret that is cooling down is not sent.
//! 3. The recorder notes that the exchange begins, so that a process that crashes in a loop still keeps the spacing.
//! 4. The request is sent.
//! 5. The reply is read.
//! 6. A secret that the reply rotated is stored. [`Answer`] ensures that no other part of the reply is used before.
//! 7. The signature of the session is verified.
//! 8. The recorder notes how the exchange ended.
//! 9. After a denial the source is read again, because its secret may have changed meanwhile.

use std::time::Duration;

use tokio::task;

use super::{
    answer::{Answer, Unsettled},
    identity::Identity,
    kind::Source,
    material::Material,
    reader::{NotRead, Reader},
    unusable::ReadError,
};
use crate::{
    clock,
    exchange::{Api, Client, Refused, SignatureStatus, Skew, Timing, Trust},
    renewal::{Moment, Refusal},
    session::Granted,
};

/// What all exchanges of a configuration share.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// The project and the base URL of its API.
    pub api: &'a Api,
    /// A client for the source's origin.
    pub client: &'a Client,
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
    fn end(&mut self, identity: Identity, refusal: Option<Refusal>) -> impl Future<Output = ()> + Send;
}

/// The result of an attempt to obtain a session.
#[derive(Debug)]
pub enum Obtained {
    /// Nothing was sent, because the source has no usable secret.
    Unusable(ReadError),
    /// Nothing was sent, because the source could not be read in time.
    Hangs {
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
        /// The identity of the source's secret now, if it was read again.
        reread: Option<Identity>,
    },
}

/// Obtains a session. `cooling_down` is a secret that must not be sent yet.
pub async fn obtain(
    means: Means<'_>,
    source: &Source,
    reader: &Reader,
    cooling_down: Option<Identity>,
    recorder: &mut impl Recorder,
) -> Obtained {
    let began = clock::now();
    let material = match reader.read(source).await {
        Ok(material) => material,
        Err(NotRead::Unusable(error)) => return Obtained::Unusable(error),
        Err(NotRead::Hangs(refused)) => return Obtained::Hangs { began, refused },
    };
    let identity = material.identity();
    if cooling_down == Some(identity) {
        return Obtained::CoolingDown(identity);
    }
    recorder.begin(identity).await;
    let sent = clock::now();
    let SentRequest { took, skew, result } = send_request(means, source, material).await;
    let outcome = match result {
        Err(refused) => Outcome::Refused { refused, reread: None },
        Ok(granted) => match means.trust.judge(means.client, &granted.session.jwt, clock::now()).await {
            Ok(signature) => Outcome::Granted { granted, signature },
            Err(refused) => Outcome::Untrusted { granted, refused },
        },
    };
    recorder.end(identity, outcome.refusal()).await;
    let outcome = match outcome {
        Outcome::Refused { refused, .. } if refused.refusal == Refusal::Denied => {
            let reread = reader.read(source).await.ok().map(|material| material.identity());
            Outcome::Refused { refused, reread }
        }
        outcome => outcome,
    };
    Obtained::Answered(Box::new(Exchange { identity, sent, took, skew, outcome }))
}

impl Outcome {
    fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Granted { .. } => None,
            Self::Untrusted { refused, .. } | Self::Refused { refused, .. } => Some(refused.refusal),
        }
    }
}

/// The result of steps 4 to 6.
struct SentRequest {
    took: Duration,
    skew: Option<Skew>,
    result: Result<Granted, Refused>,
}

async fn send_request(Means { api, client, .. }: Means<'_>, source: &Source, material: Material) -> SentRequest {
    let (began, sent) = (clock::now(), clock::wall());
    let reply = match material.request(api) {
        Ok(request) => client.send(request).await,
        Err(refused) => Err(refused),
    };
    let (took, received) = (clock::now() - began, clock::wall());
    let reply = match reply {
        Ok(reply) => reply,
        Err(refused) => return SentRequest { took, skew: None, result: Err(refused) },
    };
    let timing = Timing { sent, received };
    let skew = reply.date().map(|date| Skew::of(date, sent, received));
    let answer = material.reply(&reply, timing, &source.expectation(api));
    drop(material);
    SentRequest { took, skew, result: settle(source, answer).await }
}

/// Stores a rotated secret, and then returns the result of the reply.
async fn settle(source: &Source, answer: Answer) -> Result<Granted, Refused> {
    let needs_the_disk = answer.is_rotated();
    let source = source.clone();
    let settle = move || answer.settle(|rotated| source.store(rotated));
    let settled = if needs_the_disk { task::spawn_blocking(settle).await } else { Ok(settle()) };
    match settled {
        Ok(Ok(result)) => result,
        Ok(Err(Unsettled { why, .. })) => Err(failed(format!("the session cannot be used: {why}"))),
        Err(_) => Err(failed("the exchange ended by a bug in tokenwell; please report it".to_owned())),
    }
}

fn failed(message: String) -> Refused {
    Refused { refusal: Refusal::Failed, message }
}
