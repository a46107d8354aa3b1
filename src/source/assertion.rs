//! An assertion in a file: a JWT that another issuer gives to a workload, such as a service-account token that the kubelet
//! projects into a volume (RFC 7523).

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::{
    chain_folder::TOKEN_FILE_BYTES_MAX,
    explanation::explained,
    identity::Identity,
    secret_file,
    secret_kind::SecretKind,
    unusable::{ReadError, Unusable},
    word::word_in,
};
use crate::{secret::Secret, session::Jwt};

/// An assertion that was read from its file and has not expired.
#[derive(Debug)]
pub(super) struct Assertion {
    token: Secret,
    identity: Identity,
}

impl Assertion {
    /// Reads an assertion. Blocks on the disk.
    pub(super) fn read(path: &Path, now: SystemTime) -> Result<Self, ReadError> {
        let explain = |bytes: &[u8], why| match why {
            Unusable::Expired { .. } => why,
            why => explained(SecretKind::Assertion, bytes, why),
        };
        let assertion = secret_file::read(path, TOKEN_FILE_BYTES_MAX)
            .and_then(|bytes| Self::parse(&bytes, now).map_err(|why| explain(&bytes, why)));
        assertion.map_err(|why| ReadError { kind: SecretKind::Assertion, path: path.to_owned(), why })
    }

    /// Parses the content of a file. `now` is this machine's wall clock. There is no leeway for `exp`: the kubelet replaces a
    /// token after 80 % of its life, so one at its end is not being replaced.
    fn parse(bytes: &[u8], now: SystemTime) -> Result<Self, Unusable> {
        let token = word_in(bytes)?;
        let jwt = Jwt::parse(token.expose()).map_err(Unusable::NotAJwt)?;
        let expiry = jwt.expires_at.and_then(|at| UNIX_EPOCH.checked_add(at));
        if let Some(at) = expiry.filter(|at| *at <= now) {
            return Err(Unusable::Expired { at });
        }
        let owner = owner(&jwt);
        let key = Secret::new(owner.to_string()).fingerprint();
        let identity = Identity { key, shown: key, version: token.fingerprint() };
        Ok(Self { token, identity })
    }

    /// Returns whose assertion it is, and which one.
    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    /// Returns the JWT.
    pub(super) fn token(&self) -> &Secret {
        &self.token
    }

    pub(super) fn into_token(self) -> Secret {
        self.token
    }
}

/// Returns issuer, subject and audience, which stay when the issuer replaces an assertion. One audience as a text equals a
/// list of one, and the order of several does not matter.
fn owner(jwt: &Jwt<'_>) -> Value {
    let claims = jwt.all_claims();
    let mut audiences = match claims.get("aud") {
        Some(Value::Array(audiences)) => audiences.clone(),
        Some(audience) => vec![audience.clone()],
        None => Vec::new(),
    };
    audiences.sort_by_cached_key(Value::to_string);
    json!([claims.get("iss"), claims.get("sub"), audiences])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::session::NotAJwt;

    proptest::proptest! {
        #[test]
        fn an_accepted_file_holds_one_jwt(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64), cut in 0_usize..60) {
            let whole = format!("{HEADER}.eyJleHAiOjEwMDF9.c2ln");
            let mut mixed = whole.as_bytes()[..cut.min(whole.len())].to_vec();
            mixed.extend(&bytes);
            for content in [&bytes, &mixed] {
                if let Ok(assertion) = Assertion::parse(content, UNIX_EPOCH + NOW) {
                    proptest::prop_assert!(Jwt::parse(assertion.token().expose()).is_ok());
                }
            }
        }
    }

    const NOW: Duration = Duration::from_secs(1_000);
    /// `{"alg":"RS256"}`.
    const HEADER: &str = "eyJhbGciOiJSUzI1NiJ9";

    fn parse(text: &str) -> Result<Assertion, Unusable> {
        Assertion::parse(text.as_bytes(), UNIX_EPOCH + NOW)
    }

    fn identity(claims: &str) -> Identity {
        parse(&format!("{HEADER}.{claims}.c2ln\n")).unwrap().identity()
    }

    #[test]
    fn a_replaced_assertion_is_the_same_key_in_another_version() {
        // {"iss":"k","sub":"s","aud":["a","b"],"exp":1001}
        let first = identity("eyJpc3MiOiJrIiwic3ViIjoicyIsImF1ZCI6WyJhIiwiYiJdLCJleHAiOjEwMDF9");
        // {"iss":"k","sub":"s","aud":["b","a"],"exp":2000,"jti":"x"}
        let second = identity("eyJpc3MiOiJrIiwic3ViIjoicyIsImF1ZCI6WyJiIiwiYSJdLCJleHAiOjIwMDAsImp0aSI6IngifQ");
        assert_eq!((first.key, first.shown), (second.key, second.shown));
        assert_ne!(first.version, second.version);
    }

    #[test]
    fn another_issuer_subject_or_audience_is_another_key() {
        let keys = [
            // {"iss":"k","sub":"s","aud":["a"]}
            "eyJpc3MiOiJrIiwic3ViIjoicyIsImF1ZCI6WyJhIl19",
            // {"iss":"l","sub":"s","aud":["a"]}
            "eyJpc3MiOiJsIiwic3ViIjoicyIsImF1ZCI6WyJhIl19",
            // {"iss":"k","sub":"t","aud":["a"]}
            "eyJpc3MiOiJrIiwic3ViIjoidCIsImF1ZCI6WyJhIl19",
            // {"iss":"k","sub":"s","aud":["b"]}
            "eyJpc3MiOiJrIiwic3ViIjoicyIsImF1ZCI6WyJiIl19",
            // {"sub":"s","aud":["a"]}
            "eyJzdWIiOiJzIiwiYXVkIjpbImEiXX0",
        ]
        .map(|claims| identity(claims).key);
        for (n, key) in keys.iter().enumerate() {
            assert!(!keys[..n].contains(key), "number {n}");
        }
        // {"iss":"k","sub":"s","aud":"a"}
        assert_eq!(identity("eyJpc3MiOiJrIiwic3ViIjoicyIsImF1ZCI6ImEifQ").key, keys[0], "one audience as a text");
    }

    #[test]
    fn an_expired_assertion_is_unusable_and_says_since_when() {
        // {"exp":1000} and {"exp":1001}
        let ended = parse(&format!("{HEADER}.eyJleHAiOjEwMDB9.c2ln")).unwrap_err();
        let error = ReadError { kind: SecretKind::Assertion, path: "/tokens/descope".into(), why: ended };
        insta::assert_snapshot!(error, @"cannot use assertion file `/tokens/descope`: it expired at 1970-01-01T00:16:40Z by this machine's clock; its issuer must replace it, as the kubelet does in a projected volume; check this machine's clock too");
        assert!(parse(&format!("{HEADER}.eyJleHAiOjEwMDF9.c2ln")).is_ok());
        assert!(parse(&format!("{HEADER}.e30.c2ln")).is_ok(), "the server decides about one without `exp`");
    }

    #[test]
    fn what_is_no_jwt_is_unusable() {
        assert!(matches!(parse(" \n"), Err(Unusable::Empty)));
        assert!(matches!(parse("K2abc"), Err(Unusable::NotAJwt(NotAJwt::Parts))));
        assert!(matches!(parse(&format!("{HEADER}.e30.c2ln {HEADER}")), Err(Unusable::InnerSpace)));
        assert!(matches!(parse(&format!("{HEADER}.e30")), Err(Unusable::NotAJwt(_))), "cut in the middle of a write");
    }
}
