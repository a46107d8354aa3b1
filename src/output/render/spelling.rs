//! How a value of an `env` file is spelled, so that shells, systemd, dotenv readers and container engines read it alike.
//!
//! There are three spellings. Bare, which container engines (`--env-file`) need, because quotes are a part of the value there. In
//! single quotes, within which most readers interpret nothing, and which alone the kubelet reads (`fileKeyRef`, since 1.35). In
//! double quotes, for values with a single quote and without the characters that some reader interprets there. A
//! value that some reader changes even so is refused. The rules were measured with the readers of
//! `tests/program/readers/env_files/`.

use std::fmt;

/// Which values are in quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Quotes {
    /// Those that have other characters than letters, digits and `_.:/+=@%,-`: in single quotes, or in double quotes if they
    /// have a single quote.
    #[default]
    Auto,
    /// All, in single quotes.
    Always,
    /// None; a value that needs them is refused.
    Never,
}

/// What a value has that readers do not read alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnquotableValue {
    /// A single quote, where only single quotes may be written.
    SingleQuote,
    /// A single quote, and a character that is special between double quotes.
    SingleQuoteAnd(SpecialCharacter),
    /// A line break or another control character.
    ControlCharacter,
    /// `${`.
    Expansion,
    /// A backslash at its end.
    LastBackslash,
    /// Two backslashes in a row.
    Backslashes,
    /// A code point that Unicode reserves.
    Noncharacter,
    /// A character that needs quotes where none are written.
    NeedsQuotes,
}

/// A character that some reader interprets between double quotes. Node and dotenv keep a backslash before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpecialCharacter {
    /// `"`.
    DoubleQuote,
    /// `$`.
    Dollar,
    /// `\`.
    Backslash,
    /// The grave accent, with which shells run commands.
    Backtick,
}

impl UnquotableValue {
    /// The readers that would misread such a value between the quotes that remain.
    pub fn readers(self) -> &'static str {
        match self {
            Self::SingleQuote => "the kubelet",
            Self::SingleQuoteAnd(SpecialCharacter::DoubleQuote) => "every reader but Node and dotenv",
            Self::SingleQuoteAnd(SpecialCharacter::Dollar) => "shells, Docker Compose and dotenv for Ruby",
            Self::SingleQuoteAnd(SpecialCharacter::Backslash) => "godotenv and dotenv for Ruby",
            Self::SingleQuoteAnd(SpecialCharacter::Backtick) => "shells",
            Self::ControlCharacter => "Node and dotenv readers",
            Self::Expansion | Self::Backslashes => "python-dotenv",
            Self::LastBackslash => "godotenv, Docker Compose and python-dotenv",
            Self::Noncharacter => "systemd",
            Self::NeedsQuotes => "shells and dotenv readers",
        }
    }
}

impl fmt::Display for UnquotableValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SingleQuote => "a single quote",
            Self::SingleQuoteAnd(SpecialCharacter::DoubleQuote) => "a single quote and a double quote",
            Self::SingleQuoteAnd(SpecialCharacter::Dollar) => "a single quote and a dollar",
            Self::SingleQuoteAnd(SpecialCharacter::Backslash) => "a single quote and a backslash",
            Self::SingleQuoteAnd(SpecialCharacter::Backtick) => "a single quote and a backtick",
            Self::ControlCharacter => "a line break or another control character",
            Self::Expansion => "`${`",
            Self::LastBackslash => "a backslash at its end",
            Self::Backslashes => "two backslashes in a row",
            Self::Noncharacter => "a character that Unicode reserves (a noncharacter)",
            Self::NeedsQuotes => "a character that needs quotes",
        })
    }
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spelling {
    /// As it is.
    Bare,
    /// Between single quotes.
    SingleQuoted,
    /// Between double quotes.
    DoubleQuoted,
}

/// Returns the spelling of a value that all readers read alike, or why there is none.
pub fn spelling(text: &str, quotes: Quotes) -> Result<Spelling, UnquotableValue> {
    match (quotes, is_harmless(text)) {
        (Quotes::Auto | Quotes::Never, true) => Ok(Spelling::Bare),
        (Quotes::Never, false) => Err(UnquotableValue::NeedsQuotes),
        (Quotes::Auto, false) | (Quotes::Always, _) => {
            beyond_quotes(text).map_or(Ok(()), Err)?;
            match (quotes, text.contains('\'')) {
                (_, false) => beyond_single_quotes(text).map_or(Ok(Spelling::SingleQuoted), Err),
                (Quotes::Always, true) => Err(UnquotableValue::SingleQuote),
                (Quotes::Auto | Quotes::Never, true) => {
                    let special = text.chars().find_map(SpecialCharacter::of);
                    special.map_or(Ok(Spelling::DoubleQuoted), |special| Err(UnquotableValue::SingleQuoteAnd(special)))
                }
            }
        }
    }
}

