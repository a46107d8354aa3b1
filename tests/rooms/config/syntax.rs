//! Texts that are not YAML, or use YAML features that no configuration needs.

use tokenwell::config::{self, ConfigSource, Environment};

use crate::case::{BARE, refusal, refusal_of, written};

#[test]
fn a_tab_is_reported_apart_from_a_space() {
    insta::assert_snapshot!(refusal("projectId: P2abc\ncredentials:\n\t- name: billing\n", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 3: no value begins with this character
              indent with spaces, not tabs; put a value that begins with `@`, `%` or a backtick in quotes
    ");
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
      line 4, credentials[0]."<<": unknown field
              merge keys are not supported: write the fields out
    "#);
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
