//! The sections of `docs/readers.md` and their snippets.

use std::{collections::BTreeMap, fs};

/// The configuration for Tokenwell, in a section and before the first one.
pub(crate) const TOKENWELL: &str = "tokenwell.yaml";

/// The snippets of a section by their names. A section without a configuration for Tokenwell has the page's.
pub(crate) fn section(title: &str) -> BTreeMap<String, String> {
    let mut sections = sections();
    let common = sections[""][TOKENWELL].clone();
    let known: Vec<_> = sections.keys().cloned().collect();
    let mut snippets = sections.remove(title).unwrap_or_else(|| panic!("there is no section {title}, only {known:?}"));
    snippets.entry(TOKENWELL.to_owned()).or_insert(common);
    snippets
}

/// All snippets by section and name. The part before the first heading of the second level has the title "".
pub(crate) fn sections() -> BTreeMap<String, BTreeMap<String, String>> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/readers.md")).unwrap();
    let mut sections = BTreeMap::from([(String::new(), BTreeMap::new())]);
    let mut title = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(fence) = line.strip_prefix("```") {
            let name = fence.split_once(' ').map_or(fence, |(_, name)| name);
            let text: Vec<_> =
                lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
            let old = sections.entry(title.clone()).or_default().insert(name.to_owned(), text.concat());
            assert_eq!(old, None, "two snippets {name} in {title}");
        } else if let Some(heading) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")) {
            heading.clone_into(&mut title);
            assert_eq!(sections.insert(title.clone(), BTreeMap::new()), None, "two sections {title}");
        }
    }
    sections
}

/// A name that no test asks for would be a snippet that is never run.
#[test]
fn every_snippet_of_the_page_of_readers_has_a_test() {
    let mut found: Vec<_> = sections()
        .into_iter()
        .flat_map(|(title, snippets)| snippets.into_keys().map(move |name| format!("{title}: {name}")))
        .collect();
    let mut tested: Vec<_> = TESTED
        .iter()
        .chain(NOT_TESTED)
        .flat_map(|(title, names)| names.iter().map(move |name| format!("{title}: {name}")))
        .collect();
    found.sort();
    tested.sort();
    assert_eq!(found, tested);
}

/// The snippets of each section, all of which a test runs; `sh` shows how to run the tests.
const TESTED: &[(&str, &[&str])] = &[
    ("", &[TOKENWELL]),
    ("Prometheus", &["prometheus.yml"]),
    ("Prometheus of Debian sid", &[TOKENWELL, "prometheus.yml"]),
    ("Alertmanager", &["alertmanager.yml"]),
    ("blackbox_exporter", &["blackbox.yml"]),
    ("vmagent", &["scrape.yml"]),
    ("OpenTelemetry Collector", &["config.yaml"]),
    ("nginx", &["tokenwell.js", "http.conf"]),
    ("HAProxy", &[TOKENWELL, "haproxy.cfg"]),
    ("Apache httpd", &["httpd.conf"]),
    ("Caddy", &["Caddyfile"]),
    ("Envoy", &[TOKENWELL, "envoy.yaml"]),
    ("Envoy with the value alone", &[TOKENWELL, "secret.yaml"]),
    ("client-go and kubectl", &["kubeconfig"]),
    ("Kubernetes client for Python", &["client.py"]),
    ("curl", &[TOKENWELL, "curl.sh"]),
    ("git", &[TOKENWELL, ".gitconfig"]),
    // tests/system/systemd/consumers
    ("Follow a token", &["billing.path", "billing.service", "app.service", "credential.service"]),
    ("How these were tested", &["sh"]),
];

/// Those of programs that no package registry has, and of versions that Debian 12 does not have. The page says so.
const NOT_TESTED: &[(&str, &[&str])] =
    &[("Traefik", &[TOKENWELL, "traefik.yml"]), ("A command that prints the token", &["ini"])];
