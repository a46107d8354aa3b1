//! One exchange, from the key file to a session that may be published.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{sync::Semaphore, task, time};

use super::clock;
use crate::{
    config::Credential,
    exchange::{Client, Granted, Note, ProjectId, Refused, Standing, Trust},
    fingerprint::Fingerprint,
    key::{self, KeyError},
    renewal::{Moment, Refusal},
    secret::Secret,
    session::Session,
};

/// What every exchange of a configuration needs.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) project: ProjectId,
    pub(super) client: Client,
    pub(super) trust: Arc<Trust>,
}

/// How an exchange went, for the renewal and for people.
#[derive(Debug)]
pub(super) enum Exchanged {
    /// A session.
    Session { key: Fingerprint, sent: Moment, session: Session, notes: Vec<Note>, standing: Standing },
    /// None, and why. After a denial the key file was read once more: `reread` is what it holds now.
    Refused { key: Option<Fingerprint>, sent: Moment, refused: Refused, reread: Option<Fingerprint> },
    /// The key file holds no key; nothing was sent.
    NoKey(KeyError),
}

/// Reads the key, asks the host, reads the reply, looks at the signature.
///
/// `reading` has one permit: a file system that hangs costs one thread a credential, never a thread an attempt.
pub(super) async fn exchange(host: Arc<Host>, credential: Arc<Credential>, reading: Arc<Semaphore>) -> Exchanged {
    let began = clock::now();
    let key = match read_key(&credential, &reading).await {
        Ok(key) => key,
        Err(NoKey::Unusable(error)) => return Exchanged::NoKey(error),
        Err(NoKey::Hangs(refused)) => return Exchanged::Refused { key: None, sent: began, refused, reread: None },
    };
    let fingerprint = key.fingerprint();
    let (sent, sent_wall) = (clock::now(), clock::wall());
    match ask(&host, &credential, &key, sent_wall).await {
        Ok((Granted { session, notes }, standing)) => {
            Exchanged::Session { key: fingerprint, sent, session, notes, standing }
        }
        Err(refused) => {
            drop(key);
            let reread = match refused.refusal {
                Refusal::Denied => read_key(&credential, &reading).await.ok().map(|key| key.fingerprint()),
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
    host: &Host,
    credential: &Credential,
    key: &Secret,
    sent: SystemTime,
) -> Result<(Granted, Standing), Refused> {
    let reply = host.client.exchange(&host.project, &credential.options, key).await?;
    let granted = reply.read(sent, clock::wall(), &host.project)?;
    let standing = host.trust.judge(&host.client, &granted.session.jwt, clock::now()).await?;
    Ok((granted, standing))
}

enum NoKey {
    Unusable(KeyError),
    Hangs(Refused),
}

async fn read_key(credential: &Credential, reading: &Arc<Semaphore>) -> Result<Secret, NoKey> {
    let path = credential.key_file.clone();
    let hangs = || {
        NoKey::Hangs(Refused {
            refusal: Refusal::TimedOut,
            message: format!("reading the access key file `{}` hangs", credential.key_file.display()),
        })
    };
    let Ok(permit) = Arc::clone(reading).try_acquire_owned() else { return Err(hangs()) };
    let read = task::spawn_blocking(move || {
        let key = key::read(&path);
        drop(permit);
        key
    });
    match time::timeout(KEY_READ_TIMEOUT, read).await {
        Ok(Ok(key)) => key.map_err(NoKey::Unusable),
        Ok(Err(_)) | Err(_) => Err(hangs()),
    }
}

const KEY_READ_TIMEOUT: Duration = Duration::from_secs(5);
