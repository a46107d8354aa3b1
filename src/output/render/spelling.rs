//! How a value of an `env` file is spelled, so that shells, systemd, dotenv readers and container engines read it alike.
//!
//! There are two spellings. Bare, which container engines (`--env-file`) need, because quotes are a part of the value there. In
//! single quotes, within which most readers interpret nothing, and which alone the kubelet reads (`fileKeyRef`, since 1.35). A
//! value that some reader changes even in single quotes is refused. The rules were measured with the readers of
//! `tests/program/readers/env_files.rs`.

/// Which values are in single quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Quotes {
    /// Those that have other characters than letters, digits and `_.:/+=@%,-`.
    #[default]
    AsNeeded,
    /// All.
    Always,
    /// None; a value that needs them is refused.
    Never,
}

/// Why a value is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnquotableValue {
    /// The kubelet has no escape for it.
    #[error("a single quote")]
    SingleQuote,
    /// Readers go by lines, and Node and dotenv replace carriage returns.
    #[error("a line break or another control character")]
    ControlCharacter,
    /// python-dotenv expands variables in single quotes too.
    #[error("`${{`")]
    Expansion,
    /// godotenv, compose and python-dotenv take the quote behind it for a part of the value.
    #[error("a backslash at its end")]
    LastBackslash,
    /// python-dotenv makes one of them.
    #[error("two backslashes in a row")]
    Backslashes,
    /// systemd ignores the line.
    #[error("a character that Unicode reserves (a noncharacter)")]
    Noncharacter,
    /// It needs quotes where none are written.
    #[error("a character that needs quotes")]
    NeedsQuotes,
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spelling {
    /// As it is.
    Bare,
    /// Between single quotes.
    Quoted,
}

/// Returns the spelling of a value that all readers read alike, or why there is none.
pub fn spelling(text: &str, quotes: Quotes) -> Result<Spelling, UnquotableValue> {
    match (quotes, is_harmless(text)) {
        (Quotes::AsNeeded | Quotes::Never, true) => Ok(Spelling::Bare),
        (Quotes::Never, false) => Err(UnquotableValue::NeedsQuotes),
        (Quotes::AsNeeded, false) | (Quotes::Always, _) => beyond_quotes(text).map_or(Ok(Spelling::Quoted), Err),
    }
}

fn is_harmless(text: &str) -> bool {
    // There zsh takes it for the path of a program.
    let has_program = text.starts_with('=') || text.contains(":=");
    let is_harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/+=@%,-".contains(&byte);
    text.bytes().all(is_harmless) && !has_program
}

/// What some reader changes even in single quotes.
fn beyond_quotes(text: &str) -> Option<UnquotableValue> {
    let of_character = text.chars().find_map(|c| match c {
        '\'' => Some(UnquotableValue::SingleQuote),
        '\t' => None,
        _ if c.is_control() => Some(UnquotableValue::ControlCharacter),
        _ if is_noncharacter(c) => Some(UnquotableValue::Noncharacter),
        _ => None,
    });
    let of_sequence = || match text {
        _ if text.contains("${") => Some(UnquotableValue::Expansion),
        _ if text.contains(r"\\") => Some(UnquotableValue::Backslashes),
        _ if text.ends_with('\\') => Some(UnquotableValue::LastBackslash),
        _ => None,
    };
    of_character.or_else(of_sequence)
}

/// As Unicode defines it: the standard, section 23.7.
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bare_quoted_or_refused_by_their_characters() {
        use Spelling::{Bare, Quoted};
        use UnquotableValue::{
            Backslashes, ControlCharacter, Expansion, LastBackslash, NeedsQuotes, Noncharacter, SingleQuote,
        };
        for (text, as_needed) in [
            ("", Ok(Bare)),
            ("AZaz09_.:/+=@%,-", Ok(Bare)),
            ("=ls", Ok(Quoted)),
            ("a:=ls", Ok(Quoted)),
            (" two  words ", Ok(Quoted)),
            ("a#b \"$x\" `y` \\n é 🔑\t~*", Ok(Quoted)),
            ("$ {x}", Ok(Quoted)),
            ("\\a", Ok(Quoted)),
            ("o'neil", Err(SingleQuote)),
            ("a\nb", Err(ControlCharacter)),
            ("a\rb", Err(ControlCharacter)),
            ("a\0b", Err(ControlCharacter)),
            ("\u{7f}", Err(ControlCharacter)),
            ("${x}", Err(Expansion)),
            ("${", Err(Expansion)),
            ("a\\", Err(LastBackslash)),
            (r"a\\b", Err(Backslashes)),
            ("\u{fdd0}", Err(Noncharacter)),
            ("\u{10ffff}", Err(Noncharacter)),
        ] {
            assert_eq!(spelling(text, Quotes::AsNeeded), as_needed, "{text:?}");
            let always = as_needed.map(|_| Quoted);
            assert_eq!(spelling(text, Quotes::Always), always, "{text:?}");
            let never = if as_needed == Ok(Bare) { Ok(Bare) } else { Err(NeedsQuotes) };
            assert_eq!(spelling(text, Quotes::Never), never, "{text:?}");
        }
    }
}
