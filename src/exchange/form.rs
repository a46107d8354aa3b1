//! The encoding of forms, `application/x-www-form-urlencoded`: unreserved characters as they are, a space as `+`, every other
//! byte as `%XX` (RFC 6749 appendix B).

use zeroize::Zeroizing;

/// Encodes fields in this order. The result may contain secrets: the caller zeroes it.
pub(super) fn encode(fields: &[(&str, &str)]) -> String {
    // The buffer never grows, because that would leave copies of a secret.
    let length: usize = fields.iter().map(|(name, value)| encoded_len(name) + encoded_len(value) + "=&".len()).sum();
    let mut form = String::with_capacity(length);
    for (name, value) in fields {
        if !form.is_empty() {
            form.push('&');
        }
        push(&mut form, name);
        form.push('=');
        push(&mut form, value);
    }
    form
}

/// Encodes one text.
pub(super) fn encoded(text: &str) -> Zeroizing<String> {
    let mut form = Zeroizing::new(String::with_capacity(encoded_len(text)));
    push(&mut form, text);
    form
}

fn push(form: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b' ' => form.push('+'),
            _ if is_plain(byte) => form.push(char::from(byte)),
            _ => {
                form.push('%');
                form.push(hex_digit(byte >> 4));
                form.push(hex_digit(byte & 0x0f));
            }
        }
    }
}

fn encoded_len(text: &str) -> usize {
    text.bytes().map(|byte| if byte == b' ' || is_plain(byte) { 1 } else { "%XX".len() }).sum()
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'.' | b'_')
}

fn hex_digit(half: u8) -> char {
    char::from_digit(half.into(), 16).unwrap_or_default().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::Url;

    use super::*;

    /// Decodes with the parser of the crate `url`, which shares no code with the encoder.
    fn decoded(form: &str) -> Vec<(String, String)> {
        let url = Url::parse(&format!("http://localhost/?{form}")).unwrap();
        url.query_pairs().into_owned().collect()
    }

    #[test]
    fn the_example_of_the_rfc_is_encoded_alike() {
        // RFC 6749 appendix B: U+0020, U+0025, U+0026, U+002B, U+00A3, U+20AC.
        assert_eq!(*encoded(" %&+\u{a3}\u{20ac}"), "+%25%26%2B%C2%A3%E2%82%AC");
    }

    proptest! {
        #[test]
        fn every_form_is_decoded_to_its_fields(fields in proptest::collection::vec((".{1,8}", ".{0,16}"), 0..4)) {
            let borrowed: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let form = encode(&borrowed);
            prop_assert!(form.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(form.capacity() <= form.len() + 1);
            prop_assert_eq!(decoded(&form), fields);
        }
    }
}
