//! Texts that are not YAML, or use YAML features that no configuration needs.

use tokenwell::config::{self, ConfigSource, Environment};

use crate::case::{BARE, refusal, refusal_of, written};

#[test]
fn a_tab_is_reported_apart_from_a_space() {
    insta::assert_snapshot!(refusal("projectId: P2abc\ncredentials:\n\t- name: billing\n", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 3: there is a tab where YAML allows only spaces
              use spaces instead of the tab
    ");
}

#[test]
fn a_tab_is_found_wherever_yaml_refuses_it() {
    for (line, yaml) in [
        (1, "\tprojectId: P2abc\n"),
        (2, "log:\n\tlevel: info\n"),
        (3, "log:\n  level: info\n  \tformat: text\n"),
        (3, "credentials:\n  - name: a\n\taccessKeyFile: /k\n"),
        (2, "credentials:\n  -\tname: a\n    accessKeyFile: /k\n"),
        (2, "log:\n \t level: info\n"),
        (2, "projectId: P2abc\n\tcredentials: []\n"),
        (2, "projectId: P2abc\n\tfoo\n"),
        (2, "projectId: P2abc\n\t# a comment\nlog: {}\n"),
        (2, "template: |\n\tabc\n"),
        (4, "x:\n  template: |\n    ä\n\tb\n  y: 1\n"),
        (2, "# äöü\n-\tä: b\n"),
    ] {
        let refusal = refusal(yaml, &[]);
        let expected = format!("line {line}: there is a tab where YAML allows only spaces");
        assert!(refusal.contains(&expected) && refusal.contains("use spaces"), "{yaml:?}: {refusal}");
    }
}

#[test]
fn a_tab_where_yaml_allows_it_is_not_blamed() {
    for yaml in ["projectId:\tP2abc\t\ncredentials: [\n\t]\n", "a: '\tb\n\tc'\n", "a: \"b\"\t# c\nd: @e\n"] {
        assert!(!refusal(yaml, &[]).contains("tab"), "{yaml:?}");
    }
}

#[test]
fn an_open_bracket_is_reported_with_its_place() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials: [{name: a}
log: {}
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 3: this is not YAML: did not find expected ',' or ']' (column 1)
              look for a quote or a bracket that is not closed, or a line that is not indented like its neighbours, there or above
    ");
}

#[test]
fn a_colon_in_a_value_is_reported() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc: x
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: a `:` appears where no new field can begin
              indent like the lines above, and put a value that holds `: ` in quotes
    ");
}

#[test]
fn two_documents_are_reported() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
---
projectId: P2abc
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2: a second document begins (`---`)
              keep one document in the file
    ");
}

