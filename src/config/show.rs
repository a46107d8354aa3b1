//! How much of a user's input a message may repeat: never a secret that was pasted into the wrong place.

/// Formats a value for a message, in backticks. Cuts a long one, and only describes one that may be a secret.
pub(super) fn shown(written: &str) -> String {
    if looks_like_a_secret(written) {
        return format!("a value of {} characters", written.chars().count());
    }
    let mut short: String = written.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if written.chars().nth(SHOWN_CHARS_MAX).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

/// Formats a key of a mapping as part of a field's path.
pub(super) fn shown_key(key: &str) -> String {
    let plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if looks_like_a_secret(key) {
        "(a long name)".to_owned()
    } else if plain && (1..=SHOWN_CHARS_MAX).contains(&key.len()) {
        key.to_owned()
    } else {
        shown(key).replace('`', "\"")
    }
}

/// Whether a text has a run of letters and digits as long as in keys and tokens, and rarely in names and paths.
pub fn looks_like_a_secret(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| run.len() >= SECRET_RUN_CHARS_MIN)
}

const SHOWN_CHARS_MAX: usize = 40;
const SECRET_RUN_CHARS_MIN: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_possible_key_is_described_and_not_shown() {
        assert_eq!(shown("K2abcdefghijklmnopqrstuvwxyz"), "a value of 28 characters");
        assert_eq!(shown("Bearer K2abcdefghijklmnopqrstuvwxyz"), "a value of 35 characters");
    }

    #[test]
    fn a_long_value_is_cut_and_control_characters_are_escaped() {
        assert_eq!(shown(&"ab ".repeat(30)), format!("`{}…`", &"ab ".repeat(14)[..40]));
        assert_eq!(shown("a\u{1b}[31m"), "`a\\u{1b}[31m`");
    }
}
