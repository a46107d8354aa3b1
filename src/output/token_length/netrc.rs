//! Whether a text is a netrc file with a token in it, as curl splits one.

/// Whether a login, a password or an account of a netrc file has the whole token. A line that begins with `#` is a comment.
pub(super) fn has_token(text: &str, token: &str) -> bool {
    let lines = text.lines().filter(|line| !line.trim_ascii_start().starts_with('#'));
    let words: Vec<_> = lines.flat_map(str::split_ascii_whitespace).collect();
    let is_one_of = |word: &str, known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    let Some(entry) = words.iter().position(|word| is_one_of(word, &ENTRIES)) else { return false };
    words[entry..].windows(2).any(|pair| is_one_of(pair[0], &VALUES) && pair[1].contains(token))
}

/// Words that an entry begins with.
const ENTRIES: [&str; 2] = ["machine", "default"];
/// Words that precede a value. curl takes them in any case.
const VALUES: [&str; 3] = ["login", "password", "account"];
