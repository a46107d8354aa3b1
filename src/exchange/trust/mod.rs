//! Signature checks of sessions: holds the project's public keys and fetches them again if needed.

mod cache;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{api::Api, client::Client, refusal::Refused};
use crate::{
    blocking::{self, Lane},
    renewal::{Moment, Refusal},
    secret::Secret,
    session::{Jwks, Jwt, SignatureVerdict},
};

use cache::{Cache, ForeignCache};

/// The public keys of one project at one API.
///
/// A session whose key is known is verified at once, even while a fetch runs. Other sessions wait for one shared fetch
/// of the keys. In each [`FETCH_SPACING`] there is at most one fetch while no key is known, as at the first start, and
/// at most one for a key that is not among the known ones. The two are counted apart, because a key may be new just
/// after the start.
#[derive(Debug)]
pub struct Trust {
    api: Api,
    /// Locked only while it is copied.
    cache: Mutex<Option<Cache>>,
    /// Locked only while the pointer is copied.
    keys: Mutex<Arc<Jwks>>,
    /// Locked while the keys are fetched.
    fetches: tokio::sync::Mutex<Fetches>,
    is_stopping: watch::Sender<bool>,
}

/// The fetches of the keys so far.
#[derive(Debug, Default)]
struct Fetches {
    last: Fetch,
    /// When the keys were last fetched while none was known.
    without_keys: Option<Moment>,
    /// When the keys were last fetched for an unknown key while others were known.
    for_another: Option<Moment>,
}

/// The signature status of a session that may be published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignatureStatus {
    /// The project signed it.
    Verified,
    /// The token is not one of the project's, so the project's public keys say nothing about it.
    NotApplicable,
    /// The signature cannot be checked now. TLS authenticated the reply that contained the session. The caller logs
    /// this once and verifies later.
    Unverified {
        /// The reason, for the user.
        why: String,
    },
}

#[derive(Debug, Default)]
enum Fetch {
    #[default]
    Never,
    Succeeded,
    Failed {
        why: String,
    },
}

impl Trust {
    /// Loads the keys that an earlier run cached in the state directory. A file that is missing, corrupt or of another
    /// project or API is ignored. Blocks on one small file, so it is called at the start only.
    pub fn open(state_directory: Option<&Path>, api: &Api) -> Self {
        let trust = Self {
            api: api.clone(),
            cache: Mutex::default(),
            keys: Mutex::default(),
            fetches: tokio::sync::Mutex::default(),
            is_stopping: watch::Sender::new(false),
        };
        trust.cache_in(state_directory);
        trust
    }

    /// Caches the keys in this state directory from now on, or nowhere. If no key is known yet, loads those in it. Blocks on one
    /// small file.
    pub fn cache_in(&self, state_directory: Option<&Path>) {
        let cache = state_directory.map(|directory| Cache::new(directory, &self.api.base_url, &self.api.project));
        if self.known().is_empty()
            && let Some(cached) = cache.as_ref().and_then(Cache::load)
        {
            self.learn(Arc::new(cached));
        }
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = cache;
    }

    /// Checks that the keys could be cached in a state directory, as far as what is there is concerned. Blocks on the disk.
    pub fn check_cache(state_directory: &Path) -> Result<(), ForeignCache> {
        cache::check(state_directory)
    }

    /// Removes the cached keys in a directory, if there are any. Blocks on the disk.
    pub fn remove_cache(directory: &Path) {
        cache::remove(directory);
    }

    /// Takes over the keys that are cached in another directory, if none is known yet. Blocks on one small file.
    pub fn take_over(&self, former: &Path) {
        let Some(cache) = self.cache().filter(|_| self.known().is_empty()) else { return };
        if let Some(keys) = Cache::new(former, &self.api.base_url, &self.api.project).load() {
            // The next fetch stores them otherwise.
            let _ = cache.store(&keys);
            self.learn(Arc::new(keys));
        }
    }

    fn learn(&self, keys: Arc<Jwks>) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn cache(&self) -> Option<Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the keys only a moment from now on, because the process stops. A session that cannot be verified in time is
    /// published unverified, as if the keys could not be fetched.
    pub fn hurry(&self) {
        self.is_stopping.send_replace(true);
    }

