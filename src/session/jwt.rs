//! Parses a compact JWS (RFC 7515, RFC 7519). It does not check the signature; [`super::Jwks`] does.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{issuer::Issuer, json_object::JsonObject};

/// A parsed JWT. It borrows the text, which is secret, so it has no `Debug`.
pub struct Jwt<'a> {
    /// `alg` of the header. It is never trusted by itself.
    pub alg: String,
    /// `kid` of the header: the key that signed it.
    pub kid: Option<String>,
    /// `sub`.
    pub subject: Option<String>,
    /// `iat`, since the Unix epoch, by the issuer's clock.
    pub issued_at: Option<Duration>,
    /// `exp`, since the Unix epoch, by the issuer's clock.
    pub expires_at: Option<Duration>,
    /// Whether it is a refresh token of Descope: `drn` is `DSR`. That of a session is `DS`.
    pub is_refresh_token: bool,
    /// `nbf`, since the Unix epoch, by the issuer's clock; [`Duration::MAX`] if it is beyond the year 9999.
    pub not_before: Option<Duration>,
    /// Whether `exp` is a number beyond the year 9999; `expires_at` is then absent.
    pub expiry_out_of_range: bool,
    issuer: Issuer,
    signed: &'a str,
    signature: Vec<u8>,
}

/// Why a text is not a JWT. The text itself is not repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAJwt {
    /// It is longer than [`JWT_BYTES_MAX`].
    #[error("it is longer than {JWT_BYTES_MAX} bytes")]
    TooLong,
    /// It contains white space, which would break readers.
    #[error("it contains white space")]
    WhiteSpace,
    /// It does not have exactly three non-empty parts.
    #[error("it does not have three parts")]
    Parts,
    /// A part is not base64url without padding.
    #[error("its {0} is not base64url")]
    Encoding(&'static str),
    /// The header is not a JSON object.
    #[error("its header is not a JSON object")]
    Header,
    /// The header lacks the signature algorithm.
    #[error("its header has no `alg`")]
    NoAlgorithm,
    /// The claims are not a JSON object.
    #[error("its claims are not a JSON object")]
    Claims,
}

