//! Tokens with real signatures against the keys of a project.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING};
use serde_json::{Value, json};

use super::*;
use crate::session::signed::{base64, ec_signed, parts, rsa_jwk, rsa_signed};

fn set(keys: &[Value]) -> Jwks {
    Jwks::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn verdict(keys: &Jwks, token: &str) -> SignatureVerdict {
    keys.verify(&Jwt::parse(token).unwrap())
}

fn with(mut jwk: Value, field: &str, value: Value) -> Value {
    jwk[field] = value;
    jwk
}

fn without(mut jwk: Value, field: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(field);
    jwk
}

#[test]
fn a_token_signed_by_a_published_key_is_verified() {
    let token = rsa_signed(&json!({"alg": "RS256", "kid": "SK1", "typ": "JWT"}));
    assert_eq!(verdict(&set(&[rsa_jwk()]), &token), SignatureVerdict::Verified);
    let list = Jwks::parse(json!([rsa_jwk()]).to_string().as_bytes()).unwrap();
    assert_eq!(verdict(&list, &token), SignatureVerdict::Verified, "the bare list of /v1/keys");
}

#[test]
fn elliptic_curve_keys_verify_their_tokens_and_nothing_else() {
    for (algorithm, alg, crv) in
        [(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256", "P-256"), (&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384", "P-384")]
    {
        let (token, jwk) = ec_signed(algorithm, alg, crv);
        assert_eq!(verdict(&set(std::slice::from_ref(&jwk)), &token), SignatureVerdict::Verified, "{alg}");
        let (_, other) = ec_signed(algorithm, alg, crv);
        assert_eq!(verdict(&set(std::slice::from_ref(&other)), &token), SignatureVerdict::BadSignature, "{alg}");
        assert_eq!(verdict(&set(&[other, jwk]), &token), SignatureVerdict::Verified, "{alg}: two keys of one `kid`");
    }
}

#[test]
fn a_tampered_token_is_refused() {
    let token = rsa_signed(&json!({"alg": "RS256", "kid": "SK1"}));
    let (text, signature) = token.rsplit_once('.').unwrap();
    let header = text.split_once('.').unwrap().0;
    let keys = set(&[rsa_jwk()]);
    let other_claims = format!("{header}.{}.{signature}", base64(r#"{"iss":"P2abc","exp":2000000001}"#));
    assert_eq!(verdict(&keys, &other_claims), SignatureVerdict::BadSignature);
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[100] ^= 1;
    assert_eq!(verdict(&keys, &format!("{text}.{}", base64(&bytes))), SignatureVerdict::BadSignature);
    assert_eq!(verdict(&keys, &format!("{text}.{}", base64(&bytes[..255]))), SignatureVerdict::BadSignature);
}

#[test]
fn a_token_of_another_key_or_without_kid_is_unknown() {
    let keys = set(&[rsa_jwk()]);
    for header in [json!({"alg": "RS256", "kid": "SK2"}), json!({"alg": "RS256"}), json!({"alg": "RS256", "kid": ""})] {
        assert_eq!(verdict(&keys, &rsa_signed(&header)), SignatureVerdict::UnknownKey);
    }
    assert_eq!(
        verdict(&Jwks::default(), &rsa_signed(&json!({"alg": "RS256", "kid": "SK1"}))),
        SignatureVerdict::UnknownKey
    );
}

#[test]
fn the_header_cannot_choose_the_algorithm() {
    let keys = set(&[rsa_jwk()]);
    let text = parts(&json!({"alg": "none", "kid": "SK1"}));
    assert_eq!(verdict(&keys, &format!("{text}.{}", base64("x"))), SignatureVerdict::BadSignature);
    // The classic attack: an HMAC whose secret is the public key.
    let text = parts(&json!({"alg": "HS256", "kid": "SK1"}));
    for secret in [rsa_jwk()["n"].to_string(), rsa_jwk().to_string()] {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let forged = format!("{text}.{}", base64(ring::hmac::sign(&key, text.as_bytes())));
        assert_eq!(verdict(&keys, &forged), SignatureVerdict::BadSignature);
    }
    // Correctly signed, but the header names another algorithm.
    for alg in ["RS384", "PS256", "ES256", "rs256"] {
        assert_eq!(
            verdict(&keys, &rsa_signed(&json!({"alg": alg, "kid": "SK1"}))),
            SignatureVerdict::BadSignature,
            "{alg}"
        );
    }
}

#[test]
fn a_key_of_an_unsupported_type_verifies_no_forgery() {
    let keys = set(&[
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "SK1", "x": "AAAA"}),
        with(with(rsa_jwk(), "alg", json!("PS512")), "kid", json!("SK2")),
    ]);
    let signed = |alg: &str, kid: &str| rsa_signed(&json!({"alg": alg, "kid": kid}));
    assert_eq!(verdict(&keys, &signed("EdDSA", "SK1")), SignatureVerdict::Unsupported);
    assert_eq!(verdict(&keys, &signed("PS512", "SK2")), SignatureVerdict::Unsupported);
    assert_eq!(verdict(&keys, &signed("RS256", "SK2")), SignatureVerdict::BadSignature);
    for alg in ["none", "None", "HS256"] {
        assert_eq!(verdict(&keys, &signed(alg, "SK1")), SignatureVerdict::BadSignature);
    }
}

#[test]
fn unusable_keys_are_ignored_and_the_others_still_work() {
    let token = rsa_signed(&json!({"alg": "RS256", "kid": "SK1"}));
    let unusable = [
        json!(null),
        json!(7),
        json!("key"),
        json!([]),
        json!({}),
        with(rsa_jwk(), "use", json!("enc")),
        with(rsa_jwk(), "n", json!("!!")),
        with(rsa_jwk(), "n", json!("AQAB")),
        with(rsa_jwk(), "n", json!("AAAA")),
        with(rsa_jwk(), "n", json!(17)),
        without(rsa_jwk(), "e"),
        without(rsa_jwk(), "kid"),
        with(rsa_jwk(), "kid", json!("")),
        json!({"kty": "oct", "kid": "SK1", "k": "c2VjcmV0"}),
        json!({"kty": "EC", "crv": "P-256", "kid": "SK1", "x": base64([1; 40]), "y": base64([1; 32])}),
    ];
    assert!(set(&unusable).is_empty());
    let mut keys = unusable.to_vec();
    keys.push(with(rsa_jwk(), "x5c", json!(["unknown field"])));
    assert_eq!(verdict(&set(&keys), &token), SignatureVerdict::Verified);
}

#[test]
fn a_key_may_lack_optional_fields_and_have_leading_zeros() {
    let token = rsa_signed(&json!({"alg": "RS256", "kid": "SK1"}));
    let zeros = |field: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(rsa_jwk()[field].as_str().unwrap()).unwrap();
        json!(base64([vec![0], bytes].concat()))
    };
    for jwk in
        [without(without(rsa_jwk(), "alg"), "use"), with(rsa_jwk(), "n", zeros("n")), with(rsa_jwk(), "e", zeros("e"))]
    {
        assert_eq!(verdict(&set(&[jwk]), &token), SignatureVerdict::Verified);
    }
}

