//! One exchange, from the files of a source to a session that may be published: the loop and the doctor both come here.
//!
//! 1. The source is read, afresh for every exchange.
//! 2. A secret that is cooling down is not sent.
//! 3. The recorder notes that the exchange begins, so that a process that crashes in a loop still keeps the spacing.
//! 4. The request is sent.
//! 5. The reply is read.
//! 6. A secret that the reply rotated is stored. Nothing of the reply is used before that: [`Answer`] sees to it.
//! 7. The signature of the session is judged.
//! 8. The recorder notes how the exchange ended.
//! 9. After a denial the source is read once more, for its secret may have changed meanwhile.

use std::time::Duration;

use tokio::task;

use super::{
    answer::{Answer, Unsettled},
    identity::Identity,
    material::Material,
    reader::{NotRead, Reader},
    unusable::ReadError,
    way::Source,
};
use crate::{
    clock,
    exchange::{Api, Client, Refused, SignatureStatus, Skew, Timing, Trust},
    renewal::{Moment, Refusal},
    session::Granted,
};

/// What the exchanges of a configuration have in common.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// The project, and where its API is.
    pub api: &'a Api,
    /// A client for the source's origin.
    pub client: &'a Client,
    /// The project's public keys.
    pub trust: &'a Trust,
}

/// Where exchanges are recorded, so that a process that starts later keeps the spacing to them. The daemon records for
/// itself; the doctor records for a daemon, and only where none runs.
pub trait Recorder: Send {
    /// Notes that an exchange with this secret begins. What cannot be recorded goes on all the same: the tokens are what
    /// counts.
    fn begin(&mut self, identity: Identity) -> impl Future<Output = ()> + Send;

    /// Notes how it ended: with a session, or with this refusal.
    fn end(&mut self, identity: Identity, refusal: Option<Refusal>) -> impl Future<Output = ()> + Send;
}

/// How an attempt to obtain a session went.
#[derive(Debug)]
pub enum Obtained {
    /// Nothing was sent: the source gives no secret.
    Unusable(ReadError),
    /// Nothing was sent: the source could not be read in time.
    Hangs {
        /// When the read began.
        began: Moment,
        /// For people, and for the core.
        refused: Refused,
    },
    /// Nothing was sent: the source holds the secret that is cooling down.
    CoolingDown(Identity),
    /// A request was sent.
    Answered(Box<Exchange>),
}

/// An exchange as it went.
#[derive(Debug)]
pub struct Exchange {
    /// What it was asked with.
    pub identity: Identity,
    /// When the request was sent.
    pub sent: Moment,
    /// How long the reply took.
    pub took: Duration,
    /// How the server's clock differs from the local one, if the reply told.
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
        /// For people, and for the core.
        refused: Refused,
    },
    /// No session.
    Refused {
        /// For people, and for the core.
        refused: Refused,
        /// What the source holds now, where it was read once more.
        reread: Option<Identity>,
    },
}

/// Obtains a session. `cooling_down` is a secret that is not to be sent yet.
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
    let Asked { took, skew, result } = ask(means, source, material).await;
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

/// Steps 4 to 6.
struct Asked {
    took: Duration,
    skew: Option<Skew>,
    result: Result<Granted, Refused>,
}

async fn ask(Means { api, client, .. }: Means<'_>, source: &Source, material: Material) -> Asked {
    let (began, sent) = (clock::now(), clock::wall());
    let reply = match material.request(api) {
        Ok(request) => client.send(request).await,
        Err(refused) => Err(refused),
    };
    let (took, received) = (clock::now() - began, clock::wall());
    let reply = match reply {
        Ok(reply) => reply,
        Err(refused) => return Asked { took, skew: None, result: Err(refused) },
    };
    let timing = Timing { sent, received };
    let skew = reply.date().map(|date| Skew::of(date, sent, received));
    let answer = material.reply(&reply, timing, &source.expectation(api));
    drop(material);
    Asked { took, skew, result: settle(source, answer).await }
}

/// Stores a rotated secret, and only then hands out what the reply came to.
async fn settle(source: &Source, answer: Answer) -> Result<Granted, Refused> {
    let needs_the_disk = answer.is_rotated();
    let source = source.clone();
    let settle = move || answer.settle(|rotated| source.store(rotated));
    let settled = if needs_the_disk { task::spawn_blocking(settle).await } else { Ok(settle()) };
    match settled {
        Ok(Ok(result)) => result,
        Ok(Err(Unsettled { why, .. })) => Err(failed(format!("the session is held back: {why}"))),
        Err(_) => Err(failed("the exchange ended by a bug in tokenwell; please report it".to_owned())),
    }
}

fn failed(message: String) -> Refused {
    Refused { refusal: Refusal::Failed, message }
}
