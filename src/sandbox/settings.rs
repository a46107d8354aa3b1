//! The settings that determine answers without a script.

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

/// All of them may change while the sandbox runs; they apply to the next exchange.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// The time from `iat` to `exp`, in whole seconds.
    pub life: Duration,
    /// The value of `nextRefreshSeconds`, in whole seconds.
    pub next_refresh: Option<Duration>,
    /// Whether the reply has `expiration`.
    pub tell_expiration: bool,
    /// Whether the reply has `sessionExpiration`.
    pub tell_session_expiration: bool,
    /// The delay of every answer to an exchange.
    pub latency: Duration,
    /// How far the sandbox's clock is ahead of the machine's, in JWTs and in `Date`; negative if behind.
    pub clock_offset_seconds: i64,
    /// The limit; exchanges above it get 429.
    pub rate_limit: Option<RateLimit>,
    /// Answers every exchange while it is set.
    pub outage: Option<Answer>,
    /// Answers every request for the JWKS while it is set. An answer that only exchanges can have does not apply.
    pub keys_outage: Option<Answer>,
    /// The only project that exists; `None` means any.
    pub project: Option<String>,
    /// The valid access keys.
    pub accepted: Accepted,
    /// Revoked access keys, which [`Self::accepted`] does not override.
    pub revoked: BTreeSet<Fingerprint>,
    /// The key that signs the sessions.
    pub signing_key: SigningKey,
    /// The keys in the JWKS.
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
    /// Returns the published keys as JWKs.
    pub(super) fn jwks(&self) -> io::Result<Vec<Value>> {
        self.published_keys.iter().map(|key| key.jwk()).collect()
    }
}

/// Which access keys are valid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Accepted {
    /// Every non-empty one.
    Any,
    /// These.
    Only(BTreeSet<Fingerprint>),
    /// The contents of these files at the time of the exchange.
    Files(Vec<PathBuf>),
}

impl Accepted {
    /// Whether this access key is valid now. Logs a file that cannot be read, and accepts no key from it.
    pub(super) fn has(&self, key: Fingerprint) -> bool {
        match self {
            Self::Any => true,
            Self::Only(keys) => keys.contains(&key),
            Self::Files(paths) => paths.iter().any(|path| match key_in(path) {
                Ok(valid) => valid == key,
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
        return Err(io::Error::other("it is not a regular file")); // opening a pipe would block
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
