//! Which files of a key folder are keys, and the names of their credentials.

use std::collections::BTreeMap;

use glob::Pattern;

/// Which files of a key folder are keys, and the names of their credentials. By default every file is one, named after itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeySelection {
    include: Option<Vec<Pattern>>,
    exclude: Vec<Pattern>,
    /// File names with the names of their credentials.
    renamed: BTreeMap<String, String>,
}

impl KeySelection {
    /// Selects files that one of the first patterns matches (any, if there are none) and none of the others. `renamed` maps
    /// file names to the names of their credentials.
    pub fn new(include: Option<Vec<Pattern>>, exclude: Vec<Pattern>, renamed: BTreeMap<String, String>) -> Self {
        Self { include, exclude, renamed }
    }

    /// The same with these names.
    #[must_use]
    pub(super) fn with_renamed(self, renamed: BTreeMap<String, String>) -> Self {
        Self { renamed, ..self }
    }

    /// Whether a file is a key.
    pub fn selects(&self, file: &str) -> bool {
        self.include.as_ref().is_none_or(|patterns| any_matches(patterns, file)) && !any_matches(&self.exclude, file)
    }

    /// The name of the credential of a file.
    pub fn name_of<'n>(&'n self, file: &'n str) -> &'n str {
        self.renamed.get(file).map_or(file, String::as_str)
    }

    /// Whether the name of a file's credential was chosen for it.
    pub fn renames(&self, file: &str) -> bool {
        self.renamed.contains_key(file)
    }

    /// The file whose credential has this name, if there is such a file.
    pub fn file_of<'n>(&'n self, name: &'n str) -> &'n str {
        self.renamed.iter().find(|(_, renamed)| *renamed == name).map_or(name, |(file, _)| file)
    }

    /// Patterns and renamed files that none of these files matches, such as "`include` `*-key`".
    pub fn unmatched(&self, files: &[&str]) -> Vec<String> {
        let misses = |pattern: &&Pattern| !files.iter().any(|file| pattern.matches(file));
        let include = self.include.iter().flatten().filter(misses).map(|pattern| format!("`include` `{pattern}`"));
        let exclude = self.exclude.iter().filter(misses).map(|pattern| format!("`exclude` `{pattern}`"));
        let renamed =
            self.renamed.keys().filter(|file| !files.contains(&file.as_str())).map(|file| format!("`rename` `{file}`"));
        include.chain(exclude).chain(renamed).collect()
    }

    /// The patterns as written: those that include, and those that exclude.
    pub fn patterns(&self) -> [Vec<&str>; 2] {
        [self.include.iter().flatten().collect::<Vec<_>>(), self.exclude.iter().collect()]
            .map(|patterns| patterns.into_iter().map(Pattern::as_str).collect())
    }

    /// File names with the names of their credentials.
    pub fn renamed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.renamed.iter().map(|(file, name)| (file.as_str(), name.as_str()))
    }
}

fn any_matches(patterns: &[Pattern], file: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| Pattern::new(text).unwrap()).collect()
    }

    #[test]
    fn exclude_wins_over_include() {
        let all = KeySelection::default();
        assert!(all.selects("a") && all.selects("A.key"));
        let some = KeySelection::new(Some(patterns(&["*-key", "db"])), patterns(&["old-*"]), BTreeMap::new());
        let selected: Vec<_> =
            ["a-key", "db", "old-key", "project-id", "Db"].into_iter().filter(|file| some.selects(file)).collect();
        assert_eq!(selected, ["a-key", "db"]);
        let others = KeySelection::new(None, patterns(&["[A-Z]*", "?"]), BTreeMap::new());
        assert!(others.selects("ab") && !others.selects("Ab") && !others.selects("x"));
    }

    #[test]
    fn a_renamed_file_has_the_name_that_was_chosen() {
        let renamed = [("SEARCH_API_KEY".to_owned(), "search".to_owned())].into();
        let selection = KeySelection::new(None, Vec::new(), renamed);
        assert_eq!((selection.name_of("SEARCH_API_KEY"), selection.name_of("other")), ("search", "other"));
        assert_eq!((selection.file_of("search"), selection.file_of("other")), ("SEARCH_API_KEY", "other"));
        assert!(selection.renames("SEARCH_API_KEY") && !selection.renames("search"));
    }

    #[test]
    fn patterns_without_a_file_are_listed() {
        let renamed = [("A".to_owned(), "a".to_owned())].into();
        let selection = KeySelection::new(Some(patterns(&["*-key", "x*"])), patterns(&["y"]), renamed);
        let unmatched = selection.unmatched(&["a-key"]);
        assert_eq!(unmatched, ["`include` `x*`", "`exclude` `y`", "`rename` `A`"]);
    }
}
