//! Words that must not come back: names that were replaced, and metaphors that only this project understood.

use std::collections::BTreeSet;

use crate::{
    sources::texts,
    walls::{WORDS, WORDS_ELSEWHERE},
};

#[test]
fn no_replaced_word_comes_back() {
    let mut faults = Vec::new();
    let mut in_use = BTreeSet::new();
    let is_read = |path: &str| path != TABLE && PLACES.iter().any(|place| path.starts_with(place));
    for (path, text) in texts().filter(|(path, _)| is_read(path)) {
        for (number, line) in text.lines().enumerate() {
            for (word, instead) in WORDS.iter().filter(|(word, _)| has(line, word)) {
                match WORDS_ELSEWHERE.iter().find(|(place, known)| path.starts_with(*place) && known == word) {
                    Some(excuse) => {
                        in_use.insert(*excuse);
                    }
                    None => faults.push(format!("{path}:{}: `{word}`: write {instead}", number + 1)),
                }
            }
        }
    }
    for (place, word) in WORDS_ELSEWHERE.iter().filter(|excuse| !in_use.contains(*excuse)) {
        faults.push(format!("`WORDS_ELSEWHERE` in tests/tidy/walls.rs: {place} has no `{word}`: remove the line"));
    }
    super::none(&faults);
}

/// Whether a line has a word, not as a part of another one.
fn has(line: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
}

/// The table of these words.
const TABLE: &str = "tests/tidy/walls.rs";

const PLACES: [&str; 7] = ["src/", "tests/", "fuzz/", "docs/", "deploy/", "config/", "README.md"];

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn only_whole_words_count() {
        assert!(has("a word.", "word") && has("is two words", "two words"));
        assert!(!has("words", "word") && !has("word_", "word") && !has("sword", "word"));
    }
}
