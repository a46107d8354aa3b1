//! The last refusal of a credential, for the next process.

use crate::renewal::{RefusalClass, Stamp};

/// A refusal that no session has followed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedRefusal {
    class: RefusalClass,
    message: String,
    remedy: Option<String>,
    at: Stamp,
}

impl RecordedRefusal {
    /// Returns the record of a refusal. The message and the remedy are one line each without secrets, and are cut to
    /// [`TEXT_BYTES_MAX`].
    pub fn new(class: RefusalClass, message: &str, remedy: Option<&str>, at: Stamp) -> Self {
        Self { class, message: line(message), remedy: remedy.map(line), at }
    }

    /// Reads a stored refusal. Returns `None` for what [`Self::new`] does not produce.
    pub(super) fn read(class: &str, message: String, remedy: Option<String>, at: Stamp) -> Option<Self> {
        let is_line = |text: &String| text.len() <= TEXT_BYTES_MAX && !text.contains(char::is_control);
        let is_well_formed = is_line(&message) && remedy.iter().all(is_line);
        Some(Self { class: RefusalClass::of_word(class)?, message, remedy, at }).filter(|_| is_well_formed)
    }

    /// The class.
    pub fn class(&self) -> RefusalClass {
        self.class
    }

    /// The reason, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What a person can do about this very cause, in one line; `None` if that is the remedy of the class.
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// When the exchange was refused.
    pub fn at(&self) -> Stamp {
        self.at
    }
}

/// Makes one line of a text, and cuts it.
fn line(text: &str) -> String {
    let end = (0..=text.len().min(TEXT_BYTES_MAX)).rev().find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or_default()].replace(char::is_control, " ")
}

/// The bound of a message and of a remedy, which is longer than any that this program writes.
const TEXT_BYTES_MAX: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        let long = format!("a\n{}", "é".repeat(5000));
        let refusal = RecordedRefusal::new(RefusalClass::Busy, &long, Some(&long), Stamp::default());
        assert!(refusal.message().starts_with("a é") && (2046..=2048).contains(&refusal.message().len()));
        assert_eq!(refusal.remedy(), Some(refusal.message()));
        let read = |class, message: &str, remedy: &str| {
            RecordedRefusal::read(class, message.to_owned(), Some(remedy.to_owned()), Stamp::default())
        };
        assert_eq!(read("busy", refusal.message(), refusal.message()), Some(refusal));
        let too_long = "a".repeat(2049);
        for (class, message) in [("rude", "a"), ("busy", "a\nb"), ("busy", &too_long)] {
            assert_eq!(read(class, message, "b"), None);
        }
        assert_eq!((read("busy", "a", "a\nb"), read("busy", "a", &too_long)), (None, None));
    }
}
