//! How a secret looks in what programs print: as it is, or in another encoding.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use zeroize::Zeroizing;

/// Every look of a secret, one after the other: plain, in base64, in hex, and as a list of numbers. White space and percent
/// signs are for the reader to take out.
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

/// What is in the base64 of anything that ends with the secret after so many bytes beyond a multiple of three. Letters that
/// hold bits of others too are left out.
fn base64_at_offset(before: usize, secret: &[u8]) -> Vec<u8> {
    let text = STANDARD_NO_PAD.encode([&[0; 2][..before], secret].concat());
    let whole = (before * 8).div_ceil(6)..(before + secret.len()) * 8 / 6;
    text.as_bytes().get(whole).unwrap_or_default().to_vec()
}

/// The same with the two letters by which the alphabets of base64 differ.
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
    fn base64_of_anything_around_a_secret_holds_one_of_its_looks_and_no_look_holds_anything_else() {
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
    fn a_secret_of_a_letter_or_none_is_no_trouble() {
        assert!(encodings(b"").all(|look| look.is_empty()));
        assert!(encodings(b"K").any(|look| **look == *b"4B"));
    }
}
