//! The identity of the secrets of a source.

use crate::{fingerprint::Fingerprint, secret::Secret};

/// The identity of the secrets of a source, as three fingerprints. For an access key they are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// What the core compares. A different value is a changed key, which is used at once and ends a denial. The same value
    /// causes no exchange. It is only stored in the state directory.
    ///
    /// - Access key, client secret: the fingerprint of the secret.
    /// - Refresh token: the fingerprint of the *mounted* token. Tokens that replace it by rotation keep it.
    /// - Projected service-account token: issuer, subject and audience. Rotation by the kubelet keeps it.
    /// - Answers to security questions: mounted token and answers together.
    pub key: Fingerprint,
    /// What logs and the status show. It never depends on a secret that can be guessed, such as an answer.
    pub shown: Fingerprint,
    /// What changes with every byte of the secrets. A different value under the same `key` is a replaced secret, which
    /// causes an exchange only after a denial or without a token.
    pub version: Fingerprint,
}

impl Identity {
    /// Returns the identity of one secret that cannot be guessed.
    pub fn of(secret: &Secret) -> Self {
        let fingerprint = secret.fingerprint();
        Self { key: fingerprint, shown: fingerprint, version: fingerprint }
    }
}
