//! The public keys of `publicKeyFile`.

use std::path::Path;

use super::{
    secret_file,
    secret_kind::SecretKind,
    unusable::{ReadError, Unusable},
};
use crate::{
    exchange::{Refused, SignatureStatus},
    renewal::Refusal,
    secret::Secret,
    session::{Jwks, Jwt, SignatureVerdict},
};

/// Reads the public keys. Blocks on the disk.
pub(super) fn read(path: &Path) -> Result<Jwks, ReadError> {
    let bytes = secret_file::read(path, PUBLIC_KEY_FILE_BYTES_MAX);
    let keys = bytes.and_then(|bytes| {
        let keys = Jwks::parse(&bytes).map_err(|_| Unusable::NotAPublicKey)?;
        if keys.is_empty() { Err(Unusable::NotAPublicKey) } else { Ok(keys) }
    });
    keys.map_err(|why| ReadError { kind: SecretKind::PublicKey, path: path.to_owned(), why })
}

/// Verifies a session with pinned keys. Every error is [`Refusal::Garbled`].
pub(super) fn pinned(keys: &Jwks, token: &Secret) -> Result<SignatureStatus, Refused> {
    let garbled = |message: String| Refused { refusal: Refusal::Garbled, message };
    let jwt = Jwt::parse(token.expose()).map_err(|why| garbled(format!("the session is not a JWT: {why}")))?;
    match keys.verify(&jwt) {
        SignatureVerdict::Verified => Ok(SignatureStatus::Verified),
        SignatureVerdict::UnknownKey | SignatureVerdict::BadSignature | SignatureVerdict::Unsupported => {
            Err(garbled("the session is not signed by a key of `publicKeyFile`".to_owned()))
        }
    }
}

const PUBLIC_KEY_FILE_BYTES_MAX: usize = 64 * 1024;
