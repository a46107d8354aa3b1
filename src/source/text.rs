//! What a key file says, as a pure function of its bytes.

use super::read::Unusable;
use crate::secret::Secret;

/// The access key: the bytes without the white space around them, if they are one printable word.
///
/// Whether that word is a key is for the server to say. One mistake is caught here because the server could not name
/// it: the whole bearer instead of the key. Keys begin with `K`, project ids with `P`.
pub(super) fn key_in(bytes: &[u8]) -> Result<Secret, Unusable> {
    if BYTE_ORDER_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(Unusable::ByteOrderMark);
    }
    let word = trim(bytes);
    if word.is_empty() {
        Err(Unusable::Empty)
    } else if word.iter().any(|byte| !byte.is_ascii_graphic() && !is_space(*byte)) {
        Err(Unusable::NotPrintable)
    } else if word.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        Err(Unusable::ManyLines)
    } else if word.iter().any(|byte| is_space(*byte)) {
        Err(Unusable::InnerSpace)
    } else if word.starts_with(b"P") && word.contains(&b':') {
        Err(Unusable::WholeBearer)
    } else {
        let text = std::str::from_utf8(word).map_err(|_| Unusable::NotPrintable)?;
        Ok(Secret::new(text.to_owned()))
    }
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_space(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_space(*last)
    {
        bytes = rest;
    }
    bytes
}

/// ASCII white space, the vertical tab included.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// UTF-8, and UTF-16 of either end.
const BYTE_ORDER_MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_accepted_is_one_printable_word_of_the_file(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(key) = key_in(&bytes) {
                prop_assert!(!key.expose().is_empty());
                prop_assert!(key.expose().bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(bytes.windows(key.expose().len()).any(|window| window == key.expose().as_bytes()));
            }
        }

        #[test]
        fn every_printable_word_is_accepted_with_any_space_around_it(
            before in "[ \t\r\n]{0,4}", key in "K[!-~]{0,100}", after in "[ \t\r\n]{0,4}",
        ) {
            let read = key_in(format!("{before}{key}{after}").as_bytes()).unwrap();
            prop_assert!(read.expose() == key);
        }
    }
}