impl SpecialCharacter {
    fn of(c: char) -> Option<Self> {
        match c {
            '"' => Some(Self::DoubleQuote),
            '$' => Some(Self::Dollar),
            '\\' => Some(Self::Backslash),
            '`' => Some(Self::Backtick),
            _ => None,
        }
    }
}

fn is_harmless(text: &str) -> bool {
    // There zsh takes it for the path of a program.
    let has_program = text.starts_with('=') || text.contains(":=");
    let is_harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/+=@%,-".contains(&byte);
    text.bytes().all(is_harmless) && !has_program
}

/// What some reader changes between quotes of both kinds.
fn beyond_quotes(text: &str) -> Option<UnquotableValue> {
    text.chars().find_map(|c| match c {
        '\t' => None,
        _ if c.is_control() => Some(UnquotableValue::ControlCharacter),
        _ if is_noncharacter(c) => Some(UnquotableValue::Noncharacter),
        _ => None,
    })
}

/// What some reader changes even between single quotes.
fn beyond_single_quotes(text: &str) -> Option<UnquotableValue> {
    match text {
        _ if text.contains("${") => Some(UnquotableValue::Expansion),
        _ if text.contains(r"\\") => Some(UnquotableValue::Backslashes),
        _ if text.ends_with('\\') => Some(UnquotableValue::LastBackslash),
        _ => None,
    }
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
        use SpecialCharacter::{Backslash, Backtick, Dollar, DoubleQuote};
        use Spelling::{Bare, DoubleQuoted, SingleQuoted};
        use UnquotableValue::{
            Backslashes, ControlCharacter, Expansion, LastBackslash, NeedsQuotes, Noncharacter, SingleQuote,
            SingleQuoteAnd,
        };
        for (text, auto) in [
            ("", Ok(Bare)),
            ("AZaz09_.:/+=@%,-", Ok(Bare)),
            ("=ls", Ok(SingleQuoted)),
            ("a:=ls", Ok(SingleQuoted)),
            (" two  words ", Ok(SingleQuoted)),
            ("a#b \"$x\" `y` \\n é 🔑\t~*", Ok(SingleQuoted)),
            ("$ {x}", Ok(SingleQuoted)),
            ("\\a", Ok(SingleQuoted)),
            ("\u{2028}", Ok(SingleQuoted)),
            ("'", Ok(DoubleQuoted)),
            ("o'neil", Ok(DoubleQuoted)),
            ("it's a #b\tc, {x} !y é\u{2028}", Ok(DoubleQuoted)),
            ("o'\"neil", Err(SingleQuoteAnd(DoubleQuote))),
            ("$o'neil", Err(SingleQuoteAnd(Dollar))),
            ("${o}'neil", Err(SingleQuoteAnd(Dollar))),
            ("o'neil\\", Err(SingleQuoteAnd(Backslash))),
            ("o'neil`", Err(SingleQuoteAnd(Backtick))),
            ("a\nb", Err(ControlCharacter)),
            ("'a\nb", Err(ControlCharacter)),
            ("a\rb", Err(ControlCharacter)),
            ("a\0b", Err(ControlCharacter)),
            ("\u{7f}", Err(ControlCharacter)),
            ("\u{85}", Err(ControlCharacter)),
            ("${x}", Err(Expansion)),
            ("${", Err(Expansion)),
            ("a\\", Err(LastBackslash)),
            (r"a\\b", Err(Backslashes)),
            ("\u{fdd0}", Err(Noncharacter)),
            ("'\u{fdd0}", Err(Noncharacter)),
            ("\u{10ffff}", Err(Noncharacter)),
        ] {
            assert_eq!(spelling(text, Quotes::Auto), auto, "{text:?}");
            let always = match auto {
                Ok(Bare | SingleQuoted) => Ok(SingleQuoted),
                Ok(DoubleQuoted) | Err(SingleQuoteAnd(_)) => Err(SingleQuote),
                Err(other) => Err(other),
            };
            assert_eq!(spelling(text, Quotes::Always), always, "{text:?}");
            let never = if auto == Ok(Bare) { Ok(Bare) } else { Err(NeedsQuotes) };
            assert_eq!(spelling(text, Quotes::Never), never, "{text:?}");
        }
    }
}
