//! Base64url without padding by hand, as a second opinion on the library's.

/// Encodes bytes.
pub(super) fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for piece in bytes.chunks(3) {
        let bits = piece.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - piece.len()));
        for n in 0..=piece.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * n) & 63) as usize]));
        }
    }
    text
}

/// Decodes a text; `None` if it has other letters, or if no bytes have exactly this text.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for piece in text.as_bytes().chunks(4) {
        let values = piece.iter().map(|letter| LETTERS.iter().position(|known| known == letter));
        let bits =
            values.map(|value| u32::try_from(value?).ok()).try_fold(0_u32, |bits, value| Some(bits << 6 | value?))?;
        let bits = bits << (6 * (4 - piece.len()));
        bytes.extend(bits.to_be_bytes()[1..].iter().take(piece.len() - 1));
    }
    (encoded(&bytes) == text).then_some(bytes)
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
