//! Keys in every form against tokens with real signatures.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING};
use serde_json::{Value, json};

use super::*;
use crate::session::signed::{ec_signed, rsa_jwk, rsa_signed};

fn token() -> String {
    rsa_signed(&json!({"alg": "RS256", "kid": "SK1"}))
}

fn accept(text: &str, token: &str) -> bool {
    PinnedKeys::parse(text.as_bytes()).unwrap().have_signed(&Jwt::parse(token).unwrap())
}

fn without_kid(mut jwk: Value) -> Value {
    jwk.as_object_mut().unwrap().remove("kid");
    jwk
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        writeln!(text, "{}", str::from_utf8(line).unwrap()).unwrap();
    }
    text + &format!("-----END {label}-----\n")
}

/// The SPKI of the point in a JWK.
fn ec_pem(prefix: &[u8], jwk: &Value) -> String {
    let coordinate =
        |name: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    pem("PUBLIC KEY", &[prefix, &[0x04], &coordinate("x"), &coordinate("y")].concat())
}

#[test]
fn a_key_in_any_form_verifies_its_tokens() {
    for text in [
        RSA_PEM.to_owned(),
        format!("comment\n\n{RSA_PEM}"),
        RSA_PEM.replace('\n', "\r\n"),
        format!("{}{RSA_PEM}", ec_pem(P256_SPKI, &ec_signed(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256", "P-256").1)),
        rsa_jwk().to_string(),
        format!("\n {}", without_kid(rsa_jwk())),
        json!([without_kid(rsa_jwk())]).to_string(),
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519"}, {"kty": "oct"}, 7, rsa_jwk()]}).to_string(),
    ] {
        for header in
            [json!({"alg": "RS256", "kid": "SK1"}), json!({"alg": "RS256", "kid": "another"}), json!({"alg": "RS256"})]
        {
            assert!(accept(&text, &rsa_signed(&header)), "{header} with {text}");
        }
        assert!(!accept(&text, &rsa_signed(&json!({"alg": "ES256", "kid": "SK1"}))), "the algorithm of the key counts");
        let token = token();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        assert!(!accept(&text, &format!("{signed}.{}", &signature[..signature.len() - 4])), "{text}");
    }
}

#[test]
fn elliptic_curve_keys_in_pem_verify_their_tokens_only() {
    for (algorithm, alg, crv, prefix) in [
        (&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256", "P-256", P256_SPKI),
        (&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384", "P-384", P384_SPKI),
    ] {
        let (token, jwk) = ec_signed(algorithm, alg, crv);
        let (other, _) = ec_signed(algorithm, alg, crv);
        assert!(accept(&ec_pem(prefix, &jwk), &token) && accept(&jwk.to_string(), &token), "{alg}");
        assert!(!accept(&ec_pem(prefix, &jwk), &other) && !accept(RSA_PEM, &token), "{alg}");
    }
}

#[test]
fn a_file_without_a_usable_key_is_refused() {
    let certificate = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
    let (_, jwk) = ec_signed(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256", "P-256");
    let p256 = ec_pem(P256_SPKI, &jwk);
    for text in [
        String::new(),
        "K2abc".to_owned(),
        token(),
        "{}".to_owned(),
        "[]".to_owned(),
        "{\"keys\":7}".to_owned(),
        "{\"keys\":[]}".to_owned(),
        json!({"kty": "oct", "k": "c2VjcmV0"}).to_string(),
        json!({"keys": [without_kid(json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}))]}).to_string(),
        format!("{}x", rsa_jwk()),
        SHORT_RSA_PEM.to_owned(),
        format!("{RSA_PEM}{SHORT_RSA_PEM}"),
        certificate.cert.pem(),
        certificate.signing_key.serialize_pem(),
        RSA_PEM.replace("PUBLIC KEY", "PRIVATE KEY"),
        RSA_PEM.replace("-----END PUBLIC KEY-----", ""),
        RSA_PEM.replacen("MIIB", "MIIA", 1),
        p256.replacen("MFkw", "MFgw", 1),
        ec_pem(P384_SPKI, &jwk),
        p256.repeat(KEYS_MAX + 1),
    ] {
        assert_eq!(PinnedKeys::parse(text.as_bytes()), Err(NoPublicKey), "{text}");
    }
}

proptest! {
    #[test]
    fn any_file_is_read_without_a_panic(bytes in any::<Vec<u8>>(), at in 0..400_usize, byte in any::<u8>()) {
        let _ = PinnedKeys::parse(&bytes);
        let _ = PinnedKeys::parse(pem("PUBLIC KEY", &bytes).as_bytes());
        let mut der = STANDARD.decode(RSA_PEM.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
        let at = at % der.len();
        der[at] = byte;
        let _ = PinnedKeys::parse(pem("PUBLIC KEY", &der).as_bytes());
    }
}

const P256_SPKI: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const P384_SPKI: &[u8] =
    b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";
/// `openssl pkey -inform DER -in tests/data/public-test-key.rsa2048.pk8.der -pubout`
const RSA_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA/TG2qkB/frPwyZ8F7CBR
+nbBg/JS4MqNwC5Sqe9CJvK4cvtB/2YW5ZK2ed6Ai/rGson781ukeHv35mE0ZZOp
u9Vh0l2JdHj3HpHhKdM6rsAtSbc7pYdkDPkn6Uw3pBdLQAsdhdsj90WB0Yay1UDX
75REjPqy5GwO1sIT1HdICVXq2Eq/OdbCVqfHiL1RYmxog75EWlfxyOH5U44xFcBq
29NTOMXSyophrC8U8faUPIi0aNbCzdNH0X7h+kRCvrCH+yeZosHJ8OWxDQr6KURR
SZPlFYZZI1X4jcbsNHwE5lcAtnONFigCl/S/0JdHeeYbnuYqK26I90uVzhjMU7Hu
0wIDAQAB
-----END PUBLIC KEY-----
";
/// `openssl genrsa 1024 | openssl pkey -pubout`
const SHORT_RSA_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCsLm9BInPp5g5kcCF4pNUcCC2q
lg/zJC4EJ4o3F0qcr4UTdbYlWgTFj53NOnUWyCEh8dvyIxx3fPhHEcb6vBKlaaVm
+zo69uDcTwmyr701m1G8MfxO5OyieUDQMgEJZHbu2gJUXCXcCI+syW+ckBMWA7EL
nLolPUN3kRV1+T5piQIDAQAB
-----END PUBLIC KEY-----
";
