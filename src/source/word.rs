//! Parses one printable word or line, the content of a secret file. Pure functions of its bytes.

use super::unusable::Unusable;
use crate::secret::Secret;

/// Returns the bytes without the white space around them, if they are one printable word.
pub(super) fn word_in(bytes: &[u8]) -> Result<Secret, Unusable> {
    let line = line_in(bytes)?;
    if line.expose().bytes().any(is_space) { Err(Unusable::InnerSpace) } else { Ok(line) }
}

/// Returns the bytes without the white space around them, if they are one printable line. It may contain spaces.
pub(super) fn line_in(bytes: &[u8]) -> Result<Secret, Unusable> {
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
    } else if word.iter().any(|byte| is_space(*byte) && *byte != b' ') {
        Err(Unusable::InnerSpace)
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

/// Byte order marks of UTF-8 and of both forms of UTF-16.
const BYTE_ORDER_MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_accepted_text_is_one_printable_word_of_the_file(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(word) = word_in(&bytes) {
                prop_assert!(!word.expose().is_empty());
                prop_assert!(word.expose().bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(bytes.windows(word.expose().len()).any(|window| window == word.expose().as_bytes()));
            }
        }

        #[test]
        fn every_printable_line_is_accepted_with_any_space_around_it(
            before in "[ \t\r\n]{0,4}", line in "[!-~]([ -~]{0,50}[!-~])?", after in "[ \t\r\n]{0,4}",
        ) {
            let read = line_in(format!("{before}{line}{after}").as_bytes()).unwrap();
            prop_assert!(read.expose() == line);
        }

        #[test]
        fn every_printable_word_is_accepted_with_any_space_around_it(
            before in "[ \t\r\n]{0,4}", word in "[!-~]{1,100}", after in "[ \t\r\n]{0,4}",
        ) {
            let read = word_in(format!("{before}{word}{after}").as_bytes()).unwrap();
            prop_assert!(read.expose() == word);
        }
    }
}
