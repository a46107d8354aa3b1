//! Suggestions for unknown fields and names.

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
    let is_of_a_credential = known.contains(&"accessKeyFile");
    let is_expected = |secret: &&SecretItself| is_of_a_credential || known.contains(&secret.field);
    let secret = SECRETS_THEMSELVES.iter().filter(is_expected).find(|secret| secret.names.contains(&bare.as_str()));
    if let Some(secret) = secret {
        return Some(Suggestion::Advice(secret.advice));
    }
    let part = known.iter().find(|name| bare.len() >= PART_CHARS_MIN && self::bare(name).contains(&bare));
    let (distance, nearest) = known.iter().map(|name| (distance(&bare, &self::bare(name)), name)).min()?;
    let name = if distance <= nearest.len() / LETTERS_PER_SLIP { Some(nearest) } else { part };
    name.copied().map(Suggestion::Field)
}

/// Returns the name that an unknown one was probably meant to be, if there is one.
pub fn nearest_name<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let name = bare(name);
    let (distance, nearest) = known.into_iter().map(|known| (distance(&name, &bare(known)), known)).min()?;
    (distance <= nearest.len().div_ceil(LETTERS_PER_SLIP)).then_some(nearest)
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

/// A secret that was written into the configuration.
struct SecretItself {
    /// What people call its field, without case, `_` and `-`.
    names: &'static [&'static str],
    /// The field with the path of its file.
    field: &'static str,
    advice: &'static str,
}

const SECRETS_THEMSELVES: [SecretItself; 7] = [
    SecretItself {
        names: &["accesskey", "key", "apikey", "secret", "token"],
        field: "accessKeyFile",
        advice: "an access key must not be in the configuration: put it into a file and set `accessKeyFile` to its path",
    },
    SecretItself {
        names: &["refreshtoken", "refreshjwt"],
        field: "refreshTokenFile",
        advice: "a refresh token must not be in the configuration: put it into a file and set `refreshTokenFile` to its path",
    },
    SecretItself {
        names: &["externaltoken"],
        field: "externalTokenFile",
        advice: "a token must not be in the configuration: put it into a file and set `externalTokenFile` to its path",
    },
    SecretItself {
        names: &["authmanagementkey", "managementkey"],
        field: "authManagementKeyFile",
        advice: "a key must not be in the configuration: put it into a file and set `authManagementKeyFile` to its path",
    },
    SecretItself {
        names: &["clientsecret", "password", "clientpassword", "secret", "accesskey", "key", "apikey"],
        field: "clientSecretFile",
        advice: "a client secret must not be in the configuration: put it into a file and set `oauth.clientSecretFile` to its \
                 path",
    },
    SecretItself {
        names: &["assertion", "clientassertion", "jwt", "token"],
        field: "assertionFile",
        advice: "an assertion must not be in the configuration: put it into a file and set `oauth.assertionFile` to its path",
    },
    SecretItself {
        names: &["answers", "answer", "questions"],
        field: "answersFile",
        advice: "answers must not be in the configuration: put them into a file and set `securityQuestions.answersFile` to its \
                 path",
    },
];
/// One typo per so many letters still counts as the same word.
const LETTERS_PER_SLIP: usize = 3;
/// A part of a name with this many letters matches: `keyFile` matches `accessKeyFile`.
const PART_CHARS_MIN: usize = 4;
const NAME_CHARS_MAX: usize = 40;

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
        assert!(suggested("accessKey") == "advice" && suggested("client_secret") == "advice");
        assert!(suggested("refreshToken") == "advice" && suggested("answers") == "advice");
        assert_eq!(suggested("zzz"), "");
    }
}
