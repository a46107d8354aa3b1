//! JSON objects whose members are read one by one, so that a value which cannot be represented affects no other.
//!
//! The syntax of the whole text is checked. Names and values are decoded only when they are asked for: half of a surrogate
//! pair, a number beyond all bounds, invalid UTF-8 and any depth are valid in values that are not needed. The last of two
//! equal names counts, as in Descope's SDKs.

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Map, Value};

use super::{lenient::Lenient, not_an_object::NotAnObject};

/// An object that borrows from its text. It has no `Debug`, because the text may be secret.
#[derive(Default)]
pub(crate) struct JsonObject<'a> {
    members: Vec<(String, &'a [u8])>,
}

impl<'a> JsonObject<'a> {
    /// Checks the syntax of a text and finds the members. A byte order mark is skipped, as Descope's SDKs for Python and Node
    /// do. A name that cannot be decoded is left out, with its value.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, NotAnObject> {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let space_at_end = text.iter().rev().take_while(|byte| is_space(**byte)).count();
        let text = &text[..text.len() - space_at_end];
        if NotAnObject::is_wide(text) {
            return Err(NotAnObject::WideCharacters);
        }
        let mut rest = Rest { text, at: 0 };
        if !rest.takes(b'{') {
            return Err(NotAnObject::of_another_beginning(text));
        }
        let mut members = Vec::new();
        if !rest.takes(b'}') {
            loop {
                let name = rest.name()?;
                rest.take(b':')?;
                let value = rest.value()?;
                if let Ok(name) = serde_json::from_slice(name) {
                    members.push((name, value));
                }
                if rest.takes(b'}') {
                    break;
                }
                rest.take(b',')?;
            }
        }
        if rest.is_empty() { Ok(Self { members }) } else { Err(NotAnObject::TextAfter { at: rest.at }) }
    }

    /// Returns the text of a value.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// Returns a value if it is text, a number or absent.
    pub(crate) fn field(&self, name: &str) -> Lenient<'a> {
        self.raw(name).map(Lenient::of).unwrap_or_default()
    }

    /// Returns a value of any type, if it can be represented. Invalid UTF-8 is replaced.
    pub(super) fn decoded(&self, name: &str) -> Option<Value> {
        serde_json::from_str(&String::from_utf8_lossy(self.raw(name)?)).ok()
    }

    /// Returns the member that is an object.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        Self::parse(self.raw(name)?).ok()
    }

    /// Returns every member whose value can be represented.
    pub(super) fn to_map(&self) -> Map<String, Value> {
        let decoded = |(name, value): &(String, &[u8])| Some((name.clone(), serde_json::from_slice(value).ok()?));
        self.members.iter().filter_map(decoded).collect()
    }
}

/// Returns the texts of the elements of a list; `None` if the text is no list.
pub(super) fn elements(text: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = Rest { text, at: 0 };
    let mut elements = Vec::new();
    rest.take(b'[').ok()?;
    if !rest.takes(b']') {
        loop {
            elements.push(rest.value().ok()?);
            if rest.takes(b']') {
                break;
            }
            rest.take(b',').ok()?;
        }
    }
    rest.is_empty().then_some(elements)
}

/// What is not read yet of a text.
struct Rest<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    /// Skips white space and returns the rest.
    fn trimmed(&mut self) -> &'a [u8] {
        let rest = &self.text[self.at..];
        let space = rest.iter().take_while(|byte| is_space(**byte)).count();
        self.at += space;
        &rest[space..]
    }

    fn is_empty(&mut self) -> bool {
        self.trimmed().is_empty()
    }

    /// Skips a byte if it is the next one.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.trimmed().first() == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn take(&mut self, byte: u8) -> Result<(), NotAnObject> {
        if self.takes(byte) { Ok(()) } else { Err(NotAnObject::at(self.text, self.at)) }
    }

    fn name(&mut self) -> Result<&'a [u8], NotAnObject> {
        if self.trimmed().first() == Some(&b'"') { self.value() } else { Err(NotAnObject::at(self.text, self.at)) }
    }

    /// Skips a value and returns its text.
    fn value(&mut self) -> Result<&'a [u8], NotAnObject> {
        let rest = self.trimmed();
        let mut values = Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(IgnoredAny)) => {
                let (value, _) = rest.split_at(values.byte_offset().min(rest.len()));
                self.at += value.len();
                Ok(value)
            }
            Some(Err(error)) => Err(NotAnObject::of_error(self.text, self.at, &error)),
            None => Err(NotAnObject::EndsEarly),
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

#[cfg(test)]
mod tests;
