//! One exchange of the daemon, and its record in the state file.

use std::sync::Arc;

use super::{
    record_store::{NotRecorded, RecordStore},
    state_access::StateAccess,
};
use crate::{
    clock,
    config::Credential,
    exchange::{Api, Clients, Refused, SignatureStatus, Skew, Trust},
    fingerprint::Fingerprint,
    renewal::{Answered, ExchangeRecord, Moment},
    session::{GrantNote, Granted, Session},
    source::{Exchange, Identity, Means, ObservedSecrets, Obtained, Outcome, ReadError, Reader, Recorder, obtain},
    state::{Record, RecordedRefusal, WrittenToken},
};

/// What every exchange of a configuration needs.
#[derive(Clone, Debug)]
pub(super) struct ExchangeContext {
    pub(super) api: Api,
    pub(super) clients: Clients,
    pub(super) trust: Arc<Trust>,
    /// Whether records may be stored, and where.
    pub(super) state: StateAccess,
}

/// What an exchange of one credential needs.
#[derive(Debug)]
pub(super) struct ExchangeJob {
    pub(super) credential: Arc<Credential>,
    /// Reads its source, one read at a time.
    pub(super) reader: Reader,
    /// Identifies the request: see [`Record::request`].
    pub(super) request: Fingerprint,
    /// Stores its records.
    pub(super) records: RecordStore,
    /// The record of the token that was written last, if there is one.
    pub(super) written: Option<WrittenToken>,
    /// The last refusal, unless a session followed it.
    pub(super) refusal: Option<RecordedRefusal>,
    /// A key that must not be used yet: see [`crate::renewal::Renewal::cooling_down`].
    pub(super) cooling_down: Option<Fingerprint>,
}

/// The result of an exchange, for the renewal and for the log.
#[derive(Debug)]
pub(super) enum Exchanged {
    /// A session.
    Session { identity: Identity, sent: Moment, session: Session, notes: Vec<GrantNote>, signature: SignatureStatus },
    /// A refusal. After a denial the key file was read once more: `reread` is what it holds now.
    Refused { identity: Option<Identity>, sent: Moment, refused: Refused, reread: Option<ObservedSecrets> },
    /// The key file holds no key; nothing was sent.
    NoKey(ReadError),
    /// The key file holds the key that cools down; nothing was sent.
    CoolingDown(Identity),
}

/// What else was found out.
#[derive(Debug, Default)]
pub(super) struct Noticed {
    /// The clock skew, if the reply had a `Date`.
    pub(super) skew: Option<Skew>,
    /// Whether the exchange is in the state file, or why not; `None` if there was nothing to store.
    pub(super) stored: Option<Result<(), NotRecorded>>,
}

/// Obtains a session, and records the exchange in the state file.
pub(super) async fn exchange(context: Arc<ExchangeContext>, job: ExchangeJob, noticed: &mut Noticed) -> Exchanged {
    let client = context.clients.of(&job.credential.source.origin(&context.api));
    let means = Means { api: &context.api, client, api_client: context.clients.api(), trust: &context.trust };
    if let Some(why) = context.state.withholds(&job.credential.source) {
        return Exchanged::NoKey(why);
    }
    let mut recorder = StateFile { context: &context, job: &job, stored: None };
    let obtained = obtain(means, &job.credential.source, &job.reader, job.cooling_down, &mut recorder).await;
    noticed.stored = recorder.stored;
    let Exchange { identity, sent, skew, outcome, .. } = match obtained {
        Obtained::Unusable(error) => return Exchanged::NoKey(error),
        Obtained::CoolingDown(identity) => return Exchanged::CoolingDown(identity),
        Obtained::Unsent { began, refused } => {
            return Exchanged::Refused { identity: None, sent: began, refused, reread: None };
        }
        Obtained::Answered(exchange) => *exchange,
    };
    noticed.skew = skew;
    match outcome {
        Outcome::Granted { granted: Granted { session, notes, signer: _ }, signature } => {
            Exchanged::Session { identity, sent, session, notes, signature }
        }
        Outcome::Untrusted { refused, .. } => {
            Exchanged::Refused { identity: Some(identity), sent, refused, reread: None }
        }
        Outcome::Refused { refused, reread } => Exchanged::Refused { identity: Some(identity), sent, refused, reread },
    }
}

/// The state file of a credential. A session is recorded when it is published, together with its token.
struct StateFile<'a> {
    context: &'a Arc<ExchangeContext>,
    job: &'a ExchangeJob,
    /// Whether the newest record is on disk, or why not.
    stored: Option<Result<(), NotRecorded>>,
}

impl Recorder for StateFile<'_> {
    async fn begin(&mut self, identity: Identity) {
        self.store(ExchangeRecord { key: identity.key, answer: None }, self.job.refusal.clone()).await;
    }

    async fn end(&mut self, identity: Identity, refused: Option<&Refused>) {
        let Some(Refused { refusal, message, remedy }) = refused else { return };
        let at = clock::stamp_of(clock::now());
        let answer = Answered { at, quiet: refusal.quiet(), awaits_change: refusal.awaits_change() };
        let recorded = RecordedRefusal::new(refusal.class(), message, remedy.as_deref(), at);
        self.store(ExchangeRecord { key: identity.key, answer: Some(answer) }, Some(recorded)).await;
    }
}

impl StateFile<'_> {
    async fn store(&mut self, last_exchange: ExchangeRecord, refusal: Option<RecordedRefusal>) {
        let Some(ledger) = self.context.state.ledger() else { return };
        let record = Record { request: self.job.request, last_exchange, refusal, written: self.job.written.clone() };
        self.stored = Some(self.job.records.store(&ledger, &self.job.credential.name, record).await);
    }
}
