//! Text of the API server, or of an admission webhook behind it, that a message may repeat.

use std::fmt;

/// A text on one line, of bounded length, without characters that look like nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerText(String);

impl ServerText {
    /// Takes the beginning of a text.
    pub fn of(text: &str) -> Self {
        let mut shown = String::new();
        for letter in text.trim().chars() {
            let letter = if letter.is_ascii_graphic() || letter.is_alphanumeric() { letter } else { ' ' };
            if shown.len() + letter.len_utf8() > SERVER_TEXT_BYTES_MAX {
                shown.push('…');
                break;
            }
            shown.push(letter);
        }
        Self(shown)
    }

    /// Returns the text, or a remark in its place if a part of one of these secrets is in it. A webhook may repeat what it refuses.
    #[must_use]
    pub(super) fn without(self, secrets: &[&str]) -> Self {
        let text = self.0.as_bytes();
        let holds = |secret: &&str| text.windows(PART_BYTES).any(|part| contains(secret.as_bytes(), part));
        if secrets.iter().any(holds) { Self(WITHHELD.to_owned()) } else { self }
    }
}

impl fmt::Display for ServerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The most of a text that is repeated.
pub const SERVER_TEXT_BYTES_MAX: usize = 512;
/// The shortest part of a secret that is recognised.
const PART_BYTES: usize = 16;
const WITHHELD: &str = "(the text is withheld, because a part of a secret is in it)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_line_and_bounded() {
        assert_eq!(ServerText::of(" a\nb\u{202e}c\t\"d\" é ").to_string(), "a b c \"d\" é");
        let long = ServerText::of(&"é".repeat(SERVER_TEXT_BYTES_MAX)).to_string();
        assert_eq!(long, format!("{}…", "é".repeat(SERVER_TEXT_BYTES_MAX / 2)));
    }

    #[test]
    fn text_with_a_part_of_a_secret_is_withheld() {
        let secret = "eyJhbGciOiJSUzI1NiJ9.canarycanary";
        let told = |text: &str| ServerText::of(text).without(&["other", secret]).to_string();
        assert_eq!(told("denied: key `token` is too old"), "denied: key `token` is too old");
        assert_eq!(told("denied: eyJhbGciOiJSUzI"), "denied: eyJhbGciOiJSUzI");
        for text in ["denied: eyJhbGciOiJSUzI1", "denied: iJ9.canarycanary!", secret] {
            assert_eq!(told(text), WITHHELD, "{text}");
        }
    }
}
