//! What the sandbox answers while nothing is scripted.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::signing::SigningKey;
use super::window::RateLimit;
use crate::fingerprint::Fingerprint;
use crate::secret::Secret;

/// All of it may be changed while the sandbox runs; the next exchange is answered by it.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// From `iat` to `exp`, in whole seconds.
    pub life: Duration,
    /// Said as `nextRefreshSeconds`, in whole seconds.
    pub next_refresh: Option<Duration>,
    /// Whether the reply says when the session ends as `expiration`.
    pub tell_expiration: bool,
    /// Whether the reply says when the session ends as `sessionExpiration`.
    pub tell_session_expiration: bool,
    /// How long the answer to every exchange waits once it is decided.
    pub latency: Duration,
    /// How far the sandbox's clock is ahead of the machine's, in JWTs and in `Date`; negative when it is behind.
    pub clock_offset_seconds: i64,
    /// Exchanges above it are answered 429.
    pub rate_limit: Option<RateLimit>,
    /// Answers every exchange while it is set.
    pub outage: Option<Answer>,
    /// Answers every request for the JWKS while it is set; answers that only an exchange can have are answered 503.
    pub keys_outage: Option<Answer>,
    /// The only project there is, or any.
    pub project: Option<String>,
    /// Which access keys are good.
    pub accepted: Accepted,
    /// Access keys that are good no more, whatever [`Self::accepted`] says.
    pub revoked: BTreeSet<Fingerprint>,
    /// Signs the sessions.
    pub signing_key: SigningKey,
    /// What the JWKS lists.
    pub published_keys: Vec<SigningKey>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            life: LIFE,
            next_refresh: None,
            tell_expiration: false,
            tell_session_expiration: false,
            latency: Duration::ZERO,
            clock_offset_seconds: 0,
            rate_limit: None,
            outage: None,
            keys_outage: None,
            project: None,
            accepted: Accepted::Any,
            revoked: BTreeSet::new(),
            signing_key: SigningKey::First,
            published_keys: vec![SigningKey::First],
        }
    }
}

impl Settings {
    /// What the JWKS lists, as JWKs.
    pub(super) fn jwks(&self) -> io::Result<Vec<Value>> {
        self.published_keys.iter().map(|key| key.jwk()).collect()
    }
}

/// Which access keys are good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Accepted {
    /// Every one that is not empty.
    Any,
    /// These.
    Only(BTreeSet<Fingerprint>),
    /// Those that stand in these files at the moment of the exchange.
    Files(Vec<PathBuf>),
}

impl Accepted {
    /// Whether this access key is good now. A file that cannot be read holds no key, and the log says so.
    pub(super) fn has(&self, key: Fingerprint) -> bool {
        match self {
            Self::Any => true,
            Self::Only(keys) => keys.contains(&key),
            Self::Files(paths) => paths.iter().any(|path| match key_in(path) {
                Ok(good) => good == key,
                Err(error) => {
                    tracing::warn!("cannot read key file `{}`: {error}", path.display());
                    false
                }
            }),
        }
    }
}

fn key_in(path: &Path) -> io::Result<Fingerprint> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file")); // opening a pipe would wait for its writer
    }
    let file = File::open(path)?;
    let mut text = Zeroizing::new(String::with_capacity(KEY_FILE_BYTES_MAX + 1));
    file.take(KEY_FILE_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    if text.len() > KEY_FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is longer than {KEY_FILE_BYTES_MAX} bytes")));
    }
    Ok(Secret::new(text.trim().to_owned()).fingerprint())
}

const LIFE: Duration = Duration::from_secs(60);
const KEY_FILE_BYTES_MAX: usize = 8192;
