//! Fields that are unknown, duplicated, missing, or of the wrong type.

use crate::case::refusal;

#[test]
fn a_typo_in_a_field_is_reported_with_a_suggestion() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - name: billing
    accessKeyfile: /keys/billing
    outputs: [{path: /run/tokenwell/billing.jwt}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 4, credentials[0].accessKeyfile: unknown field
              did you mean `accessKeyFile`?
    ");
}

#[test]
fn an_unknown_field_lists_the_known_ones() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - name: billing
    accessKeyFile: /keys/billing
    frobnicate: 1
    outputs: [{path: /run/tokenwell/billing.jwt, perm: x}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 5, credentials[0].frobnicate: unknown field
              known here: `name`, `accessKeyFile`, `authManagementKeyFile`, `customClaims`, `selectedTenant`, `refreshTokenFile`, `externalTokenFile`, `refreshWarnBefore`, `securityQuestions`, `oauth`, `required`, `verify`, `publicKeyFile`, `onExpiry`, `renew`, `outputs`, `hooks`
      line 6, credentials[0].outputs[0].perm: unknown field
              known here: `path`, `format`, `claims`, `fields`, `variables`, `quotes`, `template`, `templateFile`, `mode`, `owner`, `group`, `onModeIgnored`
    ");
}

#[test]
fn wrong_types_say_what_was_expected_and_found() {
    insta::assert_snapshot!(refusal(r#"projectId: 5
allowPlainHttp: "yes"
http: fast
renew: [1]
log: {format: true, level: verbose}
confine: on
credentials:
  name: billing
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 8 mistakes

      line 1, projectId: expected text, found a number
              put it in quotes
      line 2, allowPlainHttp: `yes` is text
              write `true` or `false`, without quotes
      line 3, http: expected fields, found text
              write `name: value` pairs, one a line
      line 4, renew: expected fields, found a list
              write `name: value` pairs, one a line
      line 5, log.format: expected text, found `true`
              put it in quotes
      line 5, log.level: `verbose` is not a log level
              write `error`, `warn`, `info`, `debug`, `trace` or `off`, or a filter such as `info,tokenwell=debug`
      line 6, confine: `on` is not known here
              write `auto` or `off`
      line 8, credentials: expected a list, found a mapping
              begin every entry with `- `
    ");
}

#[test]
fn a_value_where_a_list_of_fields_belongs() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - billing
  - name: 7
    accessKeyFile: {a: b}
    required: 1
    customClaims: gold
    selectedTenant: ""
    onExpiry: delete
    outputs: /run/a.jwt
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 8 mistakes

       line 3, credentials[0]: expected fields, found text
               write `name: value` pairs, one a line
       line 4, credentials[1].name: expected text, found a number
               put it in quotes
       line 5, credentials[1].accessKeyFile: expected text, found a mapping
               write one text here
       line 6, credentials[1].required: expected `true` or `false`, found a number
               write `true` or `false`
       line 7, credentials[1].customClaims: expected fields, found text
               write `name: value` pairs, one a line
       line 8, credentials[1].selectedTenant: empty
               write the tenant's id, or remove the line
       line 9, credentials[1].onExpiry: `delete` is not known here
               write `keep` or `remove`
      line 10, credentials[1].outputs: expected a list, found text
               begin every entry with `- `
    ");
}

#[test]
fn duplicate_fields_are_reported_at_every_level() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
projectId: P2abc
credentials:
  - name: billing
    accessKeyFile: /keys/billing
    customClaims: {tier: gold, deep: [{a: 1, a: 2}], tier: silver}
    outputs:
      - path: /run/tokenwell/billing.jwt
        path: /run/tokenwell/other.jwt
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 4 mistakes

      line 2, projectId: duplicate field
              a field may appear only once: keep one of them
      line 6, credentials[0].customClaims.deep[0].a: duplicate field
              a field may appear only once: keep one of them
      line 6, credentials[0].customClaims.tier: duplicate field
              a field may appear only once: keep one of them
      line 9, credentials[0].outputs[0].path: duplicate field
              a field may appear only once: keep one of them
    ");
}

#[test]
fn a_missing_project_names_all_three_ways_to_set_it() {
    insta::assert_snapshot!(refusal(r"credentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a.jwt}]}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      projectId: missing
        write `projectId: P2…`, set `$DESCOPE_PROJECT_ID` or give `--project-id`
    ");
}

#[test]
fn missing_fields_are_reported_with_an_example() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - {}
  - outputs: [{}]
credentialsFrom:
  - required: false
    outputs: []
", &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has 8 mistakes

      line 3, credentials[0]: `name` is missing
              write something like `name: billing`
      line 3, credentials[0]: `accessKeyFile` is missing
              write something like `accessKeyFile: /var/run/secrets/descope/billing`, or another source: `refreshTokenFile`, `securityQuestions` or `oauth`
      line 3, credentials[0]: `outputs` is missing
              write something like `outputs: [{path: /run/tokenwell/billing.jwt}]`
      line 4, credentials[1]: `name` is missing
              write something like `name: billing`
      line 4, credentials[1]: `accessKeyFile` is missing
              write something like `accessKeyFile: /var/run/secrets/descope/billing`, or another source: `refreshTokenFile`, `securityQuestions` or `oauth`
      line 4, credentials[1].outputs[0]: `path` is missing
              write something like `path: /run/tokenwell/billing.jwt`
      line 6, credentialsFrom[0]: `accessKeyDirectory` is missing
              write something like `accessKeyDirectory: /var/run/secrets/descope`
      line 7, credentialsFrom[0].outputs: no output is configured
              write something like `outputs: [{path: "/run/tokenwell/{name}.jwt"}]`
    "#);
}

#[test]
fn values_that_are_left_out_are_reported() {
    insta::assert_snapshot!(refusal(r"projectId:
credentials:
  - name:
    accessKeyFile: ~
    customClaims: {a: null}
    outputs:
      -
log:
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 6 mistakes

      line 1, projectId: no value
              give it one, or remove the line
      line 3, credentials[0].name: no value
              give it one, or remove the line
      line 4, credentials[0].accessKeyFile: no value
              give it one, or remove the line
      line 5, credentials[0].customClaims.a: no value
              give it one, or remove the line
      line 7, credentials[0].outputs[0]: no value
              give it one, or remove the line
      line 8, log: no value
              give it one, or remove the line
    ");
}
