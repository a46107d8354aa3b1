//! The documents: the README's size, and that links and named files exist.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path},
};

use crate::{none, sources};

#[test]
fn the_readme_is_short() {
    let bytes = sources::text("README.md").len();
    assert!(bytes <= README_BYTES_MAX, "README.md has {bytes} bytes of {README_BYTES_MAX}; move a part to docs/");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let files: BTreeMap<_, _> = sources::texts().collect();
    let is_there = |path: &str| {
        path.is_empty() || files.contains_key(path) || files.keys().any(|file| file.starts_with(&format!("{path}/")))
    };
    let mut faults = Vec::new();
    let mut links = 0;
    for (document, text) in documents(&files) {
        for (line, target) in
            targets(text).filter(|(_, target)| !EXTERNAL.iter().any(|start| target.starts_with(start)))
        {
            links += 1;
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if path.is_empty() { document.to_owned() } else { joined(document, path) };
            if !is_there(&path) {
                faults.push(format!("{document}:{line}: `{target}`: there is no `{path}`"));
            } else if !heading.is_empty() && !anchors(files.get(&path).map_or("", String::as_str)).contains(heading) {
                faults.push(format!("{document}:{line}: `{target}`: `{path}` has no such heading"));
            }
        }
    }
    none(&faults);
    assert!(links > 50, "only {links} links were found");
}

/// Alerts, units and manifests link to the pages of the repository, which must be the one that `Cargo.toml` names.
#[test]
fn every_link_into_the_repository_leads_to_a_heading() {
    let files: BTreeMap<_, _> = sources::texts().collect();
    let repository = files["Cargo.toml"].lines().find_map(|line| line.strip_prefix("repository = "));
    let repository = repository.map(|name| name.trim_matches('"')).expect("`Cargo.toml` has a `repository`");
    let pages = format!("{repository}/blob/main/");
    let mut faults = Vec::new();
    let mut links = 0;
    for (file, text) in files.iter().filter(|(file, _)| Path::new(file).extension().is_none_or(|end| end != "rs")) {
        for (line, link) in
            (1..).zip(text.lines()).flat_map(|(line, text)| links_in(text).map(move |link| (line, link)))
        {
            if !link.contains("/blob/") || !link.starts_with("https://github.com/tokenwell") {
                continue;
            }
            links += 1;
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let page = path.strip_prefix(&pages).and_then(|path| files.get(path));
            if page.is_none() {
                faults.push(format!("{file}:{line}: `{link}`: below `{pages}` there is no such file"));
            } else if page.is_some_and(|page| !heading.is_empty() && !anchors(page).contains(heading)) {
                faults.push(format!("{file}:{line}: `{link}`: the page has no such heading"));
            }
        }
    }
    none(&faults);
    assert!(links > 30, "only {links} links were found");
}

#[test]
fn every_document_that_a_file_names_exists() {
    let files: BTreeMap<_, _> = sources::texts().collect();
    let mut faults = Vec::new();
    for (path, text) in &files {
        for (n, line) in text.lines().enumerate() {
            for name in line.split(|letter: char| !(letter.is_alphanumeric() || "/-_.".contains(letter))) {
                let is_document = ["docs/", "deploy/"].iter().any(|folder| name.starts_with(folder));
                if is_document && is_markdown(name) && !files.contains_key(name) {
                    faults.push(format!("{path}:{}: there is no `{name}`", n + 1));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn every_page_of_docs_is_linked_from_its_index_and_the_readme() {
    let files: BTreeMap<_, _> = sources::texts().collect();
    let pages: BTreeSet<_> =
        files.keys().filter(|path| path.starts_with("docs/") && is_markdown(path)).map(String::as_str).collect();
    for index in ["README.md", "docs/README.md"] {
        let linked: BTreeSet<_> = targets(&files[index]).map(|(_, target)| joined(index, target)).collect();
        let missing: Vec<_> =
            pages.iter().filter(|page| **page != "docs/README.md" && !linked.contains(**page)).collect();
        assert!(missing.is_empty(), "{index} has no link to {missing:?}");
    }
}

fn documents(files: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    files.iter().map(|(path, text)| (path.as_str(), text.as_str())).filter(|(path, _)| is_markdown(path))
}

fn is_markdown(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "md")
}

/// The lines outside code blocks, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// The targets of links and pictures, with their lines.
fn targets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    prose(text).flat_map(|(line, text)| {
        text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(move |(target, _)| (line, target))
    })
}

/// The absolute links in a line of any file.
fn links_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("https://").map(|(start, _)| {
        let link = &text[start..];
        link.split(|letter: char| letter.is_whitespace() || "\"'`)<>]".contains(letter)).next().unwrap_or(link)
    })
}

/// A path that is relative to a document, relative to the project.
fn joined(document: &str, path: &str) -> String {
    let folder = Path::new(document).parent().unwrap_or(Path::new(""));
    let mut parts = Vec::new();
    for part in folder.join(path).components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir => {}
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::Prefix(_) | Component::RootDir => parts.push(String::new()),
        }
    }
    parts.join("/")
}

/// The anchors that GitHub gives to a document's headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, line) in prose(text) {
        let Some((level, heading)) = line.split_once("# ") else { continue };
        if !level.chars().all(|letter| letter == '#') {
            continue;
        }
        let letters = heading.trim().to_lowercase();
        let letters = letters.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        let anchor: String = letters.map(|letter| if letter == ' ' { '-' } else { letter }).collect();
        let again = (1..1000).map(|n| format!("{anchor}-{n}")).find(|name| !found.contains(name));
        let anchor = if found.contains(&anchor) { again.unwrap_or_default() } else { anchor };
        found.insert(anchor);
    }
    found
}

const README_BYTES_MAX: usize = 8 * 1024;
const EXTERNAL: [&str; 3] = ["https://", "http://", "mailto:"];
