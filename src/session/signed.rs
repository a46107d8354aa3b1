//! Keys and tokens with real signatures, for tests.

#![cfg(test)]
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{
        EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
    },
};
use serde_json::{Value, json};

const RSA_KEY: &[u8] = include_bytes!("../../tests/data/public-test-key.rsa2048.pk8.der");

pub(super) fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn parts(header: &Value) -> String {
    format!("{}.{}", base64(header.to_string()), base64(r#"{"iss":"P2abc","exp":2000000000}"#))
}

pub(super) fn rsa_key() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(RSA_KEY).unwrap()
}

pub(super) fn rsa_signed(header: &Value) -> String {
    let (key, text) = (rsa_key(), parts(header));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", base64(signature))
}

pub(super) fn rsa_jwk() -> Value {
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(rsa_key().public());
    json!({"alg": "RS256", "e": base64(public.e), "kid": "SK1", "kty": "RSA", "n": base64(public.n), "use": "sig"})
}

/// A key, the token it signed and its JWK.
pub(super) fn ec_signed(algorithm: &'static EcdsaSigningAlgorithm, alg: &str, crv: &str) -> (String, Value) {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
    let text = parts(&json!({"alg": alg, "kid": "P2abc"}));
    let signature = key.sign(&random, text.as_bytes()).unwrap();
    let (x, y) = key.public_key().as_ref()[1..].split_at(key.public_key().as_ref().len() / 2);
    let jwk = json!({"kty": "EC", "crv": crv, "kid": "P2abc", "x": base64(x), "y": base64(y), "use": "sig"});
    (format!("{text}.{}", base64(signature)), jwk)
}
