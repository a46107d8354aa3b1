//! The settings that determine answers without a script.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::answer::Answer;
use super::endpoint::Endpoint;
use super::secret_file;
use super::signing::SigningKey;
use super::user::Answers;
use super::window::RateLimit;
use crate::fingerprint::Fingerprint;

/// All of them may change while the sandbox runs; they apply to the next exchange.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting that a user turns on or off by name")]
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// The time from `iat` to `exp`, in whole seconds.
    pub life: Duration,
    /// The value of `nextRefreshSeconds`, in whole seconds.
    pub next_refresh: Option<Duration>,
    /// Whether the reply to an access key has `expiration`.
    pub tell_expiration: bool,
    /// Whether the reply has `sessionExpiration`. The reply for a user always has it.
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
    /// Revoked access keys, which [`Self::accepted`] does not override, revoked refresh JWTs with all that replaced
    /// them, and revoked assertions.
    pub revoked: BTreeSet<Fingerprint>,
    /// The endpoints that refuse every secret.
    pub denied: BTreeSet<Endpoint>,
    /// The third part that the bearer of an access key must have; `None` ignores it.
    pub auth_management_key: Option<Fingerprint>,
    /// The lifetime of the refresh JWTs, in whole seconds.
    pub refresh_token_life: Duration,
    /// Whether each refresh replaces the refresh JWT.
    pub rotate_refresh_tokens: bool,
    /// How long a replaced refresh JWT is still accepted, from when it was replaced.
    pub rotation_grace: Duration,
    /// Whether the use of a replaced refresh JWT revokes those that replaced it.
    pub reuse_detection: bool,
    /// Whether verified security questions give a new refresh JWT; `None` means with rotation.
    pub verify_refresh_token: Option<bool>,
    /// A file with the answers of the users that have not set up any: `[{"id": …, "answer": …}]`. Read at each
    /// verification; `None` accepts any answers.
    pub answers_file: Option<PathBuf>,
    /// How many wrong verifications in a row lock the security questions of a user.
    pub answer_attempts: u32,
    /// Whether OAuth access tokens are opaque texts instead of JWTs.
    pub opaque_tokens: bool,
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
            denied: BTreeSet::new(),
            auth_management_key: None,
            refresh_token_life: REFRESH_TOKEN_LIFE,
            rotate_refresh_tokens: false,
            rotation_grace: Duration::ZERO,
            reuse_detection: true,
            verify_refresh_token: None,
            answers_file: None,
            answer_attempts: ANSWER_ATTEMPTS,
            opaque_tokens: false,
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

    /// Whether the project exists and the access key is valid in it.
    pub(super) fn accepts(&self, project: &str, key: Fingerprint) -> bool {
        let exists = self.project.as_ref().is_none_or(|only| only == project);
        exists && !self.revoked.contains(&key) && self.accepted.has(key)
    }

    /// Returns the answers in the file now, if there is one. Logs a file that cannot be read, and accepts no answers.
    pub(super) fn answers_in_file(&self) -> Option<Answers> {
        let path = self.answers_file.as_ref()?;
        let read = secret_file::text_in(path).map_err(|error| error.to_string());
        Some(read.and_then(|text| Answers::parse(&text)).unwrap_or_else(|mistake| {
            tracing::warn!("cannot read answers file `{}`: {mistake}", path.display());
            Answers::none()
        }))
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
            Self::Files(paths) => paths.iter().any(|path| match secret_file::fingerprint_in(path) {
                Ok(valid) => valid == key,
                Err(error) => {
                    tracing::warn!("cannot read key file `{}`: {error}", path.display());
                    false
                }
            }),
        }
    }
}

/// A project id of 28 characters, like a real one: some SDKs require it.
pub const EXAMPLE_PROJECT: &str = "P2sandboxsandboxsandboxsandb";
const LIFE: Duration = Duration::from_secs(60);
const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
const ANSWER_ATTEMPTS: u32 = 5;
