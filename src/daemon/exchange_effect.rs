//! One exchange, from the key file to a session that may be published.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{sync::Semaphore, task, time};

use crate::{
    clock,
    config::Credential,
    exchange::{Api, Client, GrantNote, Granted, Refused, SignatureStatus, Skew, Trust},
    fingerprint::Fingerprint,
    renewal::{Answered, ExchangeRecord, Moment, Refusal},
    session::Session,
    source::{AccessKeyMaterial, Material, ReadError},
    state::{Ledger, Record, WrittenToken},
};

/// What every exchange of a configuration needs.
#[derive(Debug)]
pub(super) struct ExchangeContext {
    pub(super) api: Api,
    pub(super) client: Client,
    pub(super) trust: Arc<Trust>,
    pub(super) ledger: Ledger,
}

/// What an exchange of one credential needs besides.
#[derive(Debug)]
pub(super) struct ExchangeJob {
    pub(super) credential: Arc<Credential>,
    /// One permit: a file system that hangs costs one thread a credential, never a thread an attempt.
    pub(super) reading: Arc<Semaphore>,
    /// Of what is asked for: see [`Record::request`].
    pub(super) request: Fingerprint,
    /// The token that was written last, as far as it is remembered.
    pub(super) written: Option<WrittenToken>,
    /// A key that is not to be asked with yet: see [`crate::renewal::Renewal::cooling_down`].
    pub(super) cooling_down: Option<Fingerprint>,
}

/// How an exchange went, for the renewal and for people.
#[derive(Debug)]
pub(super) enum Exchanged {
    /// A session.
    Session { key: Fingerprint, sent: Moment, session: Session, notes: Vec<GrantNote>, standing: SignatureStatus },
    /// None, and why. After a denial the key file was read once more: `reread` is what it holds now.
    Refused { key: Option<Fingerprint>, sent: Moment, refused: Refused, reread: Option<Fingerprint> },
    /// The key file holds no key; nothing was sent.
    NoKey(ReadError),
    /// The key file holds the key that rests; nothing was sent.
    CoolingDown(Fingerprint),
}

/// What else came to light on the way.
#[derive(Debug, Default)]
pub(super) struct Noticed {
    /// How the server's clock differs from ours, if the reply told.
    pub(super) skew: Option<Skew>,
    /// Whether the exchange is remembered on disk, or why not; `None` if there was nothing to remember.
    pub(super) kept: Option<Result<(), String>>,
}

/// Reads the key, asks the host, reads the reply, looks at the signature.
///
/// The state file says of an exchange before it begins and again when it has been refused, so that a process that crashes in
/// a loop still keeps the spacing.
pub(super) async fn exchange(context: Arc<ExchangeContext>, job: ExchangeJob, noticed: &mut Noticed) -> Exchanged {
    let began = clock::now();
    let key = match read_key(&job).await {
        Ok(key) => key,
        Err(NoKey::Unusable(error)) => return Exchanged::NoKey(error),
        Err(NoKey::Hangs(refused)) => return Exchanged::Refused { key: None, sent: began, refused, reread: None },
    };
    let fingerprint = key.identity();
    if job.cooling_down == Some(fingerprint) {
        return Exchanged::CoolingDown(fingerprint);
    }
    noticed.kept = Some(remember(&context, &job, ExchangeRecord { key: fingerprint, answer: None }).await);
    let (sent, sent_wall) = (clock::now(), clock::wall());
    match ask(&context, &key, sent_wall, noticed).await {
        Ok((Granted { session, notes }, standing)) => {
            Exchanged::Session { key: fingerprint, sent, session, notes, standing }
        }
        Err(refused) => {
            drop(key);
            let at = clock::stamp_of(clock::now());
            let answer = Some(Answered { at, quiet: refused.refusal.quiet() });
            noticed.kept = Some(remember(&context, &job, ExchangeRecord { key: fingerprint, answer }).await);
            let reread = match refused.refusal {
                Refusal::Denied => read_key(&job).await.ok().map(|key| key.identity()),
                Refusal::Blocked
                | Refusal::Busy { .. }
                | Refusal::Failed
                | Refusal::Garbled
                | Refusal::Unreachable
                | Refusal::TimedOut => None,
            };
            Exchanged::Refused { key: Some(fingerprint), sent, refused, reread }
        }
    }
}

async fn ask(
    context: &ExchangeContext,
    material: &Material,
    sent: SystemTime,
    noticed: &mut Noticed,
) -> Result<(Granted, SignatureStatus), Refused> {
    let Material::AccessKey(AccessKeyMaterial { options, key }) = material;
    let reply = context.client.exchange(&context.api.project, options, key).await?;
    let received = clock::wall();
    noticed.skew = reply.date().map(|date| Skew::of(date, sent, received));
    let granted = reply.read(sent, received, &context.api.project)?;
    let standing = context.trust.judge(&context.client, &granted.session.jwt, clock::now()).await?;
    Ok((granted, standing))
}

enum NoKey {
    Unusable(ReadError),
    Hangs(Refused),
}

async fn read_key(job: &ExchangeJob) -> Result<Material, NoKey> {
    let source = job.credential.source.clone();
    let hangs = || NoKey::Hangs(Refused { refusal: Refusal::TimedOut, message: job.credential.source.hangs() });
    let Ok(permit) = Arc::clone(&job.reading).try_acquire_owned() else { return Err(hangs()) };
    let read = task::spawn_blocking(move || {
        let key = source.read();
        drop(permit);
        key
    });
    match time::timeout(KEY_READ_TIMEOUT, read).await {
        Ok(Ok(key)) => key.map_err(NoKey::Unusable),
        Ok(Err(_)) | Err(_) => Err(hangs()),
    }
}

/// Where nothing can be remembered, the exchange goes on all the same: the tokens are what counts.
async fn remember(context: &Arc<ExchangeContext>, job: &ExchangeJob, asked: ExchangeRecord) -> Result<(), String> {
    let record = Record { request: job.request, last_exchange: asked, written: job.written.clone() };
    let (context, credential) = (Arc::clone(context), Arc::clone(&job.credential));
    let stored = task::spawn_blocking(move || context.ledger.store(&credential.name, &record));
    match time::timeout(REMEMBER_TIMEOUT, stored).await {
        Ok(Ok(stored)) => stored.map_err(|why| why.to_string()),
        Ok(Err(_)) | Err(_) => Err("the disk takes too long to write a state file".to_owned()),
    }
}

const REMEMBER_TIMEOUT: Duration = Duration::from_secs(2);
const KEY_READ_TIMEOUT: Duration = Duration::from_secs(5);
