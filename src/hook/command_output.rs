//! A command's output in a form that may be logged: bounded and without secrets.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::redact::{MATCH_BYTES_MIN, secret_parts};
use crate::secret::Secret;

/// The output so far: its first bytes and its length.
#[derive(Default)]
pub(super) struct CommandOutput {
    /// Never reallocated: growing would leave copies of secrets in freed memory.
    start: Zeroizing<Vec<u8>>,
    bytes: u64,
}

impl CommandOutput {
    /// Adds output.
    pub(super) fn add(&mut self, piece: &[u8]) {
        if self.start.capacity() == 0 {
            self.start.reserve_exact(BUFFER_BYTES_MAX);
        }
        let room = BUFFER_BYTES_MAX - self.start.len();
        self.start.extend_from_slice(&piece[..piece.len().min(room)]);
        self.bytes += piece.len() as u64;
    }

    /// Whether nothing was printed.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Returns the output with the token, the secrets, parts of them and anything that looks like a JWT masked. The
    /// result is plain text and may have several lines; the log writer escapes it.
    pub(super) fn redacted(&self, token: &Secret, secrets: &[Secret]) -> String {
        let masked = self.masked(token.expose(), secrets);
        let (mut line, mut escaped_bytes) = (String::new(), 0);
        for letter in masked.trim().chars().map(printable) {
            line.push(letter);
            escaped_bytes += if letter.is_control() { ESCAPED_BYTES } else { letter.len_utf8() };
            if escaped_bytes > LINE_BYTES_MAX {
                line.push('…');
                break;
            }
        }
        match self.bytes.saturating_sub(PRINTED_BYTES_MAX as u64) {
            0 => line,
            more => format!("{line} (and {more} bytes more)"),
        }
    }

    /// Returns the first [`PRINTED_BYTES_MAX`] printed bytes, masked. The bytes buffered beyond that only serve to decide
    /// whether a word at the cut is secret.
    fn masked(&self, token: &str, secrets: &[Secret]) -> String {
        let signature = token.rsplit_once('.').and_then(|(_, signature)| URL_SAFE_NO_PAD.decode(signature).ok());
        let signature = Zeroizing::new(signature.unwrap_or_default());
        let secrets = secrets.iter().map(|secret| secret.expose().as_bytes());
        let secrets: Vec<_> = secrets.chain([token.as_bytes(), signature.as_slice()]).collect();
        let marks = secret_parts(&self.start, &secrets);
        let mut masked = String::new();
        let mut start = 0;
        for marks in marks.chunk_by(|one, next| one == next) {
            if start >= PRINTED_BYTES_MAX {
                break;
            }
            let end = start + marks.len();
            if marks[0] {
                masked.push_str(MASK);
            } else {
                masked.push_str(&String::from_utf8_lossy(&self.start[start..end.min(PRINTED_BYTES_MAX)]));
            }
            start = end;
        }
        masked
    }
}

/// Replaces characters that could reverse or break a line and that JSON writers do not escape.
fn printable(letter: char) -> char {
    match letter {
        '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        letter => letter,
    }
}