    /// Verifies the signature of a session, new or held. Takes no longer than one fetch of the keys. Every error is
    /// [`Refusal::Garbled`].
    ///
    /// A bad signature is an error only after a fetch, because a key may have been replaced under the same id.
    pub async fn judge(&self, client: &Client, token: &Secret, now: Moment) -> Result<SignatureStatus, Refused> {
        let jwt = Jwt::parse(token.expose()).map_err(|error| garbled(&format!("the session is not a JWT: {error}")))?;
        if let Some(status) = final_status(self.known().verify(&jwt)) {
            return Ok(status);
        }
        let mut fetches = self.fetches.lock().await;
        // Another task may have fetched the keys meanwhile.
        if let Some(status) = final_status(self.known().verify(&jwt)) {
            return Ok(status);
        }
        if fetches.begin(now, !self.known().is_empty()) {
            // Set before the request, so that a task that is dropped half-way counts as a failed fetch too.
            fetches.last = Fetch::Failed { why: "the request for the public keys was cancelled".to_owned() };
            fetches.last = self.fetch(client).await;
        }
        let verdict = self.known().verify(&jwt);
        match (verdict, &fetches.last) {
            (SignatureVerdict::UnknownKey, Fetch::Failed { why, .. }) => {
                Ok(SignatureStatus::Unverified { why: why.clone() })
            }
            (SignatureVerdict::UnknownKey, Fetch::Never | Fetch::Succeeded) => {
                Err(garbled("the session is signed by a key that the project does not publish"))
            }
            (SignatureVerdict::BadSignature, _) => {
                Err(garbled("the session's signature is not that of the key it names"))
            }
            (SignatureVerdict::Verified, _) => Ok(SignatureStatus::Verified),
            (SignatureVerdict::Unsupported, _) => Ok(unsupported()),
        }
    }

    fn known(&self) -> Arc<Jwks> {
        Arc::clone(&self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn fetch(&self, client: &Client) -> Fetch {
        let stopping = async {
            let _ = self.is_stopping.subscribe().wait_for(|is_stopping| *is_stopping).await;
            tokio::time::sleep(FETCH_WHILE_STOPPING_MAX).await;
        };
        let fetched = tokio::select! {
            fetched = client.keys(&self.api) => fetched,
            () = stopping => return Fetch::Failed { why: "the process stops before the public keys are there".to_owned() },
        };
        match fetched {
            Ok(keys) => {
                let keys = Arc::new(keys);
                self.learn(Arc::clone(&keys));
                if let Some(cache) = self.cache() {
                    write_cache(cache, keys).await;
                }
                Fetch::Succeeded
            }
            Err(Refused { message, .. }) => Fetch::Failed { why: message },
        }
    }
}

impl Fetches {
    /// Returns whether to fetch now, and records the fetch. A session that arrived during a fetch uses the result of
    /// that fetch.
    fn begin(&mut self, now: Moment, has_keys: bool) -> bool {
        let is_older = self.without_keys.max(self.for_another).is_none_or(|last| now > last);
        let last = if has_keys { &mut self.for_another } else { &mut self.without_keys };
        let begins = is_older && last.is_none_or(|last| now.since(last) >= FETCH_SPACING);
        if begins {
            *last = Some(now);
        }
        begins
    }
}

/// Returns the status if newer keys cannot improve it.
fn final_status(verdict: SignatureVerdict) -> Option<SignatureStatus> {
    match verdict {
        SignatureVerdict::Verified => Some(SignatureStatus::Verified),
        SignatureVerdict::Unsupported => Some(unsupported()),
        SignatureVerdict::UnknownKey | SignatureVerdict::BadSignature => None,
    }
}

fn unsupported() -> SignatureStatus {
    SignatureStatus::Unverified { why: "the project signs with an algorithm that this version cannot check".to_owned() }
}

fn garbled(message: &str) -> Refused {
    Refused::new(Refusal::Garbled, message.to_owned())
}

/// Writes the cache file off the event loop. A failure costs one request after the next start. The wait is bounded,
/// because sessions wait for it.
async fn write_cache(cache: Cache, keys: Arc<Jwks>) {
    match blocking::run_within(Lane::State, CACHE_WRITE_MAX, move || cache.store(&keys)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "the public keys are not cached"),
        Err(not_done) => tracing::debug!("the public keys are not cached: {not_done}"),
    }
}

/// The minimum time between two fetches of the keys for the same one of the two reasons, whether they succeed or not.
pub const FETCH_SPACING: Duration = Duration::from_secs(60);
/// How long a session waits for the keys while the process stops.
const FETCH_WHILE_STOPPING_MAX: Duration = Duration::from_millis(500);
/// How long a session waits for the cache to be written.
const CACHE_WRITE_MAX: Duration = Duration::from_secs(1);
