//! A compact JWS taken apart (RFC 7515, RFC 7519). Nothing here checks the signature: that is [`super::Jwks`].

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{issuer::Issuer, lenient::Lenient};

/// A JWT's parts. It borrows the text, which is secret: hence no `Debug`.
pub struct Jwt<'a> {
    /// `alg` of the header, as the token claims it. Never trusted by itself.
    pub alg: String,
    /// `kid` of the header: the key that signed it.
    pub kid: Option<String>,
    /// `sub`.
    pub subject: Option<String>,
    /// `iat`, since the Unix epoch, by the issuer's clock.
    pub issued_at: Option<Duration>,
    /// `exp`, since the Unix epoch, by the issuer's clock.
    pub expires_at: Option<Duration>,
    /// Whether `exp` is a number that no calendar can hold; it counts as absent above.
    pub expiry_out_of_range: bool,
    issuer: Issuer,
    signed: &'a str,
    signature: Vec<u8>,
}

/// Why a text is no JWT. Nothing of the text is repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAJwt {
    /// Longer than [`JWT_BYTES_MAX`].
    #[error("it is longer than {JWT_BYTES_MAX} bytes")]
    TooLong,
    /// A space, tab or line break in it, wherever: readers would choke on it.
    #[error("there is white space in it")]
    WhiteSpace,
    /// Not three parts, each of them filled.
    #[error("it does not have three parts")]
    Parts,
    /// A part is not base64url without padding.
    #[error("its {0} is not base64url")]
    Encoding(&'static str),
    /// The header is not a JSON object.
    #[error("its header is not a JSON object")]
    Header,
    /// The header does not say how it is signed.
    #[error("its header names no `alg`")]
    NoAlgorithm,
    /// The claims are not a JSON object.
    #[error("its claims are not a JSON object")]
    Claims,
}

impl<'a> Jwt<'a> {
    /// Takes a token apart. Claims with an unusable value count as absent.
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
        let header: Header<'_> = object(&header).ok_or(NotAJwt::Header)?;
        let claims: Claims<'_> = object(&claims).ok_or(NotAJwt::Claims)?;
        Ok(Self {
            alg: header.alg.text().ok_or(NotAJwt::NoAlgorithm)?.to_owned(),
            kid: header.kid.text().map(str::to_owned),
            subject: claims.sub.text().map(str::to_owned),
            issued_at: claims.iat.seconds(),
            expires_at: claims.exp.seconds(),
            expiry_out_of_range: claims.exp.is_too_large(),
            issuer: Issuer::of(&claims.iss),
            signed,
            signature: signature_bytes(signature)?,
        })
    }

    /// Whether the issuer is this project, or is absent.
    pub fn is_of_project(&self, project: &str) -> bool {
        self.issuer.matches(project)
    }

    /// Every claim with its value, for metadata. `None` where a claim holds what JSON can write and no program can tell: half
    /// a character, or a number beyond all bounds.
    pub fn all_claims(&self) -> Option<Map<String, Value>> {
        let (_, claims) = self.signed.split_once('.')?;
        object(&decode(claims, "claims").ok()?)
    }

    /// The bytes that the signature covers.
    pub(super) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The signature.
    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow, default)]
    alg: Lenient<'a>,
    #[serde(borrow, default)]
    kid: Lenient<'a>,
}

#[derive(Deserialize)]
struct Claims<'a> {
    #[serde(borrow, default)]
    iss: Lenient<'a>,
    #[serde(borrow, default)]
    sub: Lenient<'a>,
    #[serde(borrow, default)]
    iat: Lenient<'a>,
    #[serde(borrow, default)]
    exp: Lenient<'a>,
}

/// A signature of the right letters that still cannot be decoded is a bad one, and bad ones are found where signatures are
/// judged.
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

/// Reads a JSON object. Serde would take a list for a struct as well.
fn object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    if is_object { serde_json::from_slice(bytes).ok() } else { None }
}

/// The longest token that is taken: what a whole reply may hold.
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
        Jwt::parse(text).err().expect("no JWT")
    }

    const HEADER: &str = r#"{"alg":"RS256","kid":"SK1","typ":"JWT"}"#;

    #[test]
    fn a_token_is_taken_apart() {
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
    fn every_claim_is_told_as_it_is() {
        let claims = r#"{"sub":"K2","tenants":{"T2":{"roles":["a"]}},"n":1.5,"yes":true,"none":null}"#;
        let text = jwt(HEADER, claims);
        let told = Jwt::parse(&text).unwrap().all_claims().unwrap();
        assert_eq!(Value::Object(told), serde_json::from_str::<Value>(claims).unwrap());
        for beyond in [r#"{"half":"\ud800"}"#, r#"{"n":1e999}"#] {
            assert!(Jwt::parse(&jwt(HEADER, beyond)).unwrap().all_claims().is_none(), "{beyond}");
        }
    }

    #[test]
    fn times_may_be_floats_and_strings_and_absurd_ones_are_absent() {
        let text = jwt(HEADER, r#"{"iat":"1000","exp":1600.5}"#);
        let times = Jwt::parse(&text).map(|jwt| (jwt.issued_at, jwt.expires_at)).unwrap();
        assert_eq!(times, (Some(Duration::from_secs(1000)), Some(Duration::from_millis(1_600_500))));

        for absurd in ["-1", "0", "1e300", "\"soon\"", "null", "{}", "[1]", "true", "99999999999999999999"] {
            let text = jwt(HEADER, &format!(r#"{{"iat":{absurd},"exp":{absurd}}}"#));
            let times = Jwt::parse(&text).map(|jwt| (jwt.issued_at, jwt.expires_at)).unwrap();
            assert_eq!(times, (None, None), "{absurd}");
        }
    }

    #[test]
    fn what_is_not_three_filled_base64url_parts_is_no_jwt() {
        let whole = jwt(HEADER, "{}");
        assert_eq!(error(""), NotAJwt::Parts);
        assert_eq!(error("a.b"), NotAJwt::Parts);
        assert_eq!(error(&format!("{whole}.x")), NotAJwt::Parts);
        assert_eq!(error(&whole[..=whole.rfind('.').unwrap()]), NotAJwt::Parts);
        assert_eq!(error(&format!("{whole}=")), NotAJwt::Encoding("signature"));
        assert!(
            Jwt::parse("eyJhbGciOiJSUzI1NiJ9.e30.a-signature-that-is-none").is_ok(),
            "it is bad, but that is judged elsewhere"
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
        fn any_text_is_read_without_a_panic(text in any::<String>(), claims in any::<Vec<u8>>()) {
            let _ = Jwt::parse(&text);
            let whole = format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
            let _ = Jwt::parse(&whole);
        }
    }
}
