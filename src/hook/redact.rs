//! Finds the secret bytes in a command's output.

use std::{collections::HashSet, ops::Range};

use zeroize::Zeroizing;

use super::encodings::encodings;

/// Finds secrets and parts of them in the output, in any encoding and across line breaks, and anything that looks like a
/// JWT. Returns for each byte whether it must be masked; every word that holds part of a secret is masked whole.
pub(super) fn secret_parts(printed: &[u8], secrets: &[&[u8]]) -> Vec<bool> {
    let mut marks = vec![false; printed.len()];
    for reading in [DecodedText::as_printed(printed), DecodedText::without_percent_signs(printed)] {
        reading.mark(secrets, &mut marks);
    }
    for (start, bytes) in printed.windows(JWT_START.len()).enumerate() {
        if bytes == JWT_START {
            marks[start] = true;
        }
    }
    widen(printed, &mut marks);
    marks
}

/// The output in one decoding, without white space, which folds lines and separates bytes of hex.
struct DecodedText {
    bytes: Zeroizing<Vec<u8>>,
    /// The position in the output of each byte.
    places: Vec<Range<usize>>,
}

impl DecodedText {
    fn as_printed(printed: &[u8]) -> Self {
        Self::of((0..printed.len()).map(|at| (printed[at], at..at + 1)), printed.len())
    }

    fn without_percent_signs(printed: &[u8]) -> Self {
        let mut at = 0;
        let bytes = std::iter::from_fn(|| {
            let first = *printed.get(at)?;
            let dressed = (first == b'%').then(|| printed.get(at + 1..at + 3).and_then(byte_of_hex)).flatten();
            let place = at..at + if dressed.is_some() { 3 } else { 1 };
            at = place.end;
            Some((dressed.unwrap_or(first), place))
        });
        Self::of(bytes, printed.len())
    }

    fn of(bytes: impl Iterator<Item = (u8, Range<usize>)>, bytes_max: usize) -> Self {
        let mut reading =
            Self { bytes: Zeroizing::new(Vec::with_capacity(bytes_max)), places: Vec::with_capacity(bytes_max) };
        for (byte, place) in bytes.filter(|(byte, _)| !byte.is_ascii_whitespace()) {
            reading.bytes.push(byte);
            reading.places.push(place);
        }
        reading
    }

    /// Marks the parts that it has in common with a secret. A short secret is searched for as a whole, and not in
    /// encodings of so few letters that they occur in any text.
    fn mark(&self, secrets: &[&[u8]], marks: &mut [bool]) {
        let pieces: HashSet<&[u8]> = self.bytes.windows(MATCH_BYTES_MIN).collect();
        let mut found: HashSet<&[u8]> = HashSet::new();
        for secret in secrets {
            for look in encodings(secret) {
                found.extend(look.windows(MATCH_BYTES_MIN).filter_map(|piece| pieces.get(piece)));
                let is_short = look.len() < MATCH_BYTES_MIN && look.len() >= secret.len().clamp(1, ENCODED_BYTES_MIN);
                if is_short {
                    self.mark_pieces(look.len(), |piece| piece == look.as_slice(), marks);
                }
            }
        }
        self.mark_pieces(MATCH_BYTES_MIN, |piece| found.contains(piece), marks);
    }

    /// Marks each secret piece of this length, and everything between its bytes in the output.
    fn mark_pieces(&self, length: usize, is_secret: impl Fn(&[u8]) -> bool, marks: &mut [bool]) {
        for (piece, places) in self.bytes.windows(length).zip(self.places.windows(length)) {
            if let [first, .., last] | [first @ last] = places
                && is_secret(piece)
            {
                marks[first.start..last.end].fill(true);
            }
        }
    }
}

/// Marks the whole of each word that has a mark.
fn widen(printed: &[u8], marks: &mut [bool]) {
    let mut start = 0;
    for word in printed.chunk_by(|one, next| is_token_byte(*one) == is_token_byte(*next)) {
        let marks = &mut marks[start..start + word.len()];
        if is_token_byte(word[0]) && marks.contains(&true) {
            marks.fill(true);
        }
        start += word.len();
    }
}

/// Whether a JWT may hold this byte: base64url letters and dots.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn byte_of_hex(digits: &[u8]) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// The number of bytes in common with an encoding of a secret that are taken for a part of it.
pub(super) const MATCH_BYTES_MIN: usize = 16;
/// A shorter encoding of a short secret occurs by chance in any text.
const ENCODED_BYTES_MIN: usize = 8;
/// `{"` in base64, with which every JWT begins.
const JWT_START: &[u8] = b"eyJ";
