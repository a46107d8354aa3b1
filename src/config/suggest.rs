//! What an unknown field was probably meant to be.

/// What to do about an unknown field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Suggestion {
    /// This field was meant.
    Field(&'static str),
    /// Something else was meant.
    Advice(&'static str),
}

/// What comes to mind about an unknown field, if anything does.
pub(super) fn suggestion(key: &str, known: &[&'static str]) -> Option<Suggestion> {
    let bare = bare(key);
    if key == "<<" {
        return Some(Suggestion::Advice("merge keys do not work here: write out what is meant"));
    }
    if known.contains(&"accessKeyFile") && KEYS_THEMSELVES.contains(&bare.as_str()) {
        return Some(Suggestion::Advice(KEY_ITSELF));
    }
    let part = known.iter().find(|name| bare.len() >= PART_CHARS_MIN && self::bare(name).contains(&bare));
    let (distance, nearest) = known.iter().map(|name| (distance(&bare, &self::bare(name)), name)).min()?;
    let name = if distance <= nearest.len() / LETTERS_PER_SLIP { Some(nearest) } else { part };
    name.copied().map(Suggestion::Field)
}

/// Without case, `_` and `-`: `access_key_file` is `accessKeyFile`.
fn bare(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-')).take(NAME_CHARS_MAX);
    letters.collect::<String>().to_lowercase()
}

/// How many letters have to be added, dropped or changed (Levenshtein).
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

const KEY_ITSELF: &str = "an access key never stands here: put it into a file and name that with `accessKeyFile`";
/// One slip in so many letters is taken for a slip; more for another word.
const LETTERS_PER_SLIP: usize = 3;
/// So much of a name stands for the whole: `keyFile` is `accessKeyFile`.
const PART_CHARS_MIN: usize = 4;
const NAME_CHARS_MAX: usize = 40;
const KEYS_THEMSELVES: [&str; 5] = ["accesskey", "key", "apikey", "secret", "token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_other_spellings_are_understood_and_other_words_are_not() {
        let known = ["path", "accessKeyFile", "onExpiry"];
        let meant = |key| match suggestion(key, &known) {
            Some(Suggestion::Field(name)) => name,
            Some(Suggestion::Advice(_)) => "advice",
            None => "",
        };
        assert_eq!(meant("access_key_file"), "accessKeyFile");
        assert_eq!(meant("accessKeyfil"), "accessKeyFile");
        assert_eq!(meant("keyfile"), "accessKeyFile");
        assert_eq!(meant("pth"), "path");
        assert_eq!(meant("OnExpiry"), "onExpiry");
        assert!(meant("accessKey") == "advice");
        assert_eq!(meant("zzz"), "");
    }
}
