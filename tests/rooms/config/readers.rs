//! Configurations that are legal, and that some readers of the token do not cope with: each is a warning with its line.

use std::fs;

use serde_json::Value;

use crate::case::{good, tokenwell};

/// Returns the warnings of a configuration with these fields and this output, without the rest of their texts.
fn warnings(fields: &str, output: &str, rest: &str) -> Vec<String> {
    let yaml = format!(
        "projectId: P2abc\nstateDirectory: /state\ncredentials:\n  - name: a\n    accessKeyFile: /keys/a\n{fields}    outputs:\n      - {output}\n{rest}"
    );
    good(&yaml, &[]).warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_template_that_is_a_token_and_white_space_is_warned_of() {
    let block = |sign: &str, text: &str| {
        format!("path: /run/a\n        format: template\n        template: {sign}\n          {text}\n")
    };
    let quoted = |text: &str| format!("{{path: /run/a, format: template, template: \"{text}\"}}");
    let found = warnings("", &block("|", "{{ token }}"), "");
    insta::assert_snapshot!(found.join("\n"), @"line 9, credentials[0].outputs[0].template: it is the token and a line break or blank: nginx, Apache and HAProxy send a line break on, Descope's SDKs for Python and Java refuse the token, and exceptions print it (write `format: jwt`, or `|-` in place of `|`)");
    let (jwt, bearer) = (Some("`format: jwt`"), Some("`format: bearer`"));
    for (output, format) in [
        (block("|", "Bearer {{ token }}"), bearer),
        (block("|+", "{{ tokenType }} {{ token }}"), bearer),
        (block(">", "{{ token }}"), jwt),
        (block("|-", "{{ token }}"), None),
        (block("|-", "Bearer {{ token }}"), None),
        (quoted("{{ token }}\\n"), jwt),
        (quoted("{{ token }}\\r\\n"), jwt),
        (quoted(" {{ token }}"), jwt),
        (quoted("{% if token %}{{ token }}{% endif %}\\n"), jwt),
        (quoted("bearer {{ token }}\\n"), bearer),
        (quoted("{{ tokenType | lower }} {{ token }}\\n"), bearer),
        (quoted("{% if claims.sub is defined %}{{ token }}{% endif %}\\n"), jwt),
        (quoted("{% if claims.tenants %}{{ token }}\\n{% else %}{{ token }}{% endif %}"), jwt),
        (quoted("{{ token }}\\u00a0"), jwt),
        (quoted("{% set it = token %}{{ it ~ '\\n' }}"), jwt),
        (quoted("{{- token -}}\\n"), None),
        (quoted("{{ token }}{# \\n #}"), None),
        (quoted("{{ token }}"), None),
        (quoted("{{ token }}{{ '' }}"), None),
        (block("|", "Authorization: Bearer {{ token }}"), None),
        (block("|", "TOKEN={{ token }}"), None),
        (block("|", "{{ token }} {{ expiresAt }}"), None),
        (block("|", "{{ ('x:' ~ token) | b64encode }}"), None),
    ] {
        let found = warnings("", &output, "");
        assert_eq!(found.len(), usize::from(format.is_some()), "{output}: {found:?}");
        assert!(
            found.iter().all(|warning| format.is_some_and(|format| warning.contains(format))),
            "{output}: {found:?}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template");
    fs::write(&file, "{{ token }}\n").unwrap();
    let found = warnings("", &format!("{{path: /run/a, format: template, templateFile: {}}}", file.display()), "");
    assert!(
        matches!(&found[..], [warning] if warning.starts_with("line 7, credentials[0].outputs[0].templateFile: it is the token")
            && warning.contains("end the file without a line break")),
        "{found:?}"
    );
}

#[test]
fn a_file_that_traefik_reads_in_a_set_is_warned_of() {
    let of =
        |path: &str| warnings("", &format!("{{path: \"{path}\", format: json}}"), "sets: [{directory: /run/app}]\n");
    insta::assert_snapshot!(of("/run/app/routes.yaml").join("\n"), @"line 7, credentials[0].outputs[0].path: Traefik reads such a file in each folder of the set, and the older one wins until it is deleted (for Traefik, write it into a folder that is no set)");
    for (path, count) in [
        ("/run/app/routes.yml", 1),
        ("/run/app/routes.TOML", 1),
        ("/run/app/a.b.toml", 1),
        ("/run/app/routes.json", 0),
        ("/run/app/yaml", 0),
        ("/run/app/.yaml", 1),
    ] {
        assert_eq!(of(path).len(), count, "{path}");
    }
    let beside = warnings("", "{path: /run/other/routes.yaml}", "");
    assert_eq!(beside, Vec::<String>::new());
}

#[test]
fn a_removal_is_warned_of_beside_readers_that_do_not_notice() {
    let remove = "    onExpiry: remove\n";
    let hook = "    hooks: [{post: \"http://127.0.0.1:9090/-/reload\"}]\n";
    let told = format!("{remove}{hook}");
    for (fields, output, expected) in [
        (remove, "{path: /run/a}", &["OpenTelemetry"][..]),
        (remove, "{path: /run/a, format: json}", &[]),
        (remove, "{path: /run/a, format: bearer}", &["EnvironmentFile=", "oauth2-proxy"]),
        (remove, "{path: /run/a, format: env}", &["EnvironmentFile="]),
        (remove, "{path: /run/a, format: template, template: \"x {{ token }}\"}", &["EnvironmentFile="]),
        (remove, "{path: /run/a.yml, format: template, template: \"x {{ token }}\"}", &["EnvironmentFile=", "Traefik"]),
        (told.as_str(), "{path: /run/a}", &["no hook runs after a removal"]),
        (told.as_str(), "{path: /run/a, format: json}", &[]),
        (told.as_str(), "{path: /run/a, format: bearer}", &["EnvironmentFile=", "no hook runs after a removal"]),
        (told.as_str(), "{path: /run/a, format: header}", &["EnvironmentFile="]),
        (hook, "{path: /run/a}", &[]),
        ("    onExpiry: keep\n", "{path: /run/a}", &[]),
    ] {
        let found = warnings(fields, output, "");
        assert_eq!(found.len(), expected.len(), "{fields}{output}: {found:?}");
        for (warning, expected) in found.iter().zip(expected) {
            assert!(
                warning.starts_with("line 6, credentials[0].onExpiry: ") && warning.contains(expected),
                "{warning}"
            );
            assert!(warning.contains("`keep`"), "{warning}");
        }
    }
}

#[test]
fn warnings_about_readers_have_their_line_and_remedy_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenwell.yaml");
    let yaml = "projectId: P2abc\nstateDirectory: /state\ncredentials:\n  - name: a\n    accessKeyFile: /keys/a\n    onExpiry: remove\n    outputs:\n      \
                - path: /run/app/a.yaml\n        format: template\n        template: |\n          {{ token }}\nsets: [{directory: /run/app}]\n";
    fs::write(&path, yaml).unwrap();
    let ended = tokenwell(&["check", "--json", "--config", path.to_str().unwrap()], &[]);
    assert_eq!(ended.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let found: Vec<_> =
        report["warnings"].as_array().unwrap().iter().filter(|warning| !warning["line"].is_null()).collect();
    let place = |warning: &&Value| format!("{} {}", warning["line"], warning["field"].as_str().unwrap());
    let places: Vec<_> = found.iter().map(place).collect();
    let output = "credentials[0].outputs[0]";
    assert_eq!(
        places,
        [
            "6 credentials[0].onExpiry".to_owned(),
            "6 credentials[0].onExpiry".to_owned(),
            format!("8 {output}.path"),
            format!("10 {output}.template"),
        ]
    );
    assert!(found.iter().all(|warning| warning["file"] == path.to_str().unwrap() && warning["remedy"].is_string()));
}
