//! A JWKS, and whether one of its keys has signed a token.
//!
//! The word `MODULUS` stands for the modulus of the key that signed it.

use serde_json::Value;
use tokenwell::session::{Jwks, Jwt, KEYS_MAX, SignatureVerdict};

use super::{
    Judged,
    base64url::{decoded, encoded},
    signed::{KEY_ID, MODULUS, TOKEN},
    text::assert_one_line,
};

/// Checks what is read of a key set, and what it verifies.
pub fn check(input: &[u8]) -> Judged {
    let Ok(text) = str::from_utf8(input) else { return Judged::Ignored };
    let text = text.replace("MODULUS", &encoded(&MODULUS));
    let keys = match Jwks::parse(text.as_bytes()) {
        Ok(keys) => keys,
        Err(error) => {
            assert_one_line(&error.to_string(), 200);
            return Judged::Refused;
        }
    };
    let printed = keys.to_json();
    assert!(printed["keys"].as_array().unwrap().len() <= KEYS_MAX);
    assert_eq!(Jwks::parse(printed.to_string().as_bytes()), Ok(keys.clone()), "printed and read again");
    assert_eq!(keys.is_empty(), printed["keys"].as_array().unwrap().is_empty());

    let verdict = keys.verify(&Jwt::parse(&TOKEN).unwrap());
    assert!(verdict != SignatureVerdict::Verified || has_key(&printed), "verified by another key");
    let [_, claims, signature] = TOKEN.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    for header in [r#"{"alg":"none","kid":"SK1"}"#, r#"{"alg":"HS256","kid":"SK1"}"#, r#"{"alg":"RS256"}"#] {
        let forged = format!("{}.{claims}.{signature}", encoded(header.as_bytes()));
        let verdict = keys.verify(&Jwt::parse(&forged).unwrap());
        assert!(
            !matches!(verdict, SignatureVerdict::Verified | SignatureVerdict::Unsupported),
            "{header}: {verdict:?}"
        );
    }
    if verdict == SignatureVerdict::Verified { Judged::Accepted } else { Judged::Refused }
}

/// Whether the key that signed the token is in a set.
fn has_key(set: &Value) -> bool {
    set["keys"].as_array().unwrap().iter().any(|key| {
        let modulus = key["n"].as_str().and_then(|text| decoded(text.trim_end_matches('='))).unwrap_or_default();
        let first = modulus.iter().position(|byte| *byte != 0).unwrap_or(modulus.len());
        key["kid"] == KEY_ID && modulus[first..] == **MODULUS
    })
}
