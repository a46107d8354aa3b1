//! Recognises what people and programs put into a secret file instead of the secret alone. Pure functions of its bytes.
//!
//! Descope's access keys begin with `K2` and have about 70 letters and digits. That is not documented, so nothing is refused for its
//! form: what is recognised here explains a denial, and a file that is unusable anyway.

mod words;

use base64::{Engine as _, engine::general_purpose as alphabet};

use self::words::{ENCLOSING, ENCRYPTED, ESCAPES, NOTHING, PLACEHOLDERS, QUOTE_PAIRS, QUOTES, REFERENCES};
use super::{secret_kind::SecretKind, suspicion::Suspicion};
use crate::characters;

/// Returns what the content of a secret file probably is instead. Short and free texts, such as answers, are judged by fewer rules
/// than keys.
pub(super) fn judge(kind: SecretKind, content: &[u8]) -> Option<Suspicion> {
    if is_utf16(content) {
        return Some(Suspicion::Utf16);
    }
    let text = String::from_utf8_lossy(content);
    let text = text.trim_start_matches('\u{feff}').trim();
    let of_any = || of_template(text).or_else(|| in_quotes(text).and_then(of_template));
    match kind {
        SecretKind::AccessKey | SecretKind::AuthManagementKey => {
            of_any().or_else(|| of_text(text)).or_else(|| of_key(text))
        }
        SecretKind::ClientSecret | SecretKind::ExternalToken => of_any().or_else(|| of_text(text)),
        // These are used only if they are JWTs.
        SecretKind::RefreshToken | SecretKind::RotatedToken | SecretKind::Assertion => {
            let found = of_any().or_else(|| of_text(text)).or_else(|| of_key(text));
            found.filter(|found| *found != Suspicion::Jwt)
        }
        SecretKind::Answers => of_any(),
        SecretKind::PublicKey => None,
    }
}

/// Recognises what no program replaced, resolved or decrypted.
fn of_template(text: &str) -> Option<Suspicion> {
    let is_encrypted = ENCRYPTED.iter().any(|start| text.starts_with(start));
    let lower = text.get(..REFERENCE_BYTES_MAX.min(text.len())).unwrap_or_default().to_ascii_lowercase();
    let is_reference = REFERENCES.iter().any(|start| lower.starts_with(start) && lower.len() > start.len());
    let encloses = |(open, close): &(&str, &str)| {
        let inner = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).unwrap_or_default();
        !inner.is_empty() && !inner.contains(['"', '\'', '\n'])
    };
    let is_variable =
        text.strip_prefix('$').is_some_and(|name| is_name(name) && !name.bytes().all(|b| b.is_ascii_digit()));
    match () {
        () if is_encrypted => Some(Suspicion::Encrypted),
        () if is_markup(&lower) => Some(Suspicion::Markup),
        () if is_reference => Some(Suspicion::Reference),
        () if is_variable || ENCLOSING.iter().any(encloses) => Some(Suspicion::Placeholder),
        () => None,
    }
}

/// Recognises what any long random text is not.
fn of_text(text: &str) -> Option<Suspicion> {
    let inner = in_quotes(text);
    let word = inner.unwrap_or(text).to_ascii_lowercase();
    let bare: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_placeholder = PLACEHOLDERS.iter().any(|start| bare.starts_with(start));
    let is_masked = word.chars().count() >= MASK_CHARS_MIN && word.chars().all(|c| "*.•●x·…-_#".contains(c));
    match () {
        () if NOTHING.contains(&word.as_str()) => Some(Suspicion::Nothing),
        () if is_masked => Some(Suspicion::Masked),
        () if is_placeholder && bare.len() <= PLACEHOLDER_BYTES_MAX => Some(Suspicion::Placeholder),
        () if text.starts_with("-----BEGIN ") => Some(Suspicion::Pem),
        () if is_manifest(text) => Some(Suspicion::Manifest),
        () if is_json(text) => Some(Suspicion::Json),
        () if text.starts_with("-n ") || text.starts_with("-e ") || text.starts_with("-ne ") => {
            Some(Suspicion::EchoOption)
        }
        () if is_header(&word) => Some(Suspicion::Header),
        () if text.lines().any(is_assignment) => Some(Suspicion::Assignment),
        () if text.lines().any(is_field) => Some(Suspicion::Field),
        () if inner.is_some() => Some(Suspicion::Quotes),
        () if ESCAPES.iter().any(|escape| text.ends_with(escape)) => Some(Suspicion::EscapedLineEnd),
        () if word.starts_with("http://") || word.starts_with("https://") => Some(Suspicion::Url),
        () if is_base64_of_text(text) => Some(Suspicion::Base64),
        () if is_error(&word) => Some(Suspicion::ErrorMessage),
        () => text.chars().find(|c| is_unseen(*c)).map(Suspicion::Invisible),
    }
}

