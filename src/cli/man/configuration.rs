//! `tokenwell.yaml(5)`: the manual page of the configuration, generated from the same source as the schema.

use clap_mangen::roff::{Roff, bold, roman};

use super::roff::{finish, heading, inlines, literal, paragraph, references, title};
use crate::config::{
    DEFAULT_FILE,
    schema::{self, Entry, Form, Section},
};

/// Returns the page.
pub(super) fn page() -> String {
    let root = schema::root();
    let mut roff = Roff::new();
    title(&mut roff, "tokenwell.yaml", "5");
    heading(&mut roff, "NAME");
    roff.text([roman("tokenwell.yaml - the configuration of tokenwell")]);
    heading(&mut roff, "SYNOPSIS");
    roff.text([bold(DEFAULT_FILE)]);
    heading(&mut roff, "DESCRIPTION");
    roff.text(inlines(&root.about));
    for text in DESCRIPTION {
        paragraph(&mut roff, text);
    }
    heading(&mut roff, "FIELDS");
    roff.text(inlines("These are the top-level fields. A field with fields of its own has a section below."));
    entries(&mut roff, &root);
    sections(&mut roff, &root, "");
    heading(&mut roff, "EXAMPLES");
    roff.text(inlines("The smallest configuration:"));
    literal(&mut roff, MINIMAL.lines().filter(|line| !line.starts_with('#')));
    paragraph(&mut roff, "A token in a file for nginx to include, and a signal to nginx after each new one:");
    literal(&mut roff, NGINX.lines());
    heading(&mut roff, "FILES");
    roff.control("TP", []);
    roff.text([bold(DEFAULT_FILE)]);
    roff.text(inlines("The default if neither `--config` nor `TOKENWELL_CONFIG` is set."));
    heading(&mut roff, "SEE ALSO");
    roff.text(references(&[("tokenwell", 1), ("tokenwell-check", 1), ("tokenwell-run", 1), ("tokenwell-schema", 1)]));
    finish(&roff.render())
}

fn entries(roff: &mut Roff, section: &Section) {
    for entry in &section.entries {
        roff.control("TP", []);
        roff.text([bold(entry.name)]);
        roff.text(inlines(&entry.description()));
    }
}

/// Adds every section below this one under its path. Identical sections are added once.
fn sections(roff: &mut Roff, section: &Section, path: &str) {
    for entry in &section.entries {
        let (of, path) = match &entry.form {
            Form::Value { .. } => continue,
            Form::Fields(of) => (of, path_of(path, entry)),
            Form::List { of, .. } => (of, path_of(path, entry) + "[]"),
        };
        if is_duplicate(&path) {
            continue;
        }
        heading(roff, &path);
        roff.text(inlines(&of.about));
        entries(roff, of);
        sections(roff, of, &path);
    }
}

fn path_of(path: &str, entry: &Entry) -> String {
    if path.is_empty() { entry.name.to_owned() } else { format!("{path}.{}", entry.name) }
}

/// Hooks and `renew` are the same in `credentials` and in `credentialsFrom`.
fn is_duplicate(path: &str) -> bool {
    ["credentialsFrom[].hooks[]", "credentialsFrom[].renew"].contains(&path)
}

const DESCRIPTION: [&str; 3] = [
    "The file is YAML. Fields are in camelCase; unknown and duplicate fields are mistakes. All mistakes are reported in \
    one run, each with its line and its remedy: `tokenwell check` finds them, and with `tokenwell schema` an editor finds most \
    of them as you type.",
    "A duration is a number with its unit, such as `500ms`, `30s`, `5m` or `1h30m`. Permissions are octal digits in \
    quotes. Paths are absolute.",
    "A running daemon applies a changed file without a restart; if the file has mistakes, the daemon keeps the old \
    configuration. The file never contains an access key: keys are in files of their own.",
];
const MINIMAL: &str = include_str!("../../../config/minimal.yaml");
const NGINX: &str = r#"projectId: ${DESCOPE_PROJECT_ID}
credentials:
  - name: billing
    accessKeyFile: /var/run/secrets/descope/billing
    outputs:
      - path: /run/tokenwell/billing.nginx
        format: template
        template: |
          set $tw1 "{{ token[:4000] }}"; set $tw2 "{{ token[4000:] }}";
          proxy_set_header Authorization "Bearer $tw1$tw2";
    hooks:
      - {signal: HUP, pidFile: /run/nginx.pid}"#;