/// How much of a command's output is reported. The rest is read, so that the command does not block, and counted.
pub const PRINTED_BYTES_MAX: usize = 4 * 1024;
/// The bound on the line with its masks and escapes, give or take one character.
const LINE_BYTES_MAX: usize = 2 * PRINTED_BYTES_MAX;
/// The length of an escaped control character in JSON.
const ESCAPED_BYTES: usize = 6;
/// Enough bytes beyond the cut to decide whether a word at the cut is secret, in any encoding and with spaces in it.
const BUFFER_BYTES_MAX: usize = PRINTED_BYTES_MAX + 8 * MATCH_BYTES_MIN;
const MASK: &str = "[secret]";

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJQMiIsImV4cCI6MX0.c2lnbmF0dXJlLW9mLXNvbWUtbGVuZ3Ro-_xyzw";
    const KEY: &str = "K2aB3dEfGh1JkLmN0pQrStUvWxYz98765432100123456789+/:%41=abcdefg";

    fn redacted(printed: &[u8]) -> String {
        let mut whole = CommandOutput::default();
        for piece in printed.chunks(7) {
            whole.add(piece);
        }
        whole.redacted(&Secret::new(TOKEN.to_owned()), &[Secret::new(KEY.to_owned())])
    }

    #[test]
    fn a_token_and_its_parts_are_masked_other_words_are_not() {
        let signature = TOKEN.rsplit_once('.').unwrap().1;
        assert_eq!(redacted(format!("token={TOKEN}, ok\n").as_bytes()), "token=[secret], ok");
        assert_eq!(redacted(signature.as_bytes()), "[secret]");
        assert_eq!(redacted(&signature.as_bytes()[9..25]), "[secret]", "16 bytes are enough");
        assert_eq!(redacted(b"another: eyJhbGciOiJub25lIn0.x"), "another: [secret]");
        assert_eq!(redacted(b"reloaded app.service in 3.5s"), "reloaded app.service in 3.5s");
    }

    #[test]
    fn a_token_at_the_cut_is_masked_wherever_the_cut_is() {
        for shown in 1..TOKEN.len() {
            let mut printed = " ".repeat(PRINTED_BYTES_MAX - shown - 1).into_bytes();
            printed.insert(0, b'.');
            printed.extend_from_slice(TOKEN.as_bytes());
            let line = redacted(&printed);
            assert!(line.contains("[secret]") && !line.contains("ey"), "{shown} bytes before the cut: {line}");
            let signature = TOKEN.rsplit_once('.').unwrap().1;
            let mut printed = " ".repeat(PRINTED_BYTES_MAX - shown - 1).into_bytes();
            printed.insert(0, b'.');
            printed.extend_from_slice(signature.as_bytes());
            assert!(!redacted(&printed).contains("c2"), "{shown} bytes before the cut");
        }
    }

    #[test]
    fn the_access_key_and_any_part_of_it_are_masked() {
        assert_eq!(redacted(format!("{KEY}\n").as_bytes()), "[secret]");
        assert_eq!(redacted(format!("P2id:{KEY} is the key").as_bytes()), "P2id:[secret] is the key");
        assert_eq!(redacted(&KEY.as_bytes()[20..36]), "[secret]");
        assert_eq!(redacted(b"Kubernetes keeps the key in a Secret"), "Kubernetes keeps the key in a Secret");
    }

    #[test]
    fn without_a_readable_key_only_the_token_is_masked() {
        let mut printed = CommandOutput::default();
        printed.add(format!("{KEY} {TOKEN}").as_bytes());
        assert_eq!(printed.redacted(&Secret::new(TOKEN.to_owned()), &[]), format!("{KEY} [secret]"));
    }

    #[test]
    fn a_short_key_is_masked_whole_and_not_in_other_encodings() {
        let mut printed = CommandOutput::default();
        printed.add(b"the key is K2abc and U2abc is none, SzJh is not masked");
        let line = printed.redacted(&Secret::new(TOKEN.to_owned()), &[Secret::new("K2abc".to_owned())]);
        assert_eq!(line, "the key is [secret] and U2abc is none, SzJh is not masked");
    }

    #[test]
    fn a_token_and_a_key_in_any_encoding_are_masked() {
        let folded = |text: &str, width: usize| {
            let lines: Vec<_> = text.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
            lines.join("\n")
        };
        let hex = |text: &str, between: &str| {
            let bytes: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            bytes.join(between)
        };
        let percent = |text: &str, is_plain: fn(char) -> bool| -> String {
            let dressed =
                |letter: char| if is_plain(letter) { letter.into() } else { format!("%{:02x}", letter as u32) };
            text.chars().map(dressed).collect()
        };
        for secret in [TOKEN, KEY] {
            let mut dresses = vec![
                folded(secret, 10),
                hex(secret, ""),
                hex(secret, "").to_uppercase(),
                hex(secret, " "),
                folded(&hex(secret, ""), 60),
                percent(secret, |_| false),
                percent(secret, |_| false).to_uppercase(),
                percent(secret, |letter| letter.is_ascii_alphanumeric()),
                format!("{:?}", secret.as_bytes()),
                secret.replace('-', "+").replace('_', "/"),
            ];
            for before in ["", "x", "xy"] {
                let whole = format!("{before}{secret}\n");
                for text in [STANDARD.encode(&whole), URL_SAFE_NO_PAD.encode(&whole)] {
                    dresses.push(folded(&text, 76));
                    dresses.push(text);
                }
            }
            for encodings in dresses {
                let line = redacted(format!("before {encodings} behind").as_bytes());
                let (before, behind) = line.split_once("[secret]").unwrap_or_else(|| panic!("{encodings}: {line}"));
                // Next to the mask there may be brackets, and a base64 letter that also holds bits of a neighbour.
                let beside = before.len() + behind.len() - "before  behind".len();
                assert!(
                    before.starts_with("before ") && behind.ends_with(" behind") && beside <= 4,
                    "{encodings}: {line}"
                );
            }
        }
        let signature = URL_SAFE_NO_PAD.decode(TOKEN.rsplit_once('.').unwrap().1).unwrap();
        let hex: Vec<_> = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(redacted(hex.concat().as_bytes()), "[secret]");
    }

    #[test]
    fn a_hex_dump_of_od_or_xxd_is_masked_row_by_row() {
        let bytes: Vec<_> = KEY.bytes().take(48).collect();
        let rows = bytes.chunks(16).enumerate().map(|(n, row)| {
            let hex: Vec<_> = row.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{:07o} {}\n", n * 16, hex.join(" "))
        });
        assert_eq!(
            redacted(rows.collect::<String>().as_bytes()),
            "0000000 [secret]\n0000020 [secret]\n0000040 [secret]"
        );
    }

    #[test]
    fn an_encoded_secret_at_the_cut_is_masked_wherever_the_cut_is() {
        let encodings: Vec<_> = KEY.bytes().map(|byte| format!("{byte:02x}")).collect();
        let encodings = encodings.join(" ");
        for shown in 1..encodings.len() {
            let printed = format!("{}{encodings}", "#".repeat(PRINTED_BYTES_MAX - shown));
            let line = redacted(printed.as_bytes());
            let (before, behind) = line.split_once("[secret]").unwrap();
            assert!(before.chars().all(|letter| letter == '#') && !behind.contains("[secret]"), "{shown}: {behind}");
        }
    }

    #[test]
    fn characters_that_json_writers_do_not_escape_are_replaced() {
        assert_eq!(
            redacted(b"\n  a\nb\t\x1b[31m\r\0\x7f \"x\" \\ \xff\xfe caf\xc3\xa9 \xe2\x80\xae\xe2\x80\xa8\xc2\x9b.\n"),
            "a\nb\t\x1b[31m\r\0\u{fffd} \"x\" \\ \u{fffd}\u{fffd} café \u{fffd}\u{fffd}\u{fffd}."
        );
        assert_eq!(redacted(b""), "");
        assert_eq!(redacted(b" \n"), "");
    }

    #[test]
    fn output_beyond_the_bound_is_counted() {
        let line = redacted(&vec![b'x'; PRINTED_BYTES_MAX + 1000]);
        assert_eq!(line, format!("{} (and 1000 bytes more)", "x".repeat(PRINTED_BYTES_MAX)));
        assert!(redacted(&vec![0x1b; 100_000]).len() < LINE_BYTES_MAX + 100, "escapes count too");
    }
}
