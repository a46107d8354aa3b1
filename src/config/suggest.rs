//! Suggestions for unknown fields.

/// What to do about an unknown field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Suggestion {
    /// Use this field instead.
    Field(&'static str),
    /// Something else is needed.
    Advice(&'static str),
}

/// Returns the best suggestion for an unknown field, if there is one.
pub(super) fn suggestion(key: &str, known: &[&'static str]) -> Option<Suggestion> {
    let bare = bare(key);
    if key == "<<" {
        return Some(Suggestion::Advice("merge keys are not supported: write the fields out"));
    }
    if known.contains(&"accessKeyFile") && KEYS_THEMSELVES.contains(&bare.as_str()) {
        return Some(Suggestion::Advice(KEY_ITSELF));
    }
    let part = known.iter().find(|name| bare.len() >= PART_CHARS_MIN && self::bare(name).contains(&bare));
    let (distance, nearest) = known.iter().map(|name| (distance(&bare, &self::bare(name)), name)).min()?;
    let name = if distance <= nearest.len() / LETTERS_PER_SLIP { Some(nearest) } else { part };
    name.copied().map(Suggestion::Field)
}

/// Removes case, `_` and `-`: `access_key_file` matches `accessKeyFile`.
fn bare(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-')).take(NAME_CHARS_MAX);
    letters.collect::<String>().to_lowercase()
}

/// Returns the Levenshtein distance: how many letters have to be added, dropped or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

const KEY_ITSELF: &str =
    "an access key must not be in the configuration: put it into a file and set `accessKeyFile` to its path";
/// One typo per so many letters still counts as the same word.
const LETTERS_PER_SLIP: usize = 3;
/// A part of a name with this many letters matches: `keyFile` matches `accessKeyFile`.
const PART_CHARS_MIN: usize = 4;
const NAME_CHARS_MAX: usize = 40;
const KEYS_THEMSELVES: [&str; 5] = ["accesskey", "key", "apikey", "secret", "token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_and_other_spellings_match_and_other_words_do_not() {
        let known = ["path", "accessKeyFile", "onExpiry"];
        let suggested = |key| match suggestion(key, &known) {
            Some(Suggestion::Field(name)) => name,
            Some(Suggestion::Advice(_)) => "advice",
            None => "",
        };
        assert_eq!(suggested("access_key_file"), "accessKeyFile");
        assert_eq!(suggested("accessKeyfil"), "accessKeyFile");
        assert_eq!(suggested("keyfile"), "accessKeyFile");
        assert_eq!(suggested("pth"), "path");
        assert_eq!(suggested("OnExpiry"), "onExpiry");
        assert!(suggested("accessKey") == "advice");
        assert_eq!(suggested("zzz"), "");
    }
}
