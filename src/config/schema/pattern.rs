//! Regular expressions of the schema. They have no look-around, so that every engine supports them (ECMA 262, RE2,
//! Rust).
//!
//! Every text may contain `${NAME}`, and its value is not known in an editor: a text with a variable is accepted
//! whatever surrounds it, as long as no `${` is left open.

use std::ops::RangeInclusive;

/// Matches a text of one of these forms, or one with a variable. In the forms, a dollar may be written twice.
pub(super) fn text(forms: &str) -> String {
    format!("^(?:{forms}|{})$", with_variable())
}

/// Matches any text whose variables are well-formed.
pub(super) fn any() -> String {
    format!(r"^(?:{PLAIN}|{VARIABLE})*\$?$")
}

/// Matches a text that contains this, or one with a variable that may contain it.
pub(super) fn holding(piece: &str) -> String {
    format!("{piece}|^{}$", with_variable())
}

/// Matches a text with at least one variable, all of them well-formed.
pub(super) fn with_variable() -> String {
    format!(r"{PLAIN}*{VARIABLE}(?:{PLAIN}|{VARIABLE})*\$?")
}

/// Matches durations as `humantime` reads them. A pattern cannot check their bounds, because they are sums.
pub(super) fn duration() -> String {
    format!(r"\s*(?:[0-9]\s*)+(?:\.\s*(?:[0-9]\s*)+)?{UNIT}(?:\s*[0-9][0-9\s]*(?:\.[0-9\s]+)?{UNIT})*\s*")
}

/// Matches percentages within bounds, including decimals.
pub(super) fn percentage(bounds: &RangeInclusive<u8>) -> String {
    let (least, most) = (*bounds.start(), *bounds.end());
    let below = whole_numbers(least, most - 1);
    let bare = if least == 0 { r"|\.[0-9]+" } else { "" };
    format!(r"\s*(?:0*(?:{below})(?:\.[0-9]*)?|0*{most}(?:\.0*)?{bare})\s*%\s*")
}

/// Matches the numbers of a range below a hundred, grouped by tens.
fn whole_numbers(least: u8, most: u8) -> String {
    let of_ten = |ten: u8| {
        let (from, to) = (least.max(ten * 10) % 10, most.min(ten * 10 + 9) % 10);
        let tens = if ten == 0 { String::new() } else { ten.to_string() };
        format!("{tens}[{from}-{to}]")
    };
    (least / 10..=most / 10).map(of_ten).collect::<Vec<_>>().join("|")
}

/// Matches a word in upper or lower case.
pub(super) fn any_case(word: &str) -> String {
    let letter = |c: char| match c {
        'a'..='z' | 'A'..='Z' => format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase()),
        c => c.to_string(),
    };
    word.chars().map(letter).collect()
}

/// Matches one of these words in upper or lower case.
pub(super) fn any_case_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().map(any_case).collect();
    format!("(?:{})", words.join("|"))
}

/// Matches absolute paths of files; `{name}` is an ordinary part. `DETOUR_OF_FILE` excludes the rest.
pub(super) fn file(name_chars_max: usize) -> String {
    format!(r"/(?:{PATH_CHAR}*\$?/)*(?:{PATH_CHAR}{{1,{name_chars_max}}}\$?|\$)")
}

/// Matches absolute paths of folders. `DETOUR` excludes the rest.
pub(super) fn folder() -> String {
    format!(r"/(?:{PATH_CHAR}*\$?/)*{PATH_CHAR}*\$?")
}

/// Matches paths in the kernel's folders: `/proc`, `/sys`, and `/dev` but for `/dev/shm`. A text with a dollar may hold a variable,
/// whose value is not known.
pub(super) fn of_the_kernel(before: &str) -> String {
    let other_than_shm = r"(?:[^/.s$][^/$]*|\.[^/$]+|s(?:[^/h$][^/$]*)?|sh(?:[^/m$][^/$]*)?|shm[^/$]+)";
    let dev = format!("dev(?:(?:/\\.?)*|{SLASH}{other_than_shm}(?:/[^$]*)?)");
    format!("^{before}{SLASH}(?:(?:proc|sys)(?:/[^$]*)?|{dev})$")
}

/// A part of an IPv4 address.
pub(super) const OCTET: &str = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
pub(super) const PORT: &str = "0*(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5]?[0-9]{1,4})";
pub(super) const DETOUR: &str = r"/\.\.(?:/|$)";
pub(super) const DETOUR_OF_FILE: &str = r"/\.\./|/\.\.?$";
/// `{name}`, but not the variable `${name}`.
pub(super) const NAME_PLACEHOLDER: &str = r"(?:^|[^$]|\$\$)\{name\}";
pub(super) const BLANK: &str = r"^\s*$";
const VARIABLE: &str = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}";
/// A character outside variables: a dollar that precedes neither a brace nor a dollar is an ordinary character.
pub(super) const PLAIN: &str = r"(?:[^$]|\$\$|\$[^${])";
const PATH_CHAR: &str = r"(?:[^/$\x00-\x1f\x7f-\x9f]|\$\$|\$[^/${\x00-\x1f\x7f-\x9f])";
/// A slash, or one that is written in a roundabout way.
const SLASH: &str = r"/(?:/|\./)*";
const UNIT: &str = "(?:nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds|second|secs|sec|s|minutes|minute|min|mins|m|\
                    hours|hour|hrs|hr|h|days|day|d|weeks|week|wks|wk|w|months|month|M|years|year|yrs|yr|y)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_tens() {
        assert_eq!(whole_numbers(5, 94), "[5-9]|1[0-9]|2[0-9]|3[0-9]|4[0-9]|5[0-9]|6[0-9]|7[0-9]|8[0-9]|9[0-4]");
        assert_eq!(whole_numbers(3, 7), "[3-7]");
    }
}