#[test]
fn an_invalid_key_set_is_refused_and_a_huge_one_is_cut() {
    for body in ["", "{}", "null", "7", "{\"keys\":7}", "<html>", "{\"keys\":[}"] {
        assert_eq!(Jwks::parse(body.as_bytes()), Err(NotAJwks), "{body}");
    }
    assert_eq!(set(&vec![rsa_jwk(); KEYS_MAX + 1]).keys.len(), KEYS_MAX);
}

#[test]
fn keys_are_the_same_after_being_written_and_parsed() {
    let (_, ec) = ec_signed(&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384", "P-384");
    let keys = set(&[rsa_jwk(), ec]);
    assert_eq!(Jwks::parse(keys.to_json().to_string().as_bytes()).unwrap(), keys);
}

#[test]
fn an_odd_member_spoils_no_key() {
    let token = rsa_signed(&json!({"alg": "RS256", "kid": "SK1"}));
    let jwk = rsa_jwk().to_string();
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for odd in ["1e400", "-1e400", r#""\ud800""#, &deep, r#"{"a":1,"a":2}"#] {
        let with_odd = jwk.replacen('{', &format!(r#"{{"x5t":{odd},"#), 1);
        for set in [
            format!(r#"{{"odd":{odd},"keys":[{jwk}]}}"#),
            format!(r#"{{"keys":[{odd},{jwk},{{"kid":{odd}}}]}}"#),
            format!(r#"{{"keys":[{with_odd}]}}"#),
            format!("[{with_odd}]"),
            format!("\u{feff}{{\"keys\":[{jwk}]}}"),
            format!(r#"{{"keys":[],"keys":[{jwk}]}}"#),
        ] {
            let keys = Jwks::parse(set.as_bytes()).unwrap_or_else(|_| panic!("{set:.60}"));
            assert_eq!(verdict(&keys, &token), SignatureVerdict::Verified, "{set:.60}");
        }
    }
}
