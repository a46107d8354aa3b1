//! Finds an access key or a session in the output of a program, in any encoding.

use std::fmt::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// The secrets to search for.
#[derive(Default)]
pub(crate) struct Leaks {
    /// Description and encoded form of each secret.
    needles: Vec<(&'static str, String)>,
}

impl Leaks {
    /// Starts with the common form of all JWTs; secrets are added later.
    pub(crate) fn new() -> Self {
        Self { needles: vec![("a JWT's header", "eyJ".to_owned())] }
    }

    pub(crate) fn key(&mut self, key: &str) {
        self.needles.push(("an access key", key.to_owned()));
        self.dressed("an access key in another dress", key.as_bytes());
    }

    /// Adds a JWT and its signature, which is secret too: with it the rest can be guessed.
    pub(crate) fn jwt(&mut self, jwt: &str) {
        let (claims, signature) = jwt.rsplit_once('.').unwrap();
        self.needles.push(("a JWT's claims", claims.split_once('.').unwrap().1.to_owned()));
        self.needles.push(("a JWT's signature", signature.to_owned()));
        self.dressed("a JWT's signature in another dress", signature.as_bytes());
        let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        self.dressed("a JWT's signature, decoded", &bytes);
    }

    /// Returns every position at which a secret occurs.
    pub(crate) fn all_in(&self, bytes: &[u8]) -> Vec<(&'static str, usize)> {
        let mut by_first: Vec<Vec<&(&'static str, String)>> = vec![Vec::new(); 256];
        for needle in &self.needles {
            by_first[usize::from(needle.1.as_bytes()[0])].push(needle);
        }
        let at = |place: usize| {
            let here = by_first[usize::from(bytes[place])].iter();
            here.copied()
                .find(|(_, needle)| bytes[place..].starts_with(needle.as_bytes()))
                .map(|found| (found.0, place))
        };
        (0..bytes.len()).filter_map(at).collect()
    }

    /// Returns which secret the text contains, without repeating the text.
    pub(crate) fn found_in(&self, text: &str) -> Option<&'static str> {
        self.needles.iter().find(|(_, needle)| text.contains(needle)).map(|(what, _)| *what)
    }

    fn dressed(&mut self, what: &'static str, bytes: &[u8]) {
        let mut looks = vec![hex(bytes, "", false), hex(bytes, "", true), hex(bytes, "%", true), listed(bytes)];
        looks.push(percent(bytes));
        // Base64 of the bytes after any prefix has three alignments; each form omits the incomplete characters at both ends.
        for before in 0..3 {
            let text = STANDARD.encode([&b"xx"[..before], bytes].concat());
            let inner = &text[before.div_ceil(3) * 4..text.len() - 4];
            looks.push(inner.to_owned());
            looks.push(inner.replace('+', "-").replace('/', "_"));
        }
        self.needles.extend(looks.into_iter().map(|look| (what, look)));
    }
}

fn hex(bytes: &[u8], before: &str, capitals: bool) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = if capitals { write!(text, "{before}{byte:02X}") } else { write!(text, "{before}{byte:02x}") };
        text
    })
}

/// The bytes as `{:?}` prints them.
fn listed(bytes: &[u8]) -> String {
    format!("{bytes:?}").trim_matches(['[', ']']).to_owned()
}

/// The text as a URL encodes it.
fn percent(bytes: &[u8]) -> String {
    let dressed = |byte: &u8| {
        if byte.is_ascii_alphanumeric() { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    bytes.iter().map(dressed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_any_dress_and_nothing_else_is() {
        let mut leaks = Leaks::new();
        leaks.key("K2abc+/=def");
        leaks.jwt("eyJhIjoxfQ.eyJiIjoyfQ.c2lnbmF0dXJlLW9mLXNvbWUtbGVuZ3Ro");
        assert_eq!(leaks.found_in("credential=a key=ba7816bf8f01cfea"), None);
        for said in [
            "K2abc+/=def".to_owned(),
            "K2abc%2B%2F%3Ddef".to_owned(),
            STANDARD.encode("Bearer P2x:K2abc+/=def and more"),
            STANDARD.encode("1Bearer P2x:K2abc+/=def and more"),
            URL_SAFE_NO_PAD.encode("22Bearer P2x:K2abc+/=def"),
            format!("{:?}", b"K2abc+/=def"),
            format!("{:?}", b"a K2abc+/=def b".to_vec()),
            hex(b"P:K2abc+/=def", "", false),
            "…c2lnbmF0dXJlLW9mLXNvbWUtbGVuZ3Ro…".to_owned(),
            "{\"token\":\"eyJ".to_owned(),
        ] {
            assert!(leaks.found_in(&said).is_some(), "{said}");
            assert!(!leaks.all_in(said.as_bytes()).is_empty(), "{said}");
        }
    }
}
