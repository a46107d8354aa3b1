//! Plain scalars that readers of YAML read differently: YAML 1.1 (`PyYAML`, Ruby), 1.2 and Go's yaml.v3 do not agree on them.

/// Returns what other readers take a plain text for: `true`, `false` or a number.
pub(super) fn other_reading(text: &str) -> Option<&'static str> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some("`true`"),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some("`false`"),
        _ => (is_other_number(text) || is_sexagesimal(text)).then_some("a number"),
    }
}

/// Returns what other readers take a plain name of a mapping for, of which some then make another name.
pub(super) fn other_reading_of_name(name: &str) -> Option<&'static str> {
    match name {
        "true" | "True" | "TRUE" => Some("`true`"),
        "false" | "False" | "FALSE" => Some("`false`"),
        "~" | "null" | "Null" | "NULL" => Some("`null`"),
        _ if is_whole(name) && (name == "0" || !name.starts_with('0')) => None,
        _ => other_reading(name).or_else(|| is_number(name).then_some("a number")),
    }
}

/// Returns what changes in a plain number that JSON writes with other characters.
pub(super) fn what_changes(written: &str) -> &'static str {
    let digits = written.trim_start_matches(['+', '-']);
    if ["0x", "0o", "0b"].iter().any(|base| digits.starts_with(base)) {
        "it is written in decimal digits, and not in this base"
    } else if digits.contains(['e', 'E']) {
        "it is written with other digits or another exponent"
    } else if written.starts_with('+') || written == "-0" {
        "it loses its sign"
    } else if digits.contains('.') && digits.ends_with(['0', '.']) {
        "it loses what ends it, as 1.10 becomes 1.1"
    } else if digits.starts_with('.') {
        "it gets a zero before the point"
    } else {
        "some of its digits are lost"
    }
}

/// Whether a text that is no number here is one for others: with a leading zero, with `_`, or too large for a double.
fn is_other_number(text: &str) -> bool {
    let bare = text.replace('_', "");
    text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) && is_number(&bare)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let based = |base: &str, radix| {
        digits.strip_prefix(base).is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)))
    };
    let is_decimal = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && digits.parse::<f64>().is_ok();
    let is_special = matches!(digits, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN");
    is_decimal || is_special || based("0x", 16) || based("0o", 8) || based("0b", 2)
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text such as `12:30` is a number to the base of 60, as in YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let mut parts = text.strip_prefix(['+', '-']).unwrap_or(text).split(':');
    let is_first = parts.next().is_some_and(|first| is_whole(first) && !first.starts_with(['0', '-']));
    let mut rest = parts.peekable();
    is_first && rest.peek().is_some() && rest.all(|part| is_whole(part) && part.len() <= 2 && part < "6")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_read_differently_is_known() {
        let cases = [
            ("yes", Some("`true`")),
            ("Off", Some("`false`")),
            ("n", Some("`false`")),
            ("010", Some("a number")),
            ("08", Some("a number")),
            ("1_000", Some("a number")),
            ("0x1_F", Some("a number")),
            ("1_0.5", Some("a number")),
            ("1e400", Some("a number")),
            ("12:30", Some("a number")),
            ("12:30:45", Some("a number")),
            ("-0777", Some("a number")),
            ("gold", None),
            ("yEs", None),
            ("2026-01-01", None),
            ("1.2.3", None),
            ("v1", None),
            ("_1", None),
            ("12:75", None),
            ("01:30", None),
            ("12:30 h", None),
            ("a:1", None),
            ("1-2", None),
            ("0x", None),
            ("", None),
            ("-", None),
            ("infinity", None),
            ("nan", None),
            ("::1", None),
        ];
        for (text, reading) in cases {
            assert_eq!(other_reading(text), reading, "{text}");
        }
    }

    #[test]
    fn names_that_some_readers_change_are_known() {
        for name in ["True", "on", "null", "~", "1.10", "1e3", "0x1F", "0o17", "010", "+1", ".5"] {
            assert!(other_reading_of_name(name).is_some(), "{name}");
        }
        for name in ["tier", "1", "2026", "0", "-1", "2026-01-01", "v1.0", "https://a/b", "a.b"] {
            assert_eq!(other_reading_of_name(name), None, "{name}");
        }
    }
}
