//! The last refusal of a credential, for the next process.

use crate::renewal::{RefusalClass, Stamp};

/// A refusal that no session has followed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedRefusal {
    class: RefusalClass,
    message: String,
    at: Stamp,
}

impl RecordedRefusal {
    /// Returns the record of a refusal. The message is one line without secrets, and is cut to [`MESSAGE_BYTES_MAX`].
    pub fn new(class: RefusalClass, message: &str, at: Stamp) -> Self {
        let end = (0..=message.len().min(MESSAGE_BYTES_MAX)).rev().find(|end| message.is_char_boundary(*end));
        let message = message[..end.unwrap_or_default()].replace(char::is_control, " ");
        Self { class, message, at }
    }

    /// Reads a stored refusal. Returns `None` for what [`Self::new`] does not produce.
    pub(super) fn read(class: &str, message: String, at: Stamp) -> Option<Self> {
        let is_well_formed = message.len() <= MESSAGE_BYTES_MAX && !message.contains(char::is_control);
        Some(Self { class: RefusalClass::of_word(class)?, message, at }).filter(|_| is_well_formed)
    }

    /// The class.
    pub fn class(&self) -> RefusalClass {
        self.class
    }

    /// The reason, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// When the exchange was refused.
    pub fn at(&self) -> Stamp {
        self.at
    }
}

/// The bound of a message, which is longer than any that this program writes.
const MESSAGE_BYTES_MAX: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        let refusal = RecordedRefusal::new(RefusalClass::Busy, &format!("a\n{}", "é".repeat(5000)), Stamp::default());
        assert!(refusal.message().starts_with("a é") && (2046..=2048).contains(&refusal.message().len()));
        let read = |class, message: &str| RecordedRefusal::read(class, message.to_owned(), Stamp::default());
        assert_eq!(read("busy", refusal.message()), Some(refusal));
        for (class, message) in [("rude", "a"), ("busy", "a\nb"), ("busy", &"a".repeat(2049))] {
            assert_eq!(read(class, message), None);
        }
    }
}
