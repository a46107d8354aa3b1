//! The public keys of `publicKeyFile`.

use std::path::Path;

use super::{
    secret_file,
    secret_kind::SecretKind,
    unusable::{ReadError, Unusable},
};
use crate::{
    exchange::{Refused, SignatureStatus},
    fingerprint::Fingerprint,
    renewal::Refusal,
    secret::Secret,
    session::{Jwt, PinnedKeys},
};

/// The public keys in a file.
#[derive(Debug)]
pub struct PublicKeys {
    keys: PinnedKeys,
    content: Secret,
}

impl PublicKeys {
    /// Reads the public keys. Blocks on the disk.
    pub(super) fn read(path: &Path) -> Result<Self, ReadError> {
        let keys = secret_file::read(path, PUBLIC_KEY_FILE_BYTES_MAX).and_then(|bytes| Self::of(&bytes));
        keys.map_err(|why| ReadError { kind: SecretKind::PublicKey, path: path.to_owned(), why })
    }

    fn of(bytes: &[u8]) -> Result<Self, Unusable> {
        if bytes.trim_ascii().is_empty() {
            return Err(Unusable::Empty);
        }
        let keys = PinnedKeys::parse(bytes).map_err(|_| Unusable::NotAPublicKey)?;
        let text = str::from_utf8(bytes).map_err(|_| Unusable::NotAPublicKey)?;
        Ok(Self { keys, content: Secret::new(text.to_owned()) })
    }

    /// Returns the version of the secrets that these keys are used with. It changes with the content of the file.
    pub(super) fn version_with(&self, secrets: Fingerprint) -> Fingerprint {
        Secret::new(secrets.to_string()).fingerprint_with(&self.content)
    }

    /// Verifies a session. Every error is [`Refusal::Garbled`].
    pub(super) fn verify(&self, token: &Secret) -> Result<SignatureStatus, Refused> {
        let garbled = |message: String| Refused::new(Refusal::Garbled, message);
        let jwt = Jwt::parse(token.expose()).map_err(|why| garbled(format!("the session is not a JWT: {why}")))?;
        if self.keys.have_signed(&jwt) {
            Ok(SignatureStatus::Verified)
        } else {
            Err(garbled("the session is not signed by a key of `publicKeyFile`".to_owned()))
        }
    }
}

const PUBLIC_KEY_FILE_BYTES_MAX: usize = 64 * 1024;