impl<'a> Jwt<'a> {
    /// Parses a token. Claims with an unusable value count as absent.
    pub fn parse(text: &'a str) -> Result<Self, NotAJwt> {
        if text.len() > JWT_BYTES_MAX {
            return Err(NotAJwt::TooLong);
        }
        if text.chars().any(char::is_whitespace) {
            return Err(NotAJwt::WhiteSpace);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(NotAJwt::Parts)?;
        let (header, claims) = signed.split_once('.').ok_or(NotAJwt::Parts)?;
        if claims.contains('.') || [header, claims, signature].iter().any(|part| part.is_empty()) {
            return Err(NotAJwt::Parts);
        }
        let header = decode(header, "header")?;
        let claims = decode(claims, "claims")?;
        let header = JsonObject::parse(&header).map_err(|_| NotAJwt::Header)?;
        let claims = JsonObject::parse(&claims).map_err(|_| NotAJwt::Claims)?;
        let (exp, nbf) = (claims.field("exp"), claims.field("nbf"));
        Ok(Self {
            alg: header.field("alg").text().ok_or(NotAJwt::NoAlgorithm)?.to_owned(),
            kid: header.field("kid").text().map(str::to_owned),
            subject: claims.field("sub").text().map(str::to_owned),
            issued_at: claims.field("iat").seconds(),
            expires_at: exp.seconds(),
            is_refresh_token: claims.field("drn").text() == Some(REFRESH_TOKEN),
            not_before: nbf.seconds().or(nbf.is_too_large().then_some(Duration::MAX)),
            expiry_out_of_range: exp.is_too_large(),
            issuer: Issuer::of(&claims.field("iss")),
            signed,
            signature: signature_bytes(signature)?,
        })
    }

    /// Whether the issuer is this project, or is absent.
    pub fn is_of_project(&self, project: &str) -> bool {
        self.issuer.matches(project)
    }

    /// Whether the issuer is present and is this project.
    pub fn names_project(&self, project: &str) -> bool {
        self.issuer.names(project)
    }

    /// Whether there is a subject, even one that is no text or cannot be represented.
    pub fn has_subject(&self) -> bool {
        let claims = self.claims();
        JsonObject::parse(&claims).is_ok_and(|claims| !claims.field("sub").is_absent())
    }

    /// Returns every claim with its value, for metadata. A claim whose valid JSON cannot be represented is left out: half of a
    /// surrogate pair, a number that is too large, or more than 127 levels.
    pub fn all_claims(&self) -> Map<String, Value> {
        JsonObject::parse(&self.claims()).map(|claims| claims.to_map()).unwrap_or_default()
    }

    /// Whether there is a claim of this name whose value cannot be represented.
    pub fn has_unreadable_claim(&self, name: &str) -> bool {
        let claims = self.claims();
        JsonObject::parse(&claims).is_ok_and(|claims| claims.raw(name).is_some() && !claims.to_map().contains_key(name))
    }

    fn claims(&self) -> Zeroizing<Vec<u8>> {
        let (_, claims) = self.signed.split_once('.').unwrap_or_default();
        decode(claims, "claims").unwrap_or_default()
    }

    /// Returns the bytes that the signature covers.
    pub(super) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// Returns the signature.
    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// Decodes the signature. A signature with valid letters that cannot be decoded becomes empty, so that verification rejects
/// it.
fn signature_bytes(part: &str) -> Result<Vec<u8>, NotAJwt> {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !part.bytes().all(is_base64url) {
        return Err(NotAJwt::Encoding("signature"));
    }
    Ok(decode(part, "signature").map(|bytes| bytes.to_vec()).unwrap_or_default())
}

fn decode(part: &str, name: &'static str) -> Result<Zeroizing<Vec<u8>>, NotAJwt> {
    URL_SAFE_NO_PAD.decode(part).map(Zeroizing::new).map_err(|_| NotAJwt::Encoding(name))
}

const REFRESH_TOKEN: &str = "DSR";
/// The longest accepted token, which is as long as a whole reply may be.
pub const JWT_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jwt(header: &str, claims: &str) -> String {
        format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims),
            URL_SAFE_NO_PAD.encode("sig")
        )
    }

    fn error(text: &str) -> NotAJwt {
        Jwt::parse(text).err().expect("not a JWT")
    }

    const HEADER: &str = r#"{"alg":"RS256","kid":"SK1","typ":"JWT"}"#;

    #[test]
    fn a_token_is_parsed() {
        let text = jwt(HEADER, r#"{"iss":"P2abc","sub":"K2abc","iat":1000,"exp":1600,"nsec":{"a":[1]},"drn":"DS"}"#);
        let jwt = Jwt::parse(&text).unwrap();
        assert_eq!(
            (jwt.alg.as_str(), jwt.kid.as_deref(), jwt.subject.as_deref()),
            ("RS256", Some("SK1"), Some("K2abc"))
        );
        assert_eq!(jwt.issued_at, Some(Duration::from_secs(1000)));
        assert_eq!(jwt.expires_at, Some(Duration::from_secs(1600)));
    }

    #[test]
    fn every_claim_is_returned_unchanged() {
        let claims = r#"{"sub":"K2","tenants":{"T2":{"roles":["a"]}},"n":1.5,"yes":true,"none":null}"#;
        let text = jwt(HEADER, claims);
        let all = Jwt::parse(&text).unwrap().all_claims();
        assert_eq!(Value::Object(all), serde_json::from_str::<Value>(claims).unwrap());
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for beyond in [r#""\ud800""#, "1e999", "-1e999", &deep] {
            let text = jwt(HEADER, &format!(r#"{{"a":{beyond},"exp":1600,"sub":"K2"}}"#));
            let jwt = Jwt::parse(&text).unwrap();
            assert_eq!(Value::Object(jwt.all_claims()), serde_json::json!({"exp": 1600, "sub": "K2"}), "{beyond:.40}");
            assert_eq!((jwt.subject.as_deref(), jwt.expires_at), (Some("K2"), Some(Duration::from_secs(1600))));
        }
    }

    #[test]
    fn times_may_be_floats_or_strings_and_absurd_ones_are_absent() {
        let text = jwt(HEADER, r#"{"iat":"1000","exp":1600.5}"#);
        let times = Jwt::parse(&text).map(|jwt| (jwt.issued_at, jwt.expires_at)).unwrap();
        assert_eq!(times, (Some(Duration::from_secs(1000)), Some(Duration::from_millis(1_600_500))));

        for absurd in
            ["-1", "0", "1e300", "\"soon\"", "null", "{}", "[1]", "true", "99999999999999999999", "1e400", "-1e400"]
        {
            let text = jwt(HEADER, &format!(r#"{{"iat":{absurd},"exp":{absurd}}}"#));
            let times = Jwt::parse(&text).map(|jwt| (jwt.issued_at, jwt.expires_at)).unwrap();
            assert_eq!(times, (None, None), "{absurd}");
        }
    }

    #[test]
    fn nbf_beyond_the_calendar_is_never_reached() {
        let nbf = |claim: &str| Jwt::parse(&jwt(HEADER, &format!(r#"{{"nbf":{claim}}}"#))).unwrap().not_before;
        assert_eq!(nbf("1000"), Some(Duration::from_secs(1000)));
        for absent in ["0", "null", "\"\"", "-1", "[1000]"] {
            assert_eq!(nbf(absent), None, "{absent}");
        }
        for beyond in ["1795435200000", "1e300", "1e400", "\"99999999999999999999\""] {
            assert_eq!(nbf(beyond), Some(Duration::MAX), "{beyond}");
        }
    }

    #[test]
    fn a_jwt_has_three_non_empty_base64url_parts() {
        let whole = jwt(HEADER, "{}");
        assert_eq!(error(""), NotAJwt::Parts);
        assert_eq!(error("a.b"), NotAJwt::Parts);
        assert_eq!(error(&format!("{whole}.x")), NotAJwt::Parts);
        assert_eq!(error(&whole[..=whole.rfind('.').unwrap()]), NotAJwt::Parts);
        assert_eq!(error(&format!("{whole}=")), NotAJwt::Encoding("signature"));
        assert!(
            Jwt::parse("eyJhbGciOiJSUzI1NiJ9.e30.a-signature-that-is-none").is_ok(),
            "the signature is invalid, which verification finds"
        );
        assert_eq!(error(&format!("é{whole}")), NotAJwt::Encoding("header"));
        assert_eq!(error(&format!("{whole}\0")), NotAJwt::Encoding("signature"));
        assert_eq!(error(&"a".repeat(JWT_BYTES_MAX + 1)), NotAJwt::TooLong);
    }

    #[test]
    fn white_space_anywhere_is_refused() {
        let whole = jwt(HEADER, "{}");
        for spoilt in
            [format!(" {whole}"), format!("{whole}\n"), format!("{whole}\u{a0}"), whole.replacen('.', ".\t", 1)]
        {
            assert_eq!(error(&spoilt), NotAJwt::WhiteSpace);
        }
    }

    #[test]
    fn header_and_claims_must_be_objects() {
        assert_eq!(error(&jwt("[\"RS256\"]", "{}")), NotAJwt::Header);
        assert_eq!(error(&jwt("{\"alg\":1}", "{}")), NotAJwt::NoAlgorithm);
        assert_eq!(error(&jwt(HEADER, "[\"P2abc\",\"K2\",1,2]")), NotAJwt::Claims);
        assert_eq!(error(&jwt(HEADER, "{\"exp\":1")), NotAJwt::Claims);
        assert_eq!(error(&jwt(HEADER, "null")), NotAJwt::Claims);
        assert_eq!(error(&jwt(HEADER, &"[".repeat(10_000))), NotAJwt::Claims);
        assert_eq!(error(&jwt(HEADER, &format!("{{\"a\":{}", "[".repeat(10_000)))), NotAJwt::Claims);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_a_panic(text in any::<String>(), claims in any::<Vec<u8>>()) {
            let _ = Jwt::parse(&text);
            let whole = format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
            let _ = Jwt::parse(&whole);
        }
    }
}
