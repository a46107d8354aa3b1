//! `tokenwell.yaml(5)`: the configuration, from the same source as its schema.

use clap_mangen::roff::{Roff, bold, roman};

use super::roff::{finish, heading, inlines, literal, paragraph, references, title};
use crate::config::{
    DEFAULT_FILE,
    schema::{self, Entry, Form, Section},
};

/// The page.
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
    roff.text(inlines("Those of the whole file. Each that holds fields of its own has a section below."));
    entries(&mut roff, &root);
    sections(&mut roff, &root, "");
    heading(&mut roff, "EXAMPLES");
    roff.text(inlines("The least there is to say:"));
    literal(&mut roff, MINIMAL.lines().filter(|line| !line.starts_with('#')));
    paragraph(&mut roff, "A token in a form that nginx includes, which is told of each new one:");
    literal(&mut roff, NGINX.lines());
    heading(&mut roff, "FILES");
    roff.control("TP", []);
    roff.text([bold(DEFAULT_FILE)]);
    roff.text(inlines("Read where neither `--config` nor `TOKENWELL_CONFIG` names another."));
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

/// Every section below this one, each under the path by which it is reached; what is reached twice is told once.
fn sections(roff: &mut Roff, section: &Section, path: &str) {
    for entry in &section.entries {
        let (of, path) = match &entry.form {
            Form::Value { .. } => continue,
            Form::Fields(of) => (of, reached(path, entry)),
            Form::List { of, .. } => (of, reached(path, entry) + "[]"),
        };
        if is_told_elsewhere(&path) {
            continue;
        }
        heading(roff, &path);
        roff.text(inlines(&of.about));
        entries(roff, of);
        sections(roff, of, &path);
    }
}

fn reached(path: &str, entry: &Entry) -> String {
    if path.is_empty() { entry.name.to_owned() } else { format!("{path}.{}", entry.name) }
}

/// Hooks and the pace are the same under `credentials` and under `credentialsFrom`.
fn is_told_elsewhere(path: &str) -> bool {
    ["credentialsFrom[].hooks[]", "credentialsFrom[].renew"].contains(&path)
}

const DESCRIPTION: [&str; 3] = [
    "The file is YAML. Fields are in camelCase; one that is unknown, or that stands there twice, is a mistake. All mistakes \
     are told in one run, each with its line and its remedy: `tokenwell check` finds them, and `tokenwell schema` lets an \
     editor find most of them while the file is written.",
    "A length of time is a number with its unit, such as `500ms`, `30s`, `5m` or `1h30m`. Permissions are octal digits in \
     quotes. Paths are absolute.",
    "A changed file is applied by a running daemon without a restart; a wrong one is refused whole, and the old one stays. An \
     access key never stands in it: keys are in files of their own.",
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
          proxy_set_header Authorization "Bearer {{ token }}";
    hooks:
      - {signal: HUP, pidFile: /run/nginx.pid}"#;
