//! The token in a file, found by the format of the output. Pure functions of the file's bytes.

use serde_json::{Map, Value};

use super::candidates::{jwts, unquoted};
use crate::{
    output::render::{BEARER, Field, Format, HEADER},
    secret::Secret,
};

/// Returns the token in the content of an output. In the result of a template it is found only if it is a JWT, and the only one.
pub(super) fn written_token(format: &Format, bytes: &[u8]) -> Option<Secret> {
    let token = match format {
        Format::Jwt => str::from_utf8(bytes).ok()?.to_owned(),
        Format::Header => str::from_utf8(bytes).ok()?.strip_prefix(HEADER)?.trim_end_matches('\n').to_owned(),
        Format::Bearer => str::from_utf8(bytes).ok()?.strip_prefix(BEARER)?.to_owned(),
        Format::Json { .. } => match serde_json::from_slice::<Map<String, Value>>(bytes).ok()?.remove("token")? {
            Value::String(token) => token,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => return None,
        },
        Format::Env { variables, .. } => {
            let variable = variables.iter().find(|variable| variable.field == Field::Token)?;
            let value = |line: &str| line.strip_prefix(&*variable.name)?.strip_prefix('=').map(str::to_owned);
            unquoted(&str::from_utf8(bytes).ok()?.lines().find_map(value)?).to_owned()
        }
        Format::Template(_) => return only(jwts(bytes)),
    };
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    is_token.then(|| Secret::new(token))
}

/// Returns the token that all candidates are.
fn only(mut candidates: impl Iterator<Item = Secret>) -> Option<Secret> {
    let first = candidates.next()?;
    candidates.all(|other| other.fingerprint() == first.fingerprint()).then_some(first)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::output::{Quotes, Variable};

    fn fingerprint(token: &str) -> crate::fingerprint::Fingerprint {
        Secret::new(token.to_owned()).fingerprint()
    }

    #[test]
    fn the_token_is_found_in_every_format() {
        let token = "a~b'c.d-e_f";
        let json = Format::Json { claims: BTreeSet::new(), fields: BTreeSet::new() };
        let env = Format::Env { variables: Variable::defaults(), quotes: Quotes::Auto };
        for (format, content) in [
            (Format::Jwt, token.to_owned()),
            (Format::Header, format!("Authorization: Bearer {token}\n")),
            (Format::Bearer, format!("Bearer {token}")),
            (json, format!("{{\"other\":\"x\",\"token\":\"{token}\"}}\n")),
            (env, "DESCOPE_PROJECT_ID=P2\nDESCOPE_SESSION_TOKEN=\"a~b'c.d-e_f\"\n".to_owned()),
        ] {
            let found = written_token(&format, content.as_bytes());
            assert_eq!(found.map(|found| found.fingerprint()), Some(fingerprint(token)), "{format:?}");
        }
    }

    #[test]
    fn what_is_not_whole_is_no_token() {
        for content in ["", "two words", "a\n", "\u{e9}"] {
            assert!(written_token(&Format::Jwt, content.as_bytes()).is_none(), "{content:?}");
        }
        assert!(written_token(&Format::Header, b"Bearer x\n").is_none());
        for content in ["x", "Bearer ", "Bearer x\n", "bearer x", "Authorization: Bearer x"] {
            assert!(written_token(&Format::Bearer, content.as_bytes()).is_none(), "{content:?}");
        }
    }

    #[test]
    fn of_several_jwts_none_is_chosen() {
        let found = |text: &str| only(jwts(text.as_bytes())).map(|found| found.fingerprint());
        assert_eq!(found("x \"aa.bb.cc\"; y 'aa.bb.cc'"), Some(fingerprint("aa.bb.cc")));
        assert_eq!(found("aa.bb.cc aa.bb.dd"), None);
    }
}
