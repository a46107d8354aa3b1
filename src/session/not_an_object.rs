//! Why a text is not a JSON object, without a word of the text.

use serde_json::error::Category;

/// Why a text is not a JSON object. Positions are in bytes from the beginning of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NotAnObject {
    /// It has nothing but white space.
    #[error("it is empty")]
    Empty,
    /// It is HTML or XML.
    #[error("it is a page of HTML or XML")]
    Page,
    /// JSON is always in UTF-8 (RFC 8259 section 8.1).
    #[error("it is in UTF-16 or UTF-32, and JSON is in UTF-8")]
    WideCharacters,
    /// It may be JSON of another type.
    #[error("it is a list, a text or another value")]
    OtherValue,
    /// It is not JSON from its first byte on.
    #[error("it is no JSON")]
    NoJson,
    /// It is cut off.
    #[error("it ends too early")]
    EndsEarly,
    /// A text has a control character that is not escaped.
    #[error("a text in it has a control character, at byte {at}")]
    ControlCharacter {
        /// Its position.
        at: usize,
    },
    /// `NaN` or `Infinity`.
    #[error("it has `NaN` or `Infinity`, which JSON does not know, at byte {at}")]
    NotFinite {
        /// Its position.
        at: usize,
    },
    /// There is more than the object.
    #[error("there is more after the object, at byte {at}")]
    TextAfter {
        /// Where it begins.
        at: usize,
    },
    /// Any other error.
    #[error("its syntax is wrong at byte {at}")]
    Syntax {
        /// The position of the error.
        at: usize,
    },
}

impl NotAnObject {
    /// Whether a text is in UTF-16 or UTF-32, with or without a byte order mark.
    pub(super) fn is_wide(text: &[u8]) -> bool {
        let is_marked = text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]);
        is_marked || text.iter().take(WIDE_BYTES).any(|byte| *byte == 0)
    }

    /// Classifies a text that does not begin with a brace.
    pub(super) fn of_another_beginning(text: &[u8]) -> Self {
        match text.trim_ascii_start().first() {
            None => Self::Empty,
            Some(b'<') => Self::Page,
            Some(b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Self::OtherValue,
            Some(_) => Self::NoJson,
        }
    }

    /// Classifies an unexpected byte.
    pub(super) fn at(text: &[u8], at: usize) -> Self {
        if at >= text.len() { Self::EndsEarly } else { Self::Syntax { at } }
    }

    /// Classifies an error of the JSON library in a value that begins at this position.
    pub(super) fn of_error(text: &[u8], begin: usize, error: &serde_json::Error) -> Self {
        let value = &text[begin..];
        let line_begin =
            value.split_inclusive(|byte| *byte == b'\n').take(error.line() - 1).map(<[u8]>::len).sum::<usize>();
        let at = (begin + line_begin + error.column().saturating_sub(1)).min(text.len());
        let is_at = |word: &[u8]| text[at..].starts_with(word);
        match error.classify() {
            Category::Eof => Self::EndsEarly,
            // The text of an error of syntax contains nothing of the input.
            _ if error.to_string().starts_with("control character") => {
                let before = text[at..].iter().take_while(|byte| !byte.is_ascii_control()).count();
                Self::ControlCharacter { at: at + before }
            }
            _ if is_at(b"NaN") || is_at(b"Infinity") => Self::NotFinite { at },
            Category::Io | Category::Syntax | Category::Data => Self::Syntax { at },
        }
    }
}

/// A text in UTF-16 or UTF-32 that begins with an ASCII character has a zero byte among so many.
const WIDE_BYTES: usize = 2;
