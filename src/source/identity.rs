//! The identity of a secret.

use crate::fingerprint::Fingerprint;

/// Identity of the secret of a source. The core compares only this. A different identity is a changed key, which is
/// used at once and ends a denial. The same identity causes no exchange.
///
/// It is not always the hash of the bytes:
///
/// - Access key, client secret: the fingerprint of the secret.
/// - Refresh token: the fingerprint of the *mounted* token. Tokens that replace it by rotation keep its identity.
/// - Projected service-account token: issuer, subject and audience. Rotation by the kubelet keeps it, and causes no
///   exchange.
/// - Answers to security questions: a value that changes with their file and cannot be used to guess them, because
///   answers are short, and logs and the status show identities.
pub type Identity = Fingerprint;