/// Recognises what no access key is.
fn of_key(text: &str) -> Option<Suspicion> {
    let mark = text.chars().next_back().filter(|mark| ",;%\\|".contains(*mark));
    let words: Vec<_> = text.split_whitespace().collect();
    match () {
        () if text.starts_with(QUOTES) || text.ends_with(QUOTES) => Some(Suspicion::Quotes),
        () if is_project_id(text) => Some(Suspicion::ProjectId),
        () if is_jwt(text) => Some(Suspicion::Jwt),
        () if is_hex_of_key(text) => Some(Suspicion::Hex),
        () if is_path(text) => Some(Suspicion::Path),
        () if text.ends_with("...") || text.ends_with('…') => Some(Suspicion::CutCopy),
        () if text.strip_prefix("K2").is_some_and(is_filler) => Some(Suspicion::Placeholder),
        () if ESCAPES.iter().any(|escape| text.contains(escape)) => Some(Suspicion::EscapedLineEnd),
        () if words.len() > 1 && words.iter().all(|word| word.starts_with("K2")) => Some(Suspicion::SeveralKeys),
        () => mark.map(Suspicion::MarkAtEnd),
    }
}

/// Whether a text is `P` and 27 letters and digits, the first of which is `2` today, or 31 with a region in between. Keys are longer, and
/// begin with `K`.
pub(super) fn is_project_id(text: &str) -> bool {
    let is_of_usual_length = matches!(text.len(), 28 | 32);
    let begins_as_one = text.starts_with("P2") && text.len() <= PROJECT_ID_BYTES_MAX;
    text.starts_with('P')
        && (is_of_usual_length || begins_as_one)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns the text in quotes of the same kind on both sides.
fn in_quotes(text: &str) -> Option<&str> {
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let is_pair = QUOTE_PAIRS.iter().any(|(open, close)| (*open, *close) == (first, last));
    is_pair.then(|| text.get(first.len_utf8()..text.len() - last.len_utf8())).flatten().map(str::trim)
}

/// Whether bytes are letters of ASCII in UTF-16, with a byte order mark or without one.
fn is_utf16(content: &[u8]) -> bool {
    if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
        return true;
    }
    let zeros = |odd: usize| content.iter().skip(odd).step_by(2).all(|byte| *byte == 0);
    content.len() >= 8 && content.len().is_multiple_of(2) && (zeros(0) != zeros(1))
}

fn is_markup(lower: &str) -> bool {
    ["<!doctype", "<html", "<?xml", "<error", "<head", "<body"].iter().any(|start| lower.starts_with(start))
}

fn is_manifest(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("apiVersion:")) && text.lines().any(|line| line.starts_with("kind:"))
}

fn is_json(text: &str) -> bool {
    let ends = [('{', '}'), ('[', ']')];
    ends.iter().any(|(open, close)| text.len() > 1 && text.starts_with(*open) && text.ends_with(*close))
}

