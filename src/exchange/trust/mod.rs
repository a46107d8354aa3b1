//! Whether a session is signed by the project: who keeps its public keys, and asks for them again when they do not suffice.

mod cache;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{api::Api, client::Client, refusal::Refused};
use crate::{
    renewal::{Moment, Refusal},
    secret::Secret,
    session::{Jwks, Jwt, SignatureVerdict},
};

use cache::Cache;

/// The public keys of one project at one API.
///
/// A session whose key is known is judged at once, whatever else is under way. Any other waits for one request of the keys,
/// which all such sessions share. There is at most one in [`FETCH_SPACING`] while no key is known, as at the first start, and
/// one for the sake of keys that are not among the known ones: a key may be new just after the start as well.
#[derive(Debug)]
pub struct Trust {
    api: Api,
    cache: Option<Cache>,
    /// Held only to copy the pointer out or in.
    keys: Mutex<Arc<Jwks>>,
    /// Held while a request of the keys is under way.
    fetches: tokio::sync::Mutex<Fetches>,
}

/// The requests of the keys so far.
#[derive(Debug, Default)]
struct Fetches {
    last: Fetch,
    /// When the keys were last asked for while none was known.
    without_keys: Option<Moment>,
    /// When they were last asked for although some were known.
    for_another: Option<Moment>,
}

/// What is known of a session that may be published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignatureStatus {
    /// The project signed it.
    Verified,
    /// Its signature cannot be checked now; TLS vouches for the reply it came in. To be said once, and caught up with.
    Unverified {
        /// Why, for people.
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
    /// Starts with the keys that an earlier run left in the state directory. What is missing, corrupt or of another project
    /// or API there is passed over. Reads one small file, so it belongs to the start.
    pub fn open(state_directory: Option<&Path>, api: &Api) -> Self {
        let cache = state_directory.map(|directory| Cache::new(directory, &api.base_url, &api.project));
        let keys = cache.as_ref().and_then(Cache::load).unwrap_or_default();
        Self { api: api.clone(), cache, keys: Mutex::new(Arc::new(keys)), fetches: tokio::sync::Mutex::default() }
    }

    /// Judges the signature of a session, new or held. Takes as long as one request of the keys at most; errors are
    /// [`Refusal::Garbled`] alone.
    ///
    /// A bad signature is not believed before the keys are fresh, for a key may have been replaced under its old name.
    pub async fn judge(&self, client: &Client, token: &Secret, now: Moment) -> Result<SignatureStatus, Refused> {
        let jwt = Jwt::parse(token.expose()).map_err(|error| garbled(&format!("the session is not a JWT: {error}")))?;
        if let Some(standing) = favourable(self.known().verify(&jwt)) {
            return Ok(standing);
        }
        let mut fetches = self.fetches.lock().await;
        // Somebody else may have asked meanwhile.
        if let Some(standing) = favourable(self.known().verify(&jwt)) {
            return Ok(standing);
        }
        if fetches.begin(now, !self.known().is_empty()) {
            // Said before the request, so that a task that is dropped half-way has used up its turn as well.
            fetches.last = Fetch::Failed { why: "the request of the public keys was given up".to_owned() };
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
        match client.keys(&self.api).await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
                if let Some(cache) = self.cache.clone() {
                    keep(cache, keys).await;
                }
                Fetch::Succeeded
            }
            Err(Refused { refusal: _, message }) => Fetch::Failed { why: message },
        }
    }
}

impl Fetches {
    /// Whether to ask now; if so, it is noted. Who came while the keys were asked for has seen the answer to that.
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

/// Verdicts that fresh keys would not better.
fn favourable(verdict: SignatureVerdict) -> Option<SignatureStatus> {
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
    Refused { refusal: Refusal::Garbled, message: message.to_owned() }
}

/// Writes the cache file away from the loop. A failure costs one request after the next start; a disk that hangs is not
/// waited for, as sessions are.
async fn keep(cache: Cache, keys: Arc<Jwks>) {
    let write = tokio::task::spawn_blocking(move || cache.store(&keys));
    match tokio::time::timeout(CACHE_WRITE_MAX, write).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::debug!(%error, "the public keys are not cached"),
        Ok(Err(_)) | Err(_) => tracing::debug!("the public keys are not cached: the disk takes too long"),
    }
}

/// The least time between two requests of the keys for one reason, whether they succeed or not. There are two reasons.
pub const FETCH_SPACING: Duration = Duration::from_secs(60);
/// How long a session waits for the cache to be written.
const CACHE_WRITE_MAX: Duration = Duration::from_secs(1);