#[test]
fn an_empty_file_names_the_required_fields() {
    insta::assert_snapshot!(refusal(r"# nothing yet
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      it is empty
        the smallest configuration is:
          projectId: P2…
          credentials:
            - name: billing
              accessKeyFile: /var/run/secrets/descope/billing
              outputs: [{path: /run/tokenwell/billing.jwt}]
    ");
}

#[test]
fn a_file_that_is_not_a_mapping_is_reported() {
    insta::assert_snapshot!(refusal(r"hello
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: expected fields, found text
              write `name: value` pairs, one a line
    ");
}

#[test]
fn a_merge_key_is_reported() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
base: &base {name: a}
credentials:
  - <<: *base
    accessKeyFile: /keys/a
    outputs: [{path: /run/a.jwt}]
", &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has 3 mistakes

      line 2, base: unknown field
              did you mean `baseUrl`?
      line 4, credentials[0]: `name` is missing
              write something like `name: billing`
      line 4, credentials[0]."<<": merge keys are not supported
              write the fields out
    "#);
}

#[test]
fn a_merge_key_is_a_mistake_in_every_mapping() {
    let base = "projectId: P2abc\ncredentials:\n- name: a\n  accessKeyFile: /keys/a\n";
    let oauth = "projectId: P2abc\ncredentials:\n- name: a\n  outputs: [{path: /run/a.jwt}]\n";
    let outputs = "  outputs: [{path: /run/a.jwt}]\n";
    for (field, yaml) in [
        ("", format!("{base}{outputs}<<: {{log: {{}}}}\n")),
        ("credentials[0].", format!("{base}{outputs}  <<: {{required: true}}\n")),
        ("credentials[0].customClaims.", format!("{base}{outputs}  customClaims: {{<<: {{tier: gold}}}}\n")),
        ("credentials[0].customClaims.", format!("{base}{outputs}  customClaims: {{a: &a {{b: c}}, <<: [*a]}}\n")),
        ("credentials[0].customClaims.", format!("{base}{outputs}  customClaims: {{\"<<\": gold}}\n")),
        (
            "credentials[0].customClaims.a[1].b.",
            format!("{base}{outputs}  customClaims: {{a: [1, {{b: {{<<: {{}}}}}}]}}\n"),
        ),
        ("credentials[0].verify.", format!("{base}{outputs}  verify: {{<<: {{audience: a}}}}\n")),
        ("credentials[0].verify.claims.", format!("{base}{outputs}  verify: {{claims: {{<<: {{a: b}}}}}}\n")),
        ("credentials[0].renew.", format!("{base}{outputs}  renew: {{<<: {{at: 50%}}}}\n")),
        ("credentials[0].hooks[0].", format!("{base}{outputs}  hooks: [{{<<: {{signal: HUP}}}}]\n")),
        ("credentials[0].outputs[0].", format!("{base}  outputs: [{{path: /run/a.jwt, <<: {{mode: \"0600\"}}}}]\n")),
        (
            "credentials[0].outputs[0].variables.",
            format!("{base}  outputs: [{{path: /run/a.env, format: env, variables: {{<<: {{TOKEN: token}}}}}}]\n"),
        ),
        ("credentials[0].oauth.", format!("{oauth}  oauth: {{clientSecretFile: /keys/a, <<: {{scope: [a]}}}}\n")),
        ("credentials[0].securityQuestions.", format!("{oauth}  securityQuestions: {{<<: {{loginId: a}}}}\n")),
        (
            "credentialsFrom[0].rename.",
            "projectId: P2abc\ncredentialsFrom:\n- accessKeyDirectory: /keys\n  rename: {<<: {A: a}}\n  \
             outputs: [{path: \"/run/{name}.jwt\"}]\n"
                .to_owned(),
        ),
        ("http.", format!("{base}{outputs}http: {{<<: {{timeout: 9s}}}}\n")),
        ("status.", format!("{base}{outputs}status: {{<<: {{listen: \"127.0.0.1:1\"}}}}\n")),
        ("log.", format!("{base}{outputs}log: {{<<: {{level: info}}}}\n")),
    ] {
        let refusal = refusal(&yaml, &[]);
        let expected = format!("{field}\"<<\": merge keys are not supported");
        assert!(refusal.contains(&expected) && refusal.contains("write the fields out"), "{yaml}: {refusal}");
    }
}

#[test]
fn a_tag_is_reported() {
    insta::assert_snapshot!(refusal(r"projectId: !secret P2abc
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: a value has a custom tag (`!…`), which is not supported
              remove the tag, or put the value in quotes
    ");
}

#[test]
fn an_alias_without_anchor_is_reported() {
    insta::assert_snapshot!(refusal(r"projectId: *nothing
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: an alias (`*…`) names no anchor (`&…`) above it
              write the value out, without an alias
    ");
}

#[test]
fn a_list_for_a_key_is_reported() {
    insta::assert_snapshot!(refusal(r"? [a, b]
: c
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: a key is not text
              write keys as words, such as `projectId:`
    ");
}

#[test]
fn a_file_that_is_not_utf8_is_reported_its_line() {
    insta::assert_snapshot!(refusal_of(b"projectId: P2abc\nx: \xff\n"), @r"
    cannot use configuration `/etc/tokenwell/tokenwell.yaml`: line 2 is not UTF-8
           save it as UTF-8
    ");
}

#[test]
fn a_byte_order_mark_at_the_beginning_is_nothing() {
    let (_folder, path) = written(format!("\u{feff}{BARE}").as_bytes());
    let loaded = config::load(&ConfigSource::file(&path), &Environment::default()).unwrap();
    assert_eq!(loaded.config.credentials.len(), 1);
    assert!(refusal(&format!("\u{feff}\u{feff}{BARE}"), &[]).contains("a second document begins"), "one is enough");
}

#[test]
fn the_example_of_the_readme_is_for_looking_only() {
    let example = BARE.replace("P2abc", EXAMPLE);
    let (_folder, path) = written(example.as_bytes());
    let loaded = config::load(&ConfigSource::file(&path), &Environment::default()).unwrap();
    let warning = loaded.warnings_of_check().next().unwrap().to_string();
    assert!(warning.contains("this is the example of the README") && warning.contains("settings/project"), "{warning}");
    let refused = loaded.for_requests().unwrap_err().to_string().replace(path.to_str().unwrap(), "tokenwell.yaml");
    insta::assert_snapshot!(refused, @r"
    `tokenwell.yaml` has a mistake

      line 1, projectId: `P2abcdefghijklmnopqrstuvwxyz`: this is the example of the README, not your project
              copy yours from the console: https://app.descope.com/settings/project
    ");
}

#[test]
fn a_stand_in_may_use_the_example_of_the_readme() {
    let example = BARE.replace("P2abc", EXAMPLE);
    for (yaml, url) in [
        (format!("baseUrl: http://127.0.0.1:8787\n{example}"), ""),
        (example.clone(), "http://localhost:8787"),
        (format!("{example}allowPlainHttp: true\n"), "http://sandbox:8787"),
    ] {
        let (_folder, path) = written(yaml.as_bytes());
        let environment = [("DESCOPE_BASE_URL", url)].into_iter().collect();
        let loaded = config::load(&ConfigSource::file(&path), &environment).unwrap();
        assert_eq!(loaded.warnings_of_check().count(), loaded.warnings.len());
        loaded.for_requests().unwrap();
    }
    let (_folder, path) = written(example.as_bytes());
    let own = [("DESCOPE_PROJECT_ID", "P2other")].into_iter().collect();
    config::load(&ConfigSource::file(&path), &own).unwrap().for_requests().unwrap();
}

#[test]
fn the_example_in_a_flag_or_a_variable_is_a_mistake() {
    let (_folder, path) = written(BARE.as_bytes());
    let variable = [("DESCOPE_PROJECT_ID", EXAMPLE)].into_iter().collect();
    let refused = config::load(&ConfigSource::file(&path), &variable).unwrap_err().to_string();
    assert!(refused.contains("$DESCOPE_PROJECT_ID") && refused.contains("the example of the README"), "{refused}");
    let flag = ConfigSource { project_id: Some(EXAMPLE.to_owned()), ..ConfigSource::file(&path) };
    let refused = config::load(&flag, &Environment::default()).unwrap_err().to_string();
    assert!(refused.contains("--project-id") && refused.contains("the example of the README"), "{refused}");
}

const EXAMPLE: &str = "P2abcdefghijklmnopqrstuvwxyz";
