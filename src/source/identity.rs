//! What makes a secret another one.

use crate::fingerprint::Fingerprint;

/// Identity of what a source holds. The core compares it and nothing else: another identity is a changed key, which is used
/// at once and ends a denial; the same identity costs no exchange.
///
/// It need not be the hash of the bytes:
///
/// - Access key, client secret: the fingerprint of the secret.
/// - Refresh token: the fingerprint of the *mounted* token. The tokens that rotate in its place keep its identity.
/// - Projected service-account token: issuer, subject and audience. The kubelet's rotation keeps it, and costs no exchange.
/// - Answers to security questions: something that changes with their file and cannot be guessed from it, for logs and the
///   status show identities, and answers are short.
pub type Identity = Fingerprint;
