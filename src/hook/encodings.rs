//! The encodings in which a secret may appear in a program's output.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use zeroize::Zeroizing;

/// Returns every encoding of a secret: plain, base64, hex, and a list of decimal numbers. The caller removes white space
/// and percent signs from the text that it searches.
pub(super) fn encodings(secret: &[u8]) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
    let of_numbers: [Encode; 3] = [
        |bytes| bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(),
        |bytes| bytes.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect(),
        |bytes| bytes.iter().flat_map(|byte| format!("{byte},").into_bytes()).collect(),
    ];
    let plain = std::iter::once_with(|| secret.to_vec());
    let of_letters = plain.chain((0..3).map(|before| base64_at_offset(before, secret)));
    let of_letters = of_letters.flat_map(|look| [in_alphabet(&look, *b"+/"), in_alphabet(&look, *b"-_"), look]);
    let looks = of_letters.chain(of_numbers.into_iter().map(|encodings| encodings(secret)));
    looks.map(Zeroizing::new)
}

type Encode = fn(&[u8]) -> Vec<u8>;

/// Returns the base64 letters that encode only the secret when `before` bytes (modulo three) precede it. Letters that
/// also hold bits of neighbouring bytes are left out.
fn base64_at_offset(before: usize, secret: &[u8]) -> Vec<u8> {
    let text = STANDARD_NO_PAD.encode([&[0; 2][..before], secret].concat());
    let whole = (before * 8).div_ceil(6)..(before + secret.len()) * 8 / 6;
    text.as_bytes().get(whole).unwrap_or_default().to_vec()
}

/// Returns the text in the base64 alphabet that has these two letters.
fn in_alphabet(text: &[u8], [plus, slash]: [u8; 2]) -> Vec<u8> {
    let letter = |byte: &u8| match byte {
        b'+' | b'-' => plus,
        b'/' | b'_' => slash,
        byte => *byte,
    };
    text.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    #[test]
    fn base64_around_a_secret_holds_one_of_its_encodings() {
        let secret = b"K2>>>???/abc+=";
        let looks: Vec<_> = encodings(secret).collect();
        for (before, after) in [("", ""), ("x", ""), ("Bearer ", "\n"), ("id:", "x"), ("ab", "yz")] {
            let whole = [before.as_bytes(), secret, after.as_bytes()].concat();
            for text in [STANDARD.encode(&whole), URL_SAFE.encode(&whole)] {
                let longest = looks
                    .iter()
                    .filter(|look| text.contains(str::from_utf8(look).unwrap()))
                    .map(|look| look.len())
                    .max();
                assert!(longest.is_some_and(|bytes| bytes + 2 >= secret.len() * 8 / 6), "{text}");
            }
        }
    }

    #[test]
    fn a_secret_of_one_letter_or_none_is_encoded_too() {
        assert!(encodings(b"").all(|look| look.is_empty()));
        assert!(encodings(b"K").any(|look| **look == *b"4B"));
    }
}
