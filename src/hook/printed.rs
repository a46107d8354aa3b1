//! What a command prints, as a log may hold it: bounded, in one line, and without secrets.

use std::collections::HashSet;

use zeroize::Zeroizing;

use crate::secret::Secret;

/// What was printed so far: its beginning, and how much it was.
#[derive(Default)]
pub(super) struct Printed {
    /// Never grown past its first size, which would leave copies behind.
    start: Zeroizing<Vec<u8>>,
    bytes: u64,
}

impl Printed {
    /// More was printed.
    pub(super) fn add(&mut self, piece: &[u8]) {
        if self.start.capacity() == 0 {
            self.start.reserve_exact(KEPT_BYTES_MAX);
        }
        let room = KEPT_BYTES_MAX - self.start.len();
        self.start.extend_from_slice(&piece[..piece.len().min(room)]);
        self.bytes += piece.len() as u64;
    }

    /// In one line for people. The token, parts of it and whatever else looks like a JWT are masked.
    pub(super) fn said(&self, token: &Secret) -> String {
        let masked = self.masked(token.expose().as_bytes());
        let mut said = String::new();
        for letter in masked.trim().chars() {
            match letter {
                '"' | '\'' | '\\' => said.push(letter),
                letter => said.extend(letter.escape_debug()),
            }
            if said.len() > LINE_BYTES_MAX {
                said.push('…');
                break;
            }
        }
        match self.bytes.saturating_sub(PRINTED_BYTES_MAX as u64) {
            0 => said,
            more => format!("{said} (and {more} bytes more)"),
        }
    }

    /// The beginning, cut where it was printed and not where it is masked: what is kept beyond the cut only tells whether a
    /// word that is cut in the middle is secret.
    fn masked(&self, token: &[u8]) -> String {
        let pieces: HashSet<&[u8]> = token.windows(TELLING_BYTES.min(token.len().max(1))).collect();
        let mut masked = String::new();
        let mut rest: &[u8] = &self.start;
        let mut room = PRINTED_BYTES_MAX;
        while room > 0 && !rest.is_empty() {
            let is_word = is_of_tokens(rest[0]);
            let length = rest.iter().take_while(|byte| is_of_tokens(**byte) == is_word).count();
            let (run, behind) = rest.split_at(length);
            if is_word && is_secret(run, &pieces) {
                masked.push_str(MASK);
            } else {
                masked.push_str(&String::from_utf8_lossy(&run[..length.min(room)]));
            }
            room = room.saturating_sub(length);
            rest = behind;
        }
        masked
    }
}

/// What a JWT is made of: base64url and points.
fn is_of_tokens(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn is_secret(word: &[u8], pieces: &HashSet<&[u8]>) -> bool {
    let piece_bytes = pieces.iter().next().map_or(TELLING_BYTES, |piece| piece.len());
    word.windows(JWT_START.len()).any(|start| start == JWT_START)
        || word.windows(piece_bytes).any(|piece| pieces.contains(piece))
}

/// How much of what a command prints is told. The rest is read, so that the command does not hang, and counted.
pub const PRINTED_BYTES_MAX: usize = 4 * 1024;
/// How long the line gets at most with its masks and escapes, give or take a letter.
const LINE_BYTES_MAX: usize = 2 * PRINTED_BYTES_MAX;
/// So many bytes in common with the token are no chance.
const TELLING_BYTES: usize = 16;
/// A word that begins before the cut is kept for long enough to tell whether it is secret.
const KEPT_BYTES_MAX: usize = PRINTED_BYTES_MAX + 4 * TELLING_BYTES;
/// `{"` in base64: every JWT begins with it.
const JWT_START: &[u8] = b"eyJ";
const MASK: &str = "[secret]";

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJQMiIsImV4cCI6MX0.c2lnbmF0dXJlLW9mLXNvbWUtbGVuZ3Ro-_xyz";

    fn said(printed: &[u8]) -> String {
        let mut whole = Printed::default();
        for piece in printed.chunks(7) {
            whole.add(piece);
        }
        whole.said(&Secret::new(TOKEN.to_owned()))
    }

    #[test]
    fn a_token_and_any_part_of_it_are_masked_and_words_beside_it_are_not() {
        let signature = TOKEN.rsplit_once('.').unwrap().1;
        assert_eq!(said(format!("token={TOKEN}, ok\n").as_bytes()), "token=[secret], ok");
        assert_eq!(said(signature.as_bytes()), "[secret]");
        assert_eq!(said(&signature.as_bytes()[9..25]), "[secret]", "16 bytes tell");
        assert_eq!(said(b"another: eyJhbGciOiJub25lIn0.x"), "another: [secret]");
        assert_eq!(said(b"reloaded app.service in 3.5s"), "reloaded app.service in 3.5s");
    }

    #[test]
    fn a_token_at_the_cut_is_masked_wherever_the_cut_falls() {
        for shown in 1..TOKEN.len() {
            let mut printed = " ".repeat(PRINTED_BYTES_MAX - shown - 1).into_bytes();
            printed.insert(0, b'.');
            printed.extend_from_slice(TOKEN.as_bytes());
            let said = said(&printed);
            assert!(said.contains("[secret]") && !said.contains("ey"), "{shown} bytes before the cut: {said}");
            let signature = TOKEN.rsplit_once('.').unwrap().1;
            let mut printed = " ".repeat(PRINTED_BYTES_MAX - shown - 1).into_bytes();
            printed.insert(0, b'.');
            printed.extend_from_slice(signature.as_bytes());
            assert!(!self::said(&printed).contains("c2"), "{shown} bytes before the cut");
        }
    }

    #[test]
    fn what_could_break_a_line_or_a_terminal_is_harmless() {
        assert_eq!(
            said(b"\n  a\nb\t\x1b[31m\r\0\x7f \"x\" \\ \xff\xfe caf\xc3\xa9 \xe2\x80\xae\xe2\x80\xa8.\n"),
            "a\\nb\\t\\u{1b}[31m\\r\\0\\u{7f} \"x\" \\ \u{fffd}\u{fffd} café \\u{202e}\\u{2028}."
        );
        assert_eq!(said(b""), "");
        assert_eq!(said(b" \n"), "");
    }

    #[test]
    fn the_rest_is_counted() {
        let line = said(&vec![b'x'; PRINTED_BYTES_MAX + 1000]);
        assert_eq!(line, format!("{} (and 1000 bytes more)", "x".repeat(PRINTED_BYTES_MAX)));
        assert!(said(&vec![0x1b; 100_000]).len() < LINE_BYTES_MAX + 100, "escapes count too");
    }
}