fn is_header(lower: &str) -> bool {
    let (first, rest) = lower.split_once([' ', ':', '=']).unwrap_or_default();
    let is_scheme = ["bearer", "basic", "authorization", "x-api-key", "x-descope-access-key"].contains(&first);
    is_scheme && !rest.is_empty()
}

/// Whether a line is `NAME=VALUE`. The name must be one that people give to secrets, or the value begin as Descope's keys do: a random
/// text may have an `=` inside, and base64 ends with some.
fn is_assignment(line: &str) -> bool {
    let line = line.trim();
    let line = ["export ", "set ", "declare ", "ENV ", "$env:", "--"]
        .iter()
        .find_map(|word| line.strip_prefix(word))
        .unwrap_or(line);
    line.split_once('=').is_some_and(|(name, value)| is_named_value(name.trim(), value))
}

/// Whether a line is `name: value`, with the same names.
fn is_field(line: &str) -> bool {
    let line = line.trim().trim_start_matches("- ");
    line.split_once(':').is_some_and(|(name, value)| is_named_value(name.trim().trim_matches(QUOTES), value))
}

fn is_named_value(name: &str, value: &str) -> bool {
    let value = value.trim().trim_start_matches(QUOTES);
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.len() <= NAME_BYTES_MAX;
    let lower = name.to_ascii_lowercase();
    let is_shouted =
        name.contains('_') && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let is_telling = ["key", "secret", "token", "password", "descope"].iter().any(|part| lower.contains(part));
    let is_of_a_key = name.starts_with("K2") && !name.contains('_');
    is_word
        && !is_of_a_key
        && !value.trim_matches('=').is_empty()
        && (is_shouted || is_telling || value.starts_with("K2"))
}

/// Whether a text is base64 of at least [`DECODED_BYTES_MIN`] visible characters. A random text of this alphabet decodes to other bytes.
fn is_base64_of_text(text: &str) -> bool {
    let joined: String = text.split_whitespace().collect();
    let bare = joined.trim_end_matches('=');
    let decoded = alphabet::STANDARD_NO_PAD.decode(bare).or_else(|_| alphabet::URL_SAFE_NO_PAD.decode(bare));
    let is_visible = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    decoded.is_ok_and(|decoded| {
        let long = decoded.len() >= DECODED_BYTES_MIN || decoded.starts_with(b"K2") && decoded.len() > 4;
        long && decoded.iter().all(is_visible)
    })
}

/// Whether a text is `K2…` in hexadecimal digits.
fn is_hex_of_key(text: &str) -> bool {
    let digits = text.trim_start_matches("0x");
    digits.len().is_multiple_of(2)
        && digits.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("4b32"))
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

/// Whether a text is an absolute path with a folder, or one of Windows.
fn is_path(text: &str) -> bool {
    let is_drive = matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    let begins = ["/", "./", "../", "~/", "@/"].iter().any(|start| text.starts_with(start));
    (is_drive || begins && text.matches('/').count() > 1) && !text.contains(char::is_whitespace)
}

fn is_error(lower: &str) -> bool {
    let parts = ["no such file", "not found", "permission denied", "error:", "access denied", "usage:", "unauthorized"];
    lower.contains(' ') && parts.iter().any(|part| lower.contains(part))
}

/// Whether a text is one character again and again.
fn is_filler(text: &str) -> bool {
    let first = text.chars().next();
    text.len() >= FILLER_BYTES_MIN && text.chars().all(|c| Some(c) == first)
}

fn is_unseen(c: char) -> bool {
    characters::invisible(c).is_some() || characters::look_alike(c).is_some()
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

const PROJECT_ID_BYTES_MAX: usize = 36;
const REFERENCE_BYTES_MAX: usize = 32;
const MASK_CHARS_MIN: usize = 3;
const FILLER_BYTES_MIN: usize = 6;
const NAME_BYTES_MAX: usize = 64;
const PLACEHOLDER_BYTES_MAX: usize = 48;
const DECODED_BYTES_MIN: usize = 12;

#[cfg(test)]
mod tests;
