//! Tokens that test keys signed.

use std::sync::LazyLock;

use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents},
};

use super::base64url::encoded;

/// The id of the key.
pub(super) const KEY_ID: &str = "SK1";

/// The modulus of the key that signed [`TOKEN`], without leading zeros.
pub(super) static MODULUS: LazyLock<Vec<u8>> = LazyLock::new(|| RsaPublicKeyComponents::from(KEY.public()).n);

/// A session of RS256.
pub(super) static TOKEN: LazyLock<String> = LazyLock::new(|| {
    let signed = format!("{}.{}", encoded(br#"{"alg":"RS256","kid":"SK1"}"#), encoded(br#"{"iss":"P2abc"}"#));
    let mut signature = vec![0; KEY.public().modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", encoded(&signature))
});

static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    RsaKeyPair::from_pkcs8(include_bytes!("../../tests/data/public-test-key.rsa2048.pk8.der")).unwrap()
});
