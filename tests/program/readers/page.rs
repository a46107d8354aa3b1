//! The snippets of `docs/reading-the-token.md`.

use std::{collections::HashMap, fs, path::Path};

use crate::setting::Setting;

/// The page's snippets by language. Each language occurs once.
pub(crate) fn snippets() -> HashMap<String, String> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reading-the-token.md")).unwrap();
    let mut snippets = HashMap::new();
    for (n, part) in page.split("\n```").enumerate() {
        if n % 2 == 1 {
            let (language, text) = part.split_once('\n').unwrap();
            assert_eq!(snippets.insert(language.to_owned(), format!("{text}\n")), None, "two snippets of {language}");
        }
    }
    snippets
}

/// A snippet with the paths and the address of a test in place of the printed ones.
pub(crate) fn snippet(language: &str, setting: &Setting, server: &str) -> String {
    let snippets = snippets();
    let known: Vec<_> = snippets.keys().collect();
    let text = snippets.get(language).unwrap_or_else(|| panic!("there is no {language} snippet, only {known:?}"));
    localised(text, &setting.path(""), server)
}

/// The configuration from the page, for the test's daemon.
pub(crate) fn configuration(setting: &Setting) -> String {
    snippet("yaml", setting, "http://none.invalid/")
}

fn localised(text: &str, folder: &Path, server: &str) -> String {
    let folder = folder.display().to_string();
    let folder = folder.trim_end_matches('/');
    text.replace("/run/tokenwell/", &format!("{folder}/out/"))
        .replace("/var/run/secrets/descope/", &format!("{folder}/keys/"))
        .replace("/run/nginx.pid", &format!("{folder}/nginx.pid"))
        .replace("http://127.0.0.1:8080/", server)
}

#[test]
fn the_page_has_a_snippet_for_each_reader() {
    let mut languages: Vec<_> = snippets().into_keys().collect();
    languages.sort();
    // `ini` is run by tests/system/systemd/run; `text` is not run.
    assert_eq!(languages, ["go", "ini", "js", "nginx", "python", "sh", "text", "yaml"]);
}
