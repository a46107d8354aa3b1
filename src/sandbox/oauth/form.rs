//! `application/x-www-form-urlencoded`: the body of an OAuth request, its query, and the halves of HTTP Basic.

use zeroize::Zeroizing;

/// The parameters of a form, in order.
pub(super) struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// Returns `None` if the text is not such a form, or repeats a parameter (RFC 6749, section 3.2).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parameters: Vec<(String, Zeroizing<String>)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name)?;
            if parameters.iter().any(|(other, _)| *other == name) {
                return None;
            }
            parameters.push((name, Zeroizing::new(decoded(value)?)));
        }
        Some(Self(parameters))
    }

    /// Returns a parameter; an empty one counts as absent (RFC 6749, section 3.2).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }
}

/// Decodes `+` and `%20`. Returns `None` for a broken escape, and for bytes that are not UTF-8.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit()? * 16 + digit()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_and_a_broken_one_is_refused() {
        let form = Form::parse("scope=read+write&a%26b=1%3D2%20%C3%A9&empty=&bare").unwrap();
        assert_eq!(form.get("scope"), Some("read write"));
        assert_eq!(form.get("a&b"), Some("1=2 é"));
        assert_eq!((form.get("empty"), form.get("bare"), form.get("other")), (None, None, None));
        for bad in ["a=%", "a=%4", "a=%zz", "a=%+1", "a=%ff", "a=1&a=2", "a=1&%61=2"] {
            assert!(Form::parse(bad).is_none(), "{bad}");
        }
    }
}
