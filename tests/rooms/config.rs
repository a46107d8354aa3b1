//! What a user meets who gets the configuration wrong, and what is made of one that is right.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "clippy lets tests unwrap, but not their helpers")]

#[path = "../common/schema.rs"]
mod schema;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use tempfile::TempDir;
use tokenwell::{
    config::{self, Confine, Credential, Environment, Loaded, LogFormat, Mistakes, Origin, Source},
    hook::{Hook, LoopbackUrl, Recipient, Signal},
    output::{Format, SetFolder, Template},
    renewal::OnExpiry,
};

#[test]
fn a_slip_in_a_field_is_told_with_its_line_and_what_was_meant() {
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
fn an_unknown_field_is_told_what_is_known_there() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - name: billing
    accessKeyFile: /keys/billing
    frobnicate: 1
    outputs: [{path: /run/tokenwell/billing.jwt, perm: x}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 5, credentials[0].frobnicate: unknown field
              known here: `name`, `accessKeyFile`, `required`, `customClaims`, `selectedTenant`, `onExpiry`, `renew`, `outputs`, `hooks`
      line 6, credentials[0].outputs[0].perm: unknown field
              known here: `path`, `format`, `claims`, `variables`, `template`, `templateFile`, `mode`, `owner`, `group`
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
      line 5, log.level: `verbose` is no log level
              write `error`, `warn`, `info`, `debug`, `trace` or `off`, or such as `info,tokenwell=debug`
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
               write the tenant's id, or take the line away
       line 9, credentials[1].onExpiry: `delete` is not known here
               write `keep` or `remove`
      line 10, credentials[1].outputs: expected a list, found text
               begin every entry with `- `
    ");
}

#[test]
fn duplicate_fields_are_told_at_every_level() {
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
              a field stands at most once: keep the one that is meant
      line 6, credentials[0].customClaims.deep[0].a: duplicate field
              a field stands at most once: keep the one that is meant
      line 6, credentials[0].customClaims.tier: duplicate field
              a field stands at most once: keep the one that is meant
      line 9, credentials[0].outputs[0].path: duplicate field
              a field stands at most once: keep the one that is meant
    ");
}

#[test]
fn a_tab_is_told_from_a_space() {
    insta::assert_snapshot!(refusal("projectId: P2abc\ncredentials:\n\t- name: billing\n", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 3: no value begins with this character
              indent with spaces, not tabs; put a value that begins with `@`, `%` or a backtick in quotes
    ");
}

#[test]
fn an_open_bracket_is_told_with_its_place() {
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
fn a_colon_in_a_value_is_told() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc: x
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: a `:` stands where no new field can begin
              indent like the lines above, and put a value that holds `: ` in quotes
    ");
}

#[test]
fn two_documents_are_told() {
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
fn an_empty_file_is_told_the_least_that_there_is_to_say() {
    insta::assert_snapshot!(refusal(r"# nothing yet
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      there is nothing in it
        the least is:
          projectId: P2…
          credentials:
            - name: billing
              accessKeyFile: /var/run/secrets/descope/billing
              outputs: [{path: /run/tokenwell/billing.jwt}]
    ");
}

#[test]
fn a_file_that_is_no_mapping_is_told() {
    insta::assert_snapshot!(refusal(r"hello
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: expected fields, found text
              write `name: value` pairs, one a line
    ");
}

#[test]
fn unset_and_malformed_variables_are_told_and_their_values_never() {
    insta::assert_snapshot!(refusal(r#"projectId: ${PROJECT}
baseUrl: ${URL
stateDirectory: $HOME/state
credentials:
  - name: ${NAME}
    accessKeyFile: ${KEYS}/billing
    customClaims: {tier: "${TIER:-gold}"}
    outputs: [{path: "${OUT}/a.jwt"}]
"#, &[("NAME", "Not A Name canary"), ("OUT", "canary/relative")]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 7 mistakes

      line 1, projectId: the environment variable `PROJECT` is not set
              set it, or write the value here
      line 2, baseUrl: `${` has no `}`
              write `${NAME}` for a variable, `$$` for a dollar
      line 3, stateDirectory: `$HOME/state` is not an absolute path
              write it in full, such as `/etc/tokenwell/$HOME/state`
      line 5, credentials[0].name: `${NAME}` is no name of a credential
              use small letters, digits and `-` between them, at most 63 characters, such as `billing`
      line 6, credentials[0].accessKeyFile: the environment variable `KEYS` is not set
              set it, or write the value here
      line 7, credentials[0].customClaims.tier: what stands between `${` and `}` is no name of a variable
              use letters, digits and `_`, as in `${NAME}`; there are no default values
      line 8, credentials[0].outputs[0].path: `${OUT}/a.jwt` is not an absolute path
              write it in full, from `/` on
    ");
}

#[test]
fn durations_without_unit_or_sense_are_told() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
renew:
  spacing: 10
  retryFirst: "2"
  retryMax: 1.5
  deniedEvery: soon
http:
  timeout: 0s
  connectTimeout: 1h
credentials:
  - name: a
    accessKeyFile: /keys/a
    renew: {spacing: 50ms, retryMax: 2h, deniedEvery: -5s, retryFirst: 5M}
    outputs: [{path: /run/a.jwt}]
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 10 mistakes

       line 3, renew.spacing: `10` has no unit
               write `10s`, `10m` or `10h`
       line 4, renew.retryFirst: `2` has no unit
               write `2s`, `2m` or `2h`
       line 5, renew.retryMax: `1.5` has no unit
               write it like `500ms`, `30s`, `5m` or `1h30m`
       line 6, renew.deniedEvery: `soon` is no length of time
               write it like `500ms`, `30s`, `5m` or `1h30m`
       line 8, http.timeout: `0s` is too short
               write `1ms` or more
       line 9, http.connectTimeout: `1h` is too long
               write `5m` or less
      line 13, credentials[0].renew.spacing: `50ms` is too short
               write `100ms` or more
      line 13, credentials[0].renew.retryMax: `2h` is too long
               write `1h` or less
      line 13, credentials[0].renew.deniedEvery: `-5s` is no length of time
               write it like `500ms`, `30s`, `5m` or `1h30m`
      line 13, credentials[0].renew.retryFirst: `5M` is too long
               write `1h` or less
    ");
}

#[test]
fn shares_and_counts_out_of_bounds_are_told() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
renew: {at: 67, jitter: 0.1}
http: {maxInFlight: 0}
credentials:
  - name: a
    accessKeyFile: /keys/a
    renew: {at: 99%, jitter: "1e1%"}
    outputs: [{path: /run/a.jwt}]
  - name: b
    accessKeyFile: /keys/b
    renew: {at: half, jitter: 60%}
    outputs: [{path: /run/b.jwt}]
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 7 mistakes

       line 2, renew.at: `67` has no percent sign
               write `67%`
       line 2, renew.jitter: `0.1` has no percent sign
               write `10%`
       line 3, http.maxInFlight: `0` is out of bounds
               write a number from `1` to `256`
       line 7, credentials[0].renew.at: `99%` is out of bounds
               write a percentage from `5%` to `95%`
       line 7, credentials[0].renew.jitter: `1e1%` is no percentage
               write it like `67%`
      line 11, credentials[1].renew.at: `half` has no percent sign
               write it like `67%`
      line 11, credentials[1].renew.jitter: `60%` is out of bounds
               write a percentage from `0%` to `50%`
    ");
}

#[test]
fn a_first_back_off_above_the_longest_is_told_where_it_arises() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
renew: {retryFirst: 5s}
credentials:
  - name: a
    accessKeyFile: /keys/a
    renew: {retryMax: 4s}
    outputs: [{path: /run/a.jwt}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 6, credentials[0].renew: `retryFirst` (5s) is longer than `retryMax` (4s)
              back-off grows from `retryFirst` to `retryMax`: make the first the shorter
    ");
}

#[test]
fn modes_that_are_not_octal_text_are_told_what_was_meant() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, mode: 640}
      - {path: /run/2, mode: 0o640}
      - {path: /run/3, mode: 888}
      - {path: /run/4, mode: "888"}
      - {path: /run/5, mode: "01777"}
      - {path: /run/6, mode: "0o640"}
      - {path: /run/7, mode: rw-r-----}
      - {path: /run/8, mode: "0240"}
      - {path: /run/9, mode: true}
"#, &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has 9 mistakes

       line 6, credentials[0].outputs[0].mode: expected octal digits in quotes, found a number
               write `"0640"`, with the quotes
       line 7, credentials[0].outputs[1].mode: expected octal digits in quotes, found a number
               write `"0640"`, with the quotes
       line 8, credentials[0].outputs[2].mode: expected octal digits in quotes, found a number
               write octal digits in quotes, such as `"0640"`
       line 9, credentials[0].outputs[3].mode: `888` is no octal mode
               write octal digits in quotes, such as `"0640"`
      line 10, credentials[0].outputs[4].mode: `01777` sets more than permissions
               write `"0777"`: no more than `"0777"`
      line 11, credentials[0].outputs[5].mode: `0o640` is no octal mode
               write `"0640"`
      line 12, credentials[0].outputs[6].mode: `rw-r-----` is no octal mode
               write octal digits in quotes, such as `"0640"`
      line 13, credentials[0].outputs[7].mode: `0240` does not let the owner read
               write `"0640"`
      line 14, credentials[0].outputs[8].mode: expected octal digits, found `true`
               write octal digits in quotes, such as `"0640"`
    "#);
}

#[test]
fn owners_that_are_not_there_are_told() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, owner: nobody-of-that-name, group: no-such-group}
      - {path: /run/2, owner: -1, group: 4294967295}
      - {path: /run/3, owner: 1.5, group: ""}
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 6 mistakes

      line 6, credentials[0].outputs[0].owner: there is no user `nobody-of-that-name` on this machine
              create it, or write the user's number
      line 6, credentials[0].outputs[0].group: there is no group `no-such-group` on this machine
              create it, or write the group's number
      line 7, credentials[0].outputs[1].owner: `-1` is no number of a user
              write a name, or a number from `0` on
      line 7, credentials[0].outputs[1].group: `4294967295` is no number of a group
              write a name, or a number from `0` on
      line 8, credentials[0].outputs[2].owner: expected the name or number of a user, found a number
              write a name, or a number from `0` on
      line 8, credentials[0].outputs[2].group: empty
              write a name, or a number from `0` on
    ");
}

#[test]
fn names_and_paths_that_are_used_twice_are_told_with_the_other_place() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
stateDirectory: /keys/all/state
http: {caFile: /run/ca.pem}
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/a.jwt}, {path: /run//./a.jwt}]
  - name: a
    accessKeyFile: /keys/b
    outputs: [{path: /run/a.jwt}, {path: /keys/a}, {path: /keys/all/x.jwt}]
  - name: c
    accessKeyFile: /keys/c
    outputs: [{path: /run/ca.pem}, {path: DIR/tokenwell.yaml}, {path: /run/a.jwt/b}]
credentialsFrom:
  - accessKeyDirectory: /keys/all
    outputs: [{path: "/run/{name}.jwt"}]
  - accessKeyDirectory: /keys/all/
    outputs: [{path: "/run/{name}.jwt"}]
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 11 mistakes

       line 2, stateDirectory: inside `credentialsFrom[1].accessKeyDirectory`, where every file is an access key
               keep state somewhere else
       line 7, credentials[0].outputs[1].path: the same path as `credentials[0].outputs[0].path`
               give every output a path of its own
       line 8, credentials[1].name: `a` is the name of `credentials[0]` too
               give every credential a name of its own
      line 10, credentials[1].outputs[0].path: the same path as `credentials[0].outputs[0].path`
               give every output a path of its own
      line 10, credentials[1].outputs[1].path: the same file as `credentials[0].accessKeyFile`: a token would replace it
               write tokens somewhere else
      line 10, credentials[1].outputs[2].path: inside `credentialsFrom[0].accessKeyDirectory`, where every file is an access key
               write tokens somewhere else
      line 13, credentials[2].outputs[0].path: the same file as `http.caFile`: a token would replace it
               write tokens somewhere else
      line 13, credentials[2].outputs[1].path: this configuration file: a token would replace it
               write tokens somewhere else
      line 13, credentials[2].outputs[2].path: below `credentials[0].outputs[0].path`, which is a file
               write tokens beside each other
      line 17, credentialsFrom[1].accessKeyDirectory: the same folder as `credentialsFrom[0].accessKeyDirectory`
               name every folder once, with all outputs under it
      line 18, credentialsFrom[1].outputs[0].path: the same path as `credentialsFrom[0].outputs[0].path`
               give every output a path of its own
    ");
}

#[test]
fn the_mark_of_a_name_belongs_into_folders_of_keys_and_there_it_must_be() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: "/run/{name}.jwt"}]
credentialsFrom:
  - accessKeyDirectory: /keys/all
    outputs: [{path: /run/b.jwt}]
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 5, credentials[0].outputs[0].path: `{name}` stands for a name in `credentialsFrom` only
              write the name itself
      line 8, credentialsFrom[0].outputs[0].path: no `{name}` is in it: every key of the folder would write the same file
              put `{name}` where the name of the key file belongs
    ");
}

#[test]
fn plain_http_to_another_host_is_told() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
baseUrl: http://api.example.com
credentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a.jwt}]}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, baseUrl: plain http to another host would show the access key to the network
              use `https://`, or set `allowPlainHttp: true` in the configuration file
    ");
}

#[test]
fn a_base_url_is_never_shown() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
baseUrl: https://user:canary@api.example.com
credentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a.jwt}]}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, baseUrl: it has a user or a password in it
              take the part before `@` away: requests carry the access key and nothing else
    ");
}

#[test]
fn a_base_url_that_is_none_is_told() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
baseUrl: api.example.com
credentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a.jwt}]}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, baseUrl: it is not a URL such as `https://api.descope.com`
              write it like `https://api.descope.com`
    ");
}

#[test]
fn paths_with_detours_are_told() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
stateDirectory: state
credentials:
  - name: a
    accessKeyFile: keys/a
    outputs:
      - path: out/a.jwt
      - path: /run/../etc/passwd
      - path: /run/
      - path: ""
      - path: "/run/a\0b"
      - path: ./a
      - path: /run/LONG
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 9 mistakes

       line 2, stateDirectory: `state` is not an absolute path
               write it in full, such as `/etc/tokenwell/state`
       line 5, credentials[0].accessKeyFile: not an absolute path
               write the path of a file that holds the key, such as `/var/run/secrets/descope/billing`
       line 7, credentials[0].outputs[0].path: `out/a.jwt` is not an absolute path
               write it in full, such as `/etc/tokenwell/out/a.jwt`
       line 8, credentials[0].outputs[1].path: `/run/../etc/passwd` has `..` in it
               write the path without detours
       line 9, credentials[0].outputs[2].path: `/run/` is a folder
               write the path of a file
      line 10, credentials[0].outputs[3].path: empty
               write an absolute path
      line 11, credentials[0].outputs[4].path: a control character is in it
               write a plain path
      line 12, credentials[0].outputs[5].path: `./a` is not an absolute path
               write it in full, such as `/etc/tokenwell/a`
      line 13, credentials[0].outputs[6].path: the name of the file is too long
               at most 200 bytes: temporary files beside it have longer names
    ");
}

#[test]
fn a_missing_project_is_told_all_three_ways_to_give_it() {
    insta::assert_snapshot!(refusal(r"credentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a.jwt}]}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      projectId: missing
        write `projectId: P2…`, set `$DESCOPE_PROJECT_ID` or give `--project-id`
    ");
}

#[test]
fn missing_fields_are_told_with_an_example() {
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
              write such as `name: billing`
      line 3, credentials[0]: `accessKeyFile` is missing
              write such as `accessKeyFile: /var/run/secrets/descope/billing`
      line 3, credentials[0]: `outputs` is missing
              write such as `outputs: [{path: /run/tokenwell/billing.jwt}]`
      line 4, credentials[1]: `name` is missing
              write such as `name: billing`
      line 4, credentials[1]: `accessKeyFile` is missing
              write such as `accessKeyFile: /var/run/secrets/descope/billing`
      line 4, credentials[1].outputs[0]: `path` is missing
              write such as `path: /run/tokenwell/billing.jwt`
      line 6, credentialsFrom[0]: `accessKeyDirectory` is missing
              write such as `accessKeyDirectory: /var/run/secrets/descope`
      line 7, credentialsFrom[0].outputs: no output is named
              write such as `outputs: [{path: "/run/tokenwell/{name}.jwt"}]`
    "#);
}

#[test]
fn a_configuration_without_credentials_is_told() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      no credential is named
        write:
          credentials:
            - name: billing
              accessKeyFile: /var/run/secrets/descope/billing
              outputs: [{path: /run/tokenwell/billing.jwt}]
    ");
}

#[test]
fn empty_lists_of_credentials_are_told() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials: []
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, credentials: no credential is named
              write:
                credentials:
                  - name: billing
                    accessKeyFile: /var/run/secrets/descope/billing
                    outputs: [{path: /run/tokenwell/billing.jwt}]
    ");
}

#[test]
fn values_that_are_left_out_are_told() {
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
              give it one, or take the line away
      line 3, credentials[0].name: no value
              give it one, or take the line away
      line 4, credentials[0].accessKeyFile: no value
              give it one, or take the line away
      line 5, credentials[0].customClaims.a: no value
              give it one, or take the line away
      line 7, credentials[0].outputs[0]: no value
              give it one, or take the line away
      line 8, log: no value
              give it one, or take the line away
    ");
}

#[test]
fn where_status_is_served_is_an_address_a_socket_or_the_service_managers() {
    let with = |status: &str| {
        format!(
            "projectId: P2abc\nstatus: {status}\ncredentials:\n  - {{name: a, accessKeyFile: /keys/a, outputs: [{{path: /run/a.jwt}}]}}\n"
        )
    };
    for listen in ["0.0.0.0:9465", "[::]:9465", "127.0.0.1:0", "unix:/run/tokenwell/status.sock", "systemd"] {
        let config = good(&with(&format!("{{listen: \"{listen}\"}}")), &[]).config;
        assert_eq!(config.status.unwrap().to_string(), listen);
    }
    let refused: Vec<_> = [
        "{}",
        "{listen: 9465}",
        "{listen: \":9465\"}",
        "{listen: \"9465\"}",
        "{listen: \"localhost:9465\"}",
        "{listen: \"127.0.0.1\"}",
        "{listen: \"unix:status.sock\"}",
        "{listen: \"unix:/run/a.jwt\"}",
        "{port: 9465}",
    ]
    .into_iter()
    .map(|status| refusal(&with(status), &[]))
    .collect();
    insta::assert_snapshot!(refused.join("\n"), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status: `listen` is missing
              write such as `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: expected text, found a number
              put it in quotes
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `:9465` is no address with a port
              write `0.0.0.0:9465` for every interface, or `127.0.0.1:9465` for this machine only
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `9465` is no address with a port
              write `0.0.0.0:9465` for every interface, or `127.0.0.1:9465` for this machine only
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `localhost:9465` is no address with a port
              write `127.0.0.1:9465`
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `127.0.0.1` is no address with a port
              write such as `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `unix:status.sock` is not an absolute path
              write `unix:` and a path from `/` on
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 4, credentials[0].outputs[0].path: the same file as `status.listen`: a token would replace it
              write tokens somewhere else
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 2, status: `listen` is missing
              write such as `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`
      line 2, status.port: unknown field
              known here: `listen`
    ");
}

#[test]
fn no_token_stands_where_the_status_file_is() {
    insta::assert_snapshot!(refusal("projectId: P2abc
stateDirectory: /run/state
credentials:
  - {name: a, accessKeyFile: /keys/a, outputs: [{path: /run/state/status.json}]}
", &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 4, credentials[0].outputs[0].path: the program's own status file
              write tokens somewhere else
    ");
}

#[test]
fn an_option_of_another_format_is_told() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, claims: [a]}
      - {path: /run/2, format: json, variables: {A: token}}
      - {path: /run/3, format: env, template: x}
      - {path: /run/4, format: header, templateFile: /x}
      - {path: /run/5, format: template, template: "{{ token }}", claims: [a]}
      - {path: /run/6, format: yaml, claims: [a], other: 1}
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 7 mistakes

       line 6, credentials[0].outputs[0].claims: `claims` is for `format: json`
               write `format: json`, or take `claims` away
       line 7, credentials[0].outputs[1].variables: `variables` is for `format: env`
               write `format: env`, or take `variables` away
       line 8, credentials[0].outputs[2].template: `template` is for `format: template`
               write `format: template`, or take `template` away
       line 9, credentials[0].outputs[3].templateFile: `templateFile` is for `format: template`
               write `format: template`, or take `templateFile` away
      line 10, credentials[0].outputs[4].claims: `claims` is for `format: json`
               a template has every claim as `claims`: take this away
      line 11, credentials[0].outputs[5].format: `yaml` is not known here
               write `jwt`, `json`, `env`, `header` or `template`
      line 11, credentials[0].outputs[5].other: unknown field
               known here: `path`, `format`, `claims`, `variables`, `template`, `templateFile`, `mode`, `owner`, `group`
    ");
}

#[test]
fn mistakes_in_the_options_of_formats_are_told() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, format: json, claims: []}
      - {path: /run/2, format: json, claims: [a, "", a, 7]}
      - {path: /run/3, format: json, claims: tenants}
      - {path: /run/4, format: env, variables: {}}
      - {path: /run/5, format: env, variables: [TOKEN]}
      - path: /run/6
        format: env
        variables:
          1A: token
          A-B: token
          PATH: token
          LD_PRELOAD: token
          BASH_ENV: token
          UID: token
          A: tokens
          B:
          C: 7
          C: token
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 17 mistakes

       line 6, credentials[0].outputs[0].claims: no claim is named
               name one, or take the line away
       line 7, credentials[0].outputs[1].claims[1]: empty
               write the name of a claim, such as `tenants`
       line 7, credentials[0].outputs[1].claims[2]: `a` is named twice
               name every claim once
       line 7, credentials[0].outputs[1].claims[3]: expected text, found a number
               put it in quotes
       line 8, credentials[0].outputs[2].claims: expected a list, found text
               begin every entry with `- `
       line 9, credentials[0].outputs[3].variables: no variable is named
               write such as `MY_TOKEN: token`, or take the line away
      line 10, credentials[0].outputs[4].variables: expected fields, found a list
               write `name: value` pairs, one a line
      line 14, credentials[0].outputs[5].variables.1A: `1A` is no name of a variable
               use letters, digits and `_`, and no digit first
      line 15, credentials[0].outputs[5].variables.A-B: `A-B` is no name of a variable
               use letters, digits and `_`, and no digit first
      line 16, credentials[0].outputs[5].variables.PATH: `PATH` steers the shell or the linker: a reader of the file would break
               choose a name of your own, such as `MY_TOKEN`
      line 17, credentials[0].outputs[5].variables.LD_PRELOAD: `LD_PRELOAD` steers the shell or the linker: a reader of the file would break
               choose a name of your own, such as `MY_TOKEN`
      line 18, credentials[0].outputs[5].variables.BASH_ENV: `BASH_ENV` steers the shell or the linker: a reader of the file would break
               choose a name of your own, such as `MY_TOKEN`
      line 19, credentials[0].outputs[5].variables.UID: `UID` steers the shell or the linker: a reader of the file would break
               choose a name of your own, such as `MY_TOKEN`
      line 20, credentials[0].outputs[5].variables.A: `tokens` is not known here
               write `token`, `tokenType`, `credential`, `projectId`, `keyId`, `subject`, `issuedAt`, `expiresAt`, `renewAt`, `issuedAtUnix`, `expiresAtUnix` or `renewAtUnix`
      line 21, credentials[0].outputs[5].variables.B: no value
               give it one, or take the line away
      line 22, credentials[0].outputs[5].variables.C: expected text, found a number
               put it in quotes
      line 23, credentials[0].outputs[5].variables.C: duplicate field
               a field stands at most once: keep the one that is meant
    ");
}

#[test]
fn mistakes_in_templates_are_told_with_their_lines() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, format: template}
      - {path: /run/2, format: template, template: "{{ token }}", templateFile: /x}
      - {path: /run/3, format: template, template: }
      - path: /run/4
        format: template
        template: |
          first
          {{ tokn }} {{ expires_at }}
          {{ nobody }}
      - {path: /run/5, format: template, template: "{{ token"}
      - {path: /run/6, format: template, template: "{{ token | sha256 }}"}
      - {path: /run/7, format: template, template: "{{ token | K2canaryCanaryCanaryCanaryCanary }}"}
      - {path: /run/8, format: template, template: "  "}
      - {path: /run/9, format: template, template: "{{ 'x' * 300000 }}"}
      - {path: /run/10, format: template, template: "costs ${5} {{ token }}"}
      - {path: /run/11, format: template, template: "${UNSET} {{ token }}"}
      - {path: /run/12, format: template, template: [x]}
"#, &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has 14 mistakes

       line 6, credentials[0].outputs[0]: `template` is missing
               write such as `template: "{{ token }}"`, or `templateFile`
       line 7, credentials[0].outputs[1].templateFile: `template` stands there too
               keep the one that is meant
       line 8, credentials[0].outputs[2].template: no value
               give it one, or take the line away
      line 11, credentials[0].outputs[3].template: line 2 of the template: nothing is called `expires_at`
               did you mean `expiresAt`?
      line 11, credentials[0].outputs[3].template: line 3 of the template: nothing is called `nobody`
               known here: `token`, `tokenType`, `credential`, `projectId`, `keyId`, `subject`, `issuedAt`, `expiresAt`, `renewAt`, `issuedAtUnix`, `expiresAtUnix`, `renewAtUnix`, `claims`
      line 11, credentials[0].outputs[3].template: line 2 of the template: nothing is called `tokn`
               did you mean `token`?
      line 15, credentials[0].outputs[4].template: line 1 of the template: unexpected end of input, expected end of variable block
               the language is that of Jinja: `{{ token }}` is a field, `{% raw %}…{% endraw %}` keeps braces as they are
      line 16, credentials[0].outputs[5].template: line 1 of the template: filter sha256 is unknown
               the filters are `b64encode`, `default`, `first`, `join`, `last`, `length`, `lower`, `replace`, `split`, `string`, `tojson`, `trim` and `upper`; the tests `defined`, `mapping`, `none`, `number`, `sequence`, `string` and `undefined`
      line 17, credentials[0].outputs[6].template: line 1 of the template: no such filter or test
               the filters are `b64encode`, `default`, `first`, `join`, `last`, `length`, `lower`, `replace`, `split`, `string`, `tojson`, `trim` and `upper`; the tests `defined`, `mapping`, `none`, `number`, `sequence`, `string` and `undefined`
      line 18, credentials[0].outputs[7].template: the template comes to nothing, and no token file is empty
               put a field into it, such as `{{ token }}`
      line 19, credentials[0].outputs[8].template: the template is too long, or what it comes to
               at most 64 KiB, and 256 KiB when it is filled in
      line 20, credentials[0].outputs[9].template: what stands between `${` and `}` is no name of a variable
               use letters, digits and `_`, as in `${NAME}`; there are no default values
      line 21, credentials[0].outputs[10].template: the environment variable `UNSET` is not set
               set it, or write the value here
      line 22, credentials[0].outputs[11].template: expected text, found a list
               write one text here
    "#);
}

#[test]
fn a_template_file_must_be_a_short_text_that_is_no_output() {
    let (folder, path) = written(b"");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("long"), "x".repeat(64 * 1024 + 1)).unwrap();
    fs::write(at("binary"), b"x\n\xff").unwrap();
    fs::write(at("broken"), "a\n$5 {{ tokn }}\n").unwrap();
    fs::write(at("good"), "{{ token }}").unwrap();
    let yaml = r"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, format: template, templateFile: relative}
      - {path: /run/2, format: template, templateFile: DIR/missing}
      - {path: /run/3, format: template, templateFile: DIR}
      - {path: /run/4, format: template, templateFile: DIR/long}
      - {path: /run/5, format: template, templateFile: DIR/binary}
      - {path: /run/6, format: template, templateFile: DIR/broken}
      - {path: /run/7, format: template, templateFile: DIR/good}
      - {path: DIR/good}
      - {path: /run/9, format: template, templateFile: DIR/good}
";
    fs::write(&path, yaml.replace("DIR", folder.path().to_str().unwrap())).unwrap();
    insta::assert_snapshot!(said(&folder, &path, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 8 mistakes

       line 6, credentials[0].outputs[0].templateFile: `relative` is not an absolute path
               write it in full, such as `/etc/tokenwell/relative`
       line 7, credentials[0].outputs[1].templateFile: cannot use template `/etc/tokenwell/missing`: there is no such file
               make it, or name another; or write the template itself as `template`
       line 8, credentials[0].outputs[2].templateFile: cannot use template `/etc/tokenwell`: it is not a regular file
               name a file of text
       line 9, credentials[0].outputs[3].templateFile: cannot use template `/etc/tokenwell/long`: it is larger than 64 KiB
               shorten it
      line 10, credentials[0].outputs[4].templateFile: cannot use template `/etc/tokenwell/binary`: line 2 is not UTF-8
               save it as UTF-8
      line 11, credentials[0].outputs[5].templateFile: line 2 of the template: nothing is called `tokn`
               did you mean `token`?
      line 13, credentials[0].outputs[7].path: the same file as `credentials[0].outputs[6].templateFile`: a token would replace it
               write tokens somewhere else
      line 13, credentials[0].outputs[7].path: the same file as `credentials[0].outputs[8].templateFile`: a token would replace it
               write tokens somewhere else
    ");
}

#[test]
fn variables_are_put_into_a_template_that_stands_in_the_file_and_into_no_other() {
    let (folder, path) = written(b"");
    fs::write(folder.path().join("t"), "${HOST} $5 {{ token }}").unwrap();
    let yaml = r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, format: template, template: "${HOST} $$5 {{ token }}"}
      - {path: /run/2, format: template, templateFile: DIR/t}
"#;
    fs::write(&path, yaml.replace("DIR", folder.path().to_str().unwrap())).unwrap();
    let environment: Environment = [("HOST", "example.com")].into_iter().collect();
    let load = || config::load(&Source::file(&path), &environment).unwrap().config;
    let outputs = load().credentials.remove(0).outputs;
    let [Format::Template(inline), Format::Template(file)] = [&outputs[0].format, &outputs[1].format] else {
        panic!("{outputs:?}")
    };
    assert_eq!((inline, file.file().is_some()), (&Template::parse("example.com $5 {{ token }}", None).unwrap(), true));
    assert_eq!(file.len(), "${HOST} $5 {{ token }}".len());
    let before = load();
    assert_eq!(load(), before);
    fs::write(folder.path().join("t"), "{{ token }}").unwrap();
    assert_ne!(load(), before, "a changed template is another configuration");
}

#[test]
fn readers_that_do_not_start_without_their_file_are_warned_of() {
    let warnings = |output: &str| -> Vec<String> {
        let outputs = format!("{{path: /run/a, {output}}}");
        let yaml = format!(
            "projectId: P2abc\ncredentials: [{{name: a, accessKeyFile: /keys/a, onExpiry: remove, outputs: [{outputs}]}}]\n"
        );
        good(&yaml, &[]).warnings.iter().map(ToString::to_string).collect()
    };
    insta::assert_snapshot!(warnings("format: env").join("\n"), @"line 2, credentials[0].onExpiry: some readers do not start while their file is missing: `EnvironmentFile=` of systemd, `include` of nginx, `curl -H @file` (let the reader do without, as `EnvironmentFile=-/path` does, or write `keep`)");
    for (output, count) in
        [("format: header", 1), ("format: template, template: \"{{ token }}\"", 1), ("format: json", 0)]
    {
        assert_eq!(warnings(output).len(), count, "{output}");
    }
}

#[test]
fn hooks_that_do_not_say_one_thing_are_told() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/a.jwt}]
    hooks:
      - {}
      - {timeout: 5s}
      - {signal: HUP}
      - {signal: HUP, pidFile: /run/app.pid, processName: app}
      - {signal: HUP, processName: app, timeout: 5s}
      - {signal: HUP, processName: app, command: [/bin/true], post: http://localhost/}
      - {command: [/bin/true], pidFile: /run/app.pid}
      - {processName: app}
      - {comand: [/bin/true]}
      - {signal: HUP, pidfile: /run/app.pid}
      - reload
      - ~
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 12 mistakes

       line 7, credentials[0].hooks[0]: it does not say what to do
               write one of these:
                 - {signal: HUP, pidFile: /run/app.pid}
                 - {command: [/usr/bin/systemctl, reload, app]}
                 - {post: http://127.0.0.1:8080/-/reload}
       line 8, credentials[0].hooks[1]: it does not say what to do
               write one of these:
                 - {signal: HUP, pidFile: /run/app.pid}
                 - {command: [/usr/bin/systemctl, reload, app]}
                 - {post: http://127.0.0.1:8080/-/reload}
       line 9, credentials[0].hooks[2]: it does not say who gets the signal
               add such as `pidFile: /run/app.pid` or `processName: nginx`
      line 10, credentials[0].hooks[3]: `pidFile` and `processName` in one entry
               keep the one that is meant
      line 11, credentials[0].hooks[4].timeout: a signal takes no time
               take it away
      line 12, credentials[0].hooks[5]: `signal` and `command` in one entry
               give each an entry of its own, which begins with `- `
      line 13, credentials[0].hooks[6].pidFile: there is no `signal` in this entry
               write `signal: HUP`, or take it away
      line 14, credentials[0].hooks[7].processName: there is no `signal` in this entry
               write `signal: HUP`, or take it away
      line 15, credentials[0].hooks[8].comand: unknown field
               did you mean `command`?
      line 16, credentials[0].hooks[9].pidfile: unknown field
               did you mean `pidFile`?
      line 17, credentials[0].hooks[10]: expected fields, found text
               write `name: value` pairs, one a line
      line 18, credentials[0].hooks[11]: no value
               give it one, or take the line away
    ");
}

#[test]
fn hooks_with_values_that_make_no_sense_are_told() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/a.jwt}]
    hooks:
      - {signal: KILL, pidFile: app.pid}
      - {signal: 19, pidFile: "/run/{name}.pid"}
      - {signal: true, processName: /usr/sbin/nginx}
      - {signal: HUP, processName: ""}
      - {command: systemctl reload app, timeout: 10}
      - {command: []}
      - {command: [systemctl, reload, 5, ~]}
      - {command: [systemctl reload app], timeout: 50ms}
      - {command: [/bin/echo, "a\0b"], timeout: 6m}
      - {command: [/bin/../bin/echo]}
      - {post: https://127.0.0.1/}
      - {post: http://user:password@127.0.0.1/}
      - {post: http://127.0.0.1/#a}
      - {post: http://app:8080/reload}
      - {post: 127.0.0.1/reload}
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 23 mistakes

       line 7, credentials[0].hooks[0].signal: `KILL` is no signal that an app can hear
               write one of `HUP`, `USR1`, `USR2`, `WINCH`, `INT`, `QUIT`, `TERM`, `ALRM`, `CONT`
       line 7, credentials[0].hooks[0].pidFile: `app.pid` is not an absolute path
               write it in full, such as `/etc/tokenwell/app.pid`
       line 8, credentials[0].hooks[1].signal: `19` is no signal that an app can hear
               write one of `HUP`, `USR1`, `USR2`, `WINCH`, `INT`, `QUIT`, `TERM`, `ALRM`, `CONT`
       line 8, credentials[0].hooks[1].pidFile: `{name}` stands for a name in output paths only
               write a path that holds for all; a `command` finds the name in `$TOKENWELL_CREDENTIAL`
       line 9, credentials[0].hooks[2].signal: expected text, found `true`
               put it in quotes
       line 9, credentials[0].hooks[2].processName: `/usr/sbin/nginx` is no name of a process
               write the name of the program without its folder, such as `nginx`
      line 10, credentials[0].hooks[3].processName: empty
               write the name of the program without its folder, such as `nginx`
      line 11, credentials[0].hooks[4].command: expected a list, found text
               write the program and each argument by itself, such as `[/usr/bin/systemctl, reload, app]`; there is no shell
      line 11, credentials[0].hooks[4].timeout: `10` has no unit
               write `10s`, `10m` or `10h`
      line 12, credentials[0].hooks[5].command: no program is named
               write the program and each argument by itself, such as `[/usr/bin/systemctl, reload, app]`
      line 13, credentials[0].hooks[6].command[0]: `systemctl` is not an absolute path
               write the whole path of the program, such as `/usr/bin/systemctl`; `command -v` tells it
      line 13, credentials[0].hooks[6].command[2]: expected text, found a number
               put it in quotes
      line 13, credentials[0].hooks[6].command[3]: no value
               give it one, or take the line away
      line 14, credentials[0].hooks[7].command[0]: `systemctl reload app` is not an absolute path
               write the program and each argument by itself, such as `[/usr/bin/systemctl, reload, app]`
      line 14, credentials[0].hooks[7].timeout: `50ms` is too short
               write `100ms` or more
      line 15, credentials[0].hooks[8].command[1]: a NUL character is in it
               take it away: no program can be given one
      line 15, credentials[0].hooks[8].timeout: `6m` is too long
               write `5m` or less
      line 16, credentials[0].hooks[9].command[0]: `/bin/../bin/echo` has `..` in it
               write the path without detours
      line 17, credentials[0].hooks[10].post: its scheme is not `http`
               write `http://`: on loopback nobody listens in
      line 18, credentials[0].hooks[11].post: it has a user or a password in it
               take the part before `@` away
      line 19, credentials[0].hooks[12].post: it has a fragment
               take away what follows `#`
      line 20, credentials[0].hooks[13].post: its host is not this machine
               name `127.0.0.1`, `[::1]` or `localhost`; to tell another machine, run a `command`
      line 21, credentials[0].hooks[14].post: it is not a URL
               write it like `http://127.0.0.1:8080/-/reload`
    ");
}

#[test]
fn more_hooks_or_words_than_can_be_meant_are_told() {
    let hooks = "{post: http://localhost/}, ".repeat(17);
    let words = "x, ".repeat(65);
    let yaml = format!(
        "{BARE}credentialsFrom:\n  - {{accessKeyDirectory: /k, outputs: [{{path: \"/run/{{name}}\"}}], hooks: [{hooks}]}}\n  \
                        - {{accessKeyDirectory: /l, outputs: [{{path: \"/run/l/{{name}}\"}}], hooks: [{{command: [/bin/echo, {words}]}}]}}\n"
    );
    insta::assert_snapshot!(refusal(&yaml, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 4, credentialsFrom[0].hooks: 17 hooks
              name at most 16; a command can tell several
      line 5, credentialsFrom[1].hooks[0].command: 66 words
              at most 65; write a script
    ");
}

#[test]
fn a_token_never_replaces_what_a_hook_needs() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/app.pid}, {path: /opt/reload}]
    hooks:
      - {signal: HUP, pidFile: /run/app.pid}
      - {command: [/opt/reload]}
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 5, credentials[0].outputs[0].path: the same file as `credentials[0].hooks[0].pidFile`: a token would replace it
              write tokens somewhere else
      line 5, credentials[0].outputs[1].path: the same file as `credentials[0].hooks[1].command[0]`: a token would replace it
              write tokens somewhere else
    ");
}

#[test]
fn hooks_are_what_is_written_in_their_order() {
    let config = good(
        r#"
projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/a.jwt}]
    hooks:
      - {signal: 1, pidFile: /run/./app.pid}
      - {signal: sigusr2, processName: "my app"}
      - {command: [/bin/sh, -c, "echo $${HOME}", "${VALUE}", ""]}
      - {command: [/bin/true], timeout: 1m}
      - {post: "http://localhost:8080/reload?key=${VALUE}", timeout: 500ms}
credentialsFrom:
  - {accessKeyDirectory: /keys/more, outputs: [{path: "/run/more/{name}"}], hooks: [{command: [/bin/true]}]}
"#,
        &[("VALUE", "x y")],
    )
    .config;
    let signal = |name| Signal::parse(name).unwrap();
    let command = |words: &[&str], seconds| Hook::Command {
        program: words[0].into(),
        arguments: words[1..].iter().map(|word| (*word).to_owned()).collect(),
        timeout: Duration::from_secs(seconds),
    };
    assert_eq!(
        config.credentials[0].hooks,
        [
            Hook::Signal { signal: signal("HUP"), to: Recipient::PidFile("/run/app.pid".into()) },
            Hook::Signal { signal: signal("USR2"), to: Recipient::ProcessName("my app".to_owned()) },
            command(&["/bin/sh", "-c", "echo ${HOME}", "x y", ""], 10),
            command(&["/bin/true"], 60),
            Hook::Post {
                url: LoopbackUrl::parse("http://localhost:8080/reload?key=x y").unwrap(),
                timeout: Duration::from_millis(500)
            },
        ]
    );
    let pattern = &config.key_directories[0];
    assert_eq!(pattern.credential("b").unwrap().hooks, [command(&["/bin/true"], 10)]);
    assert!(!format!("{:?}", config.credentials[0].hooks[4]).contains("key="), "a query may be secret");
}

#[test]
fn a_merge_key_is_told() {
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
              write such as `name: billing`
      line 4, credentials[0]."<<": unknown field
              merge keys do not work here: write out what is meant
    "#);
}

#[test]
fn a_tag_is_told() {
    insta::assert_snapshot!(refusal(r"projectId: !secret P2abc
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: a value has a tag of its own (`!…`), and there are none here
              take the tag away, or put the value in quotes
    ");
}

#[test]
fn an_alias_without_anchor_is_told() {
    insta::assert_snapshot!(refusal(r"projectId: *nothing
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: an alias (`*…`) names no anchor (`&…`) above it
              write out what is meant, without an alias
    ");
}

#[test]
fn a_list_for_a_key_is_told() {
    insta::assert_snapshot!(refusal(r"? [a, b]
: c
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: a key is not text
              write keys as words, such as `projectId:`
    ");
}

#[test]
fn a_file_that_is_not_utf8_is_told_its_line() {
    insta::assert_snapshot!(refusal_of(b"projectId: P2abc\nx: \xff\n"), @r"
    cannot use configuration `/etc/tokenwell/tokenwell.yaml`: line 2 is not UTF-8
           save it as UTF-8
    ");
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    insta::assert_snapshot!(refusal("# \n".repeat(100_000).as_str(), &[]), @r"
    cannot use configuration `/etc/tokenwell/tokenwell.yaml`: it is larger than 256 KiB
           use `credentialsFrom` for many credentials that look alike
    ");
}

#[test]
fn brackets_that_nest_without_end_are_refused_before_they_are_parsed() {
    insta::assert_snapshot!(refusal(&format!("a:\n{}", "[".repeat(100_000)), &[]), @r"
    cannot use configuration `/etc/tokenwell/tokenwell.yaml`: line 2 nests deeper than 64 levels
           close the brackets that are open
    ");
    insta::assert_snapshot!(refusal(&"- ".repeat(100_000), &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: this nests too deeply
              write it flatter: no configuration is as deep as this
    ");
}

#[test]
fn aliases_cannot_make_much_of_little() {
    let lines = (1..40).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1)).collect::<Vec<_>>().concat();
    insta::assert_snapshot!(refusal(&format!("a0: &a0 lol\n{lines}"), &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      the aliases (`*…`) make too much of this file
        write out what is meant, without aliases
    ");
}

#[test]
fn more_mistakes_than_anyone_mends_at_once_are_counted() {
    let fields = (0..40).map(|n| format!("field{n}: 1\n")).collect::<Vec<_>>().concat();
    let said = refusal(&format!("projectId: P2abc\n{fields}"), &[]);
    assert!(said.starts_with("`/etc/tokenwell/tokenwell.yaml` has 41 mistakes\n"), "{said}");
    assert!(said.ends_with("\n  and 16 more"), "{said}");
}

#[test]
fn a_log_gets_the_first_mistakes_in_one_line() {
    let yaml = "projectId: P2abc\na: 1\nb: 2\nc: 3\nd: 4\ncredentials: []\n";
    let (_folder, path) = written(yaml.as_bytes());
    let mistakes = config::load(&Source::file(&path), &Environment::default()).unwrap_err();
    let line = mistakes.one_line().replace(path.to_str().unwrap(), "tokenwell.yaml");
    insta::assert_snapshot!(line, @r"`tokenwell.yaml` has 5 mistakes: line 2, a: unknown field; line 3, b: unknown field; line 4, c: unknown field; and 2 more");
    let missing = config::load(&Source::file("/no/such.yaml"), &Environment::default()).unwrap_err();
    insta::assert_snapshot!(missing.one_line(), @r"cannot use configuration `/no/such.yaml`: there is no such file");
}

#[test]
fn a_secret_in_the_wrong_place_is_never_shown() {
    let canary = "K2canaryCanaryCanaryCanaryCanary";
    let places = [
        "accessKeyFile: CANARY",
        "accessKeyFile: /keys/../CANARY",
        "accessKey: CANARY",
        "CANARY: x",
        "CANARY: {a: 1, a: 2}",
        "customClaims: {CANARY: ~}",
        "customClaims: {CANARY: {a: 1, a: 2}}",
        "customClaims: CANARY",
        "name: CANARY",
        "required: CANARY",
        "onExpiry: CANARY",
        "selectedTenant: [CANARY]",
        "renew: {at: CANARY, spacing: CANARY}",
        "renew: {spacing: 1CANARY}",
        "outputs: [{path: CANARY, mode: CANARY, owner: CANARY, format: CANARY}]",
        "hooks: [CANARY]",
        "hooks: [{CANARY: x}]",
        "hooks: [{signal: CANARY, processName: /CANARY, pidFile: CANARY}]",
        "hooks: [{command: CANARY, timeout: CANARY, post: CANARY}]",
        "hooks: [{command: [CANARY, /x/CANARY, \"CANARY\\0\"], post: \"http://CANARY@127.0.0.1/CANARY\"}]",
        "hooks: [{command: [/../CANARY], post: \"http://CANARY/?CANARY\"}]",
        "accessKeyFile: ${CANARY}",
        "accessKeyFile: $CANARY",
        "accessKeyFile: ${CANARY",
        "accessKeyFile: !!int CANARY",
        "accessKeyFile: !CANARY x",
        "accessKeyFile: *CANARY",
        "accessKeyFile: \"CANARY",
        "accessKeyFile: CANARY: CANARY",
        "accessKeyFile: @CANARY",
        "? [CANARY]\n    : x",
    ];
    for place in places {
        let yaml = format!("projectId: P2abc\ncredentials:\n  - {}\n", place.replace("CANARY", canary));
        let said = refusal(&yaml, &[]);
        assert!(!said.contains("canary"), "{place}: {said}");
    }
    for root in ["projectId: CANARY", "baseUrl: https://x:CANARY@y", "log: {level: CANARY}", "CANARY"] {
        let said = refusal(&root.replace("CANARY", canary), &[]);
        assert!(!said.contains("canary"), "{root}: {said}");
    }
    let holds = "projectId: ${A}\nbaseUrl: ${A}\ncredentials: [{name: \"${A}\", accessKeyFile: \"${A}\", \
                 renew: {at: \"${A}\", spacing: \"${A}\"}, outputs: [{path: \"${A}\", owner: \"${A}\"}]}]\n";
    for value in [canary, "canary", "canary canary"] {
        let said = refusal(holds, &[("A", value)]);
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn every_file_in_config_is_right() {
    let mut seen = 0;
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/config")).unwrap() {
        let path = entry.unwrap().path();
        let loaded = config::load(&Source::file(&path), &Environment::default());
        schema_agrees(&path, &loaded);
        assert!(loaded.is_ok(), "{}", loaded.unwrap_err());
        assert_eq!(loaded.unwrap().warnings, [], "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 2);
}

#[test]
fn the_full_file_shows_the_defaults() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/full.yaml");
    let config = config::load(&Source::file(path), &Environment::default()).unwrap().config;
    let bare = good(BARE, &[]).config;
    assert_eq!(config.key_directories[0].pattern.policy, bare.credentials[0].policy);
    assert_eq!(config.http.timeout, bare.http.timeout);
    assert_eq!(config.http.connect_timeout, bare.http.connect_timeout);
    assert_eq!(config.in_flight_max, bare.in_flight_max);
    assert_eq!(config.base_url, bare.base_url);
    assert_eq!(config.log.format, bare.log.format);
    assert_eq!((config.confine, bare.confine), (Confine::Auto, Confine::Auto));
    assert_eq!(config.credentials[0].outputs[0].mode, bare.credentials[0].outputs[0].mode);
}

#[test]
fn what_is_written_is_what_is_meant() {
    let config = good(
        r#"
projectId: ${PROJECT}
stateDirectory: /var/lib//tokenwell/
renew: {at: 50%, spacing: 1s}
log: {format: json, level: "info,hyper=warn"}
confine: off
credentials:
  - name: billing
    accessKeyFile: ${CREDENTIALS_DIRECTORY}/billing
    required: false
    customClaims: {tier: "${TIER}", seats: 3, price: 1.5, "yes": true, tags: [a, $$b], nested: {a: -1}}
    selectedTenant: T2
    onExpiry: remove
    renew: {jitter: 0%, retryMax: 1h}
    outputs:
      - {path: /run/a/./b.jwt, mode: 0600, owner: root, group: 0}
      - {path: /run/c.jwt, mode: "644", owner: "7"}
"#,
        &[("PROJECT", "P2abc"), ("CREDENTIALS_DIRECTORY", "/run/keys"), ("TIER", "")],
    )
    .config;
    assert_eq!(config.project.as_str(), "P2abc");
    assert_eq!(config.state_directory, Path::new("/var/lib/tokenwell"));
    assert_eq!((config.log.format, config.log.level.as_deref()), (LogFormat::Json, Some("info,hyper=warn")));
    assert_eq!(config.confine, Confine::Off);
    let credential = &config.credentials[0];
    assert_eq!(credential.key_file, Path::new("/run/keys/billing"));
    assert!(!credential.required);
    let claims = serde_json::json!({"tier": "", "seats": 3, "price": 1.5, "yes": true, "tags": ["a", "$b"], "nested": {"a": -1}});
    assert_eq!(serde_json::Value::Object(credential.options.custom_claims.clone()), claims);
    assert_eq!(credential.options.selected_tenant.as_deref(), Some("T2"));
    let policy = credential.policy;
    assert_eq!((policy.renew_at.percent(), policy.jitter.percent()), (50.0, 0.0));
    assert_eq!((policy.spacing, policy.retry_max), (Duration::from_secs(1), Duration::from_secs(3600)));
    assert_eq!(policy.on_expiry, OnExpiry::Remove);
    let [first, second] = &credential.outputs[..] else { panic!("two outputs") };
    assert_eq!(first.path.to_str(), Some("/run/a/b.jwt"));
    assert_eq!((first.mode, first.owner, first.group), (0o600, Some(0), Some(0)));
    assert_eq!((second.mode, second.owner, second.group), (0o644, Some(7), None));
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let yaml = format!("{BARE}baseUrl: https://file.example.com\n");
    let (_folder, path) = written(yaml.as_bytes());
    let project = |flag: Option<&str>, variables: &[(&str, &str)]| {
        let source = Source { project_id: flag.map(str::to_owned), ..Source::file(&path) };
        config::load(&source, &variables.iter().copied().collect()).unwrap().config.project.to_string()
    };
    assert_eq!(project(None, &[]), "P2abc");
    assert_eq!(project(None, &[("DESCOPE_PROJECT_ID", "P2env")]), "P2env");
    assert_eq!(project(None, &[("DESCOPE_PROJECT_ID", "")]), "P2abc", "an empty variable is none");
    assert_eq!(project(Some("P2flag"), &[("DESCOPE_PROJECT_ID", "P2env")]), "P2flag");
    let url = |flag: Option<&str>, variables: &[(&str, &str)]| {
        let source = Source { base_url: flag.map(str::to_owned), ..Source::file(&path) };
        config::load(&source, &variables.iter().copied().collect()).unwrap().config.base_url.to_string()
    };
    assert_eq!(url(None, &[]), "https://file.example.com");
    assert_eq!(url(None, &[("DESCOPE_BASE_URI", "https://uri.example.com/")]), "https://uri.example.com");
    let both = [("DESCOPE_BASE_URI", "https://uri.example.com"), ("DESCOPE_BASE_URL", "https://url.example.com")];
    assert_eq!(url(None, &both), "https://url.example.com");
    assert_eq!(url(Some("http://127.0.0.1:8080"), &both), "http://127.0.0.1:8080");
}

#[test]
fn a_field_that_is_overridden_need_not_make_sense() {
    let yaml = BARE.replace("P2abc", "${DESCOPE_PROJECT}");
    assert_eq!(good(&yaml, &[("DESCOPE_PROJECT_ID", "P2env")]).config.project.as_str(), "P2env");
}

#[test]
fn mistakes_outside_the_file_name_the_flag_or_the_variable() {
    let (_folder, path) = written(BARE.as_bytes());
    let source = Source {
        project_id: Some("no project".to_owned()),
        base_url: Some("ftp://user:canary@x".to_owned()),
        ..Source::file(&path)
    };
    let environment = [("TOKENWELL_LOG", "loud"), ("STATE_DIRECTORY", "relative:/x")].into_iter().collect();
    let said = config::load(&source, &environment).unwrap_err().to_string();
    insta::assert_snapshot!(said.replace(path.to_str().unwrap(), "/etc/tokenwell/tokenwell.yaml"), @r"
    the command line or the environment has 4 mistakes

      --project-id: `no project` is no project id
        copy it from Descope's console: `P` and letters and digits
      --base-url: its scheme is neither `https` nor `http`
        write it like `https://api.descope.com`
      $TOKENWELL_LOG: `loud` is no log level
        write `error`, `warn`, `info`, `debug`, `trace` or `off`, or such as `info,tokenwell=debug`
      $STATE_DIRECTORY: `relative` is not an absolute path
        write it in full, from `/` on
    ");
}

#[test]
fn the_state_stands_where_systemd_says_or_beside_the_first_output() {
    let state = |yaml: &str, variables: &[(&str, &str)]| good(yaml, variables).config.state_directory;
    assert_eq!(state(BARE, &[]), Path::new("/run"));
    assert_eq!(state(BARE, &[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")]), Path::new("/var/lib/a"));
    let said = format!("{BARE}stateDirectory: /var/lib/said\n");
    assert_eq!(state(&said, &[("STATE_DIRECTORY", "/var/lib/a")]), Path::new("/var/lib/said"));
    let folder =
        "projectId: P2abc\ncredentialsFrom: [{accessKeyDirectory: /k, outputs: [{path: \"/run/x/{name}/jwt\"}]}]\n";
    assert_eq!(state(folder, &[]), Path::new("/run/x"));
}

#[test]
fn the_project_names_the_region_of_the_api() {
    let yaml = BARE.replace("P2abc", "Peuc12aY8eNGYsCkZlVJTVrxtDEFGHIJ");
    assert_eq!(good(&yaml, &[]).config.base_url.to_string(), "https://api.euc1.descope.com");
}

#[test]
fn a_file_in_a_folder_of_keys_becomes_a_credential_of_its_name() {
    let yaml = "projectId: P2abc\ncredentialsFrom:\n  - accessKeyDirectory: /keys\n    required: false\n    \
                outputs: [{path: \"/run/{name}/{name}.jwt\", mode: \"0600\"}]\n";
    let config = good(yaml, &[]).config;
    let credential = config.key_directories[0].credential("billing-2").unwrap();
    assert_eq!((credential.name.as_str(), credential.key_file.as_path()), ("billing-2", Path::new("/keys/billing-2")));
    assert_eq!(credential.outputs[0].path, Path::new("/run/billing-2/billing-2.jwt"));
    assert_eq!((credential.outputs[0].mode, credential.required), (0o600, false));
    for name in ["..data", "", "Billing", "a/b", "..", "-a", "a-", "a_b", &"a".repeat(64)] {
        assert!(config.key_directories[0].credential(name).is_err(), "{name}");
    }
    let error = config.key_directories[0].credential("Billing.key").unwrap_err();
    insta::assert_snapshot!(error, @r"file `Billing.key` in `/keys` is no key: its name is no name of a credential; use small letters, digits and `-` between them, at most 63 characters, such as `billing`");
}

#[test]
fn every_output_right_in_the_folder_of_a_set_is_one_of_its_files() {
    let config = good(
        r#"
projectId: P2abc
stateDirectory: /var/lib/tokenwell
credentials:
  - {name: a, accessKeyFile: /keys/a, outputs: [{path: /run/app/a.jwt}, {path: /run/app/below/a.jwt}, {path: /run/a.jwt}]}
  - {name: b, accessKeyFile: /keys/b, outputs: [{path: /run/app/b.jwt, group: 7}, {path: /run/app/c.jwt, group: 8}]}
  - {name: c, accessKeyFile: /keys/c, outputs: [{path: /run/other/c.jwt, group: 7}]}
credentialsFrom: [{accessKeyDirectory: /many, outputs: [{path: "/run/app/{name}.many"}]}]
sets: [{directory: /run/app/}, {directory: /run/other, mode: "0711", group: "9"}]
"#,
        &[],
    )
    .config;
    let set = |mode, group| Some(SetFolder { mode, group: Some(group) });
    let sets = |credential: &Credential| credential.outputs.iter().map(|output| output.set.clone()).collect::<Vec<_>>();
    assert_eq!(sets(&config.credentials[0]), [set(0o750, 7), None, None]);
    assert_eq!(sets(&config.credentials[1]), [set(0o750, 7), set(0o750, 7)]);
    assert_eq!(sets(&config.credentials[2]), [set(0o711, 9)]);
    assert_eq!(sets(&config.key_directories[0].credential("x").unwrap()), [set(0o750, 7)]);
    let directories: Vec<_> = config.sets.iter().map(|set| set.directory.to_str().unwrap()).collect();
    assert_eq!(directories, ["/run/app", "/run/other"]);
}

#[test]
fn sets_that_are_something_else_too_are_told() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
stateDirectory: /state
credentials:
  - {name: a, accessKeyFile: /k/a, outputs: [{path: /run/app/..a}, {path: /run/file}, {path: /run/.tokenwell.lock}]}
credentialsFrom: [{accessKeyDirectory: /keys, outputs: [{path: "/run/{name}/x"}]}]
sets:
  - directory: /run/app
  - {directory: /run/app, mode: "0640", group: nobody-of-this-name}
  - {directory: /run/app/deep/down, mode: 750}
  - directory: /keys
  - directory: /state
  - directory: DIR
  - directory: /run/file
  - directory: run/app
  - directory: "/run/{name}"
  - {folder: /run/x}
"#, &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has 15 mistakes

       line 4, credentials[0].outputs[0].path: in a set, names that begin with `..` are those of its generations
               give the file another name
       line 4, credentials[0].outputs[2].path: `.tokenwell.lock` is the file by which tokenwell keeps other processes away
               give the file another name
       line 8, sets[1].directory: the same folder as `sets[0].directory`
               name every set once
       line 8, sets[1].mode: `0640` does not let the owner read, write and pass
               write `"0750"`
       line 8, sets[1].group: there is no group `nobody-of-this-name` on this machine
               create it, or write the group's number
       line 9, sets[2].directory: inside `sets[0].directory`, which is a set
               write sets beside each other
       line 9, sets[2].mode: expected octal digits in quotes, found a number
               write `"0750"`, with the quotes
      line 10, sets[3].directory: the same folder as `credentialsFrom[0].accessKeyDirectory`, where every file is an access key
               give the set a folder of its own
      line 11, sets[4].directory: the same folder as `stateDirectory`, where state is kept
               give the set a folder of its own
      line 12, sets[5].directory: the folder of this configuration file
               give the set a folder of its own
      line 13, sets[6].directory: the same path as `credentials[0].outputs[1].path`, which is a file
               give the set a folder of its own
      line 14, sets[7].directory: `run/app` is not an absolute path
               write it in full, such as `/etc/tokenwell/run/app`
      line 15, sets[8].directory: `{name}` stands for a name in the outputs of `credentialsFrom` only
               write the folder itself, and `{name}` in the names of files
      line 16, sets[9]: `directory` is missing
               write such as `directory: /run/tokenwell/app`
      line 16, sets[9].folder: unknown field
               known here: `directory`, `group`, `mode`
    "#);
}

#[test]
fn a_set_is_no_place_for_state() {
    let yaml = "projectId: P2abc\ncredentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a/a.jwt}OTHER]}]\nsets: [{directory: /run/a}]\n";
    insta::assert_snapshot!(refusal(&yaml.replace("OTHER", ""), &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      stateDirectory: missing, and every output is in a set, where nothing else may stand
        write such as `stateDirectory: /var/lib/tokenwell`, or set `$STATE_DIRECTORY`
    "#);
    let other = yaml.replace("OTHER", ", {path: /run/other/a.jwt}");
    assert_eq!(good(&other, &[]).config.state_directory, Path::new("/run/other"));
}

#[test]
fn a_named_credential_stands_before_one_from_a_folder() {
    let yaml =
        format!("{BARE}credentialsFrom: [{{accessKeyDirectory: /keys, outputs: [{{path: \"/run/{{name}}.jwt\"}}]}}]\n");
    let config = good(&yaml.replace("/run/a.jwt", "/run/other.jwt"), &[]).config;
    let rival = |name: &str| {
        let credential = config.key_directories[0].credential(name).unwrap();
        config.named_rival(&credential).map(|rival| rival.name.clone())
    };
    assert_eq!(rival("a").as_deref(), Some("a"), "the same name");
    assert_eq!(rival("other").as_deref(), Some("a"), "the same output");
    assert_eq!(rival("b"), None);
}

#[test]
fn what_is_legal_but_seldom_meant_is_warned_about() {
    let yaml = "projectId: P2abc\nallowPlainHttp: true\nbaseUrl: http://api.example.com\ncredentials:\n  - name: a\n    \
                accessKeyFile: /k\n    outputs: [{path: /run/1, mode: \"0644\"}, {path: /run/2, mode: \"0666\"}]\nsets:\n  \
                - directory: /run/empty\n  - {directory: /srv/app, mode: \"0775\"}\n";
    let warnings: Vec<_> = good(yaml, &[]).warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r#"
    line 3, baseUrl: access keys cross the network in clear (use `https://` as soon as the API has it)
    line 7, credentials[0].outputs[0].mode: `0644` lets every user read the token (set `group` and write `"0640"`, unless that is meant)
    line 7, credentials[0].outputs[1].mode: `0666` lets every user write the token file (set `group` and write `"0640"`, unless that is meant)
    line 9, sets[0].directory: no output is in it (write an output right in this folder, or take the set away)
    line 10, sets[1].directory: no output is in it (write an output right in this folder, or take the set away)
    line 10, sets[1].mode: `0775` lets others replace the files (write `"0750"`, unless that is meant)
    "#);
}

#[test]
fn flags_alone_make_one_credential() {
    let source = Source {
        origin: Origin::Flags { access_key_file: "/keys/billing".into(), outputs: vec!["/run/a.jwt".into()] },
        project_id: Some("P2abc".to_owned()),
        base_url: None,
    };
    let config = config::load(&source, &Environment::default()).unwrap().config;
    let by_file = good(&BARE.replace("name: a", "name: billing").replace("/keys/a", "/keys/billing"), &[]).config;
    assert_eq!(config, by_file);
}

#[test]
fn flags_that_clash_are_told() {
    let source = Source {
        origin: Origin::Flags {
            access_key_file: "/keys/billing".into(),
            outputs: vec!["/run/a.jwt".into(), "/keys/billing".into(), "/run/a.jwt".into(), "/run/".into()],
        },
        project_id: None,
        base_url: Some("http://api.example.com".to_owned()),
    };
    insta::assert_snapshot!(config::load(&source, &Environment::default()).unwrap_err(), @r"
    the command line or the environment has 5 mistakes

      --project-id: missing
        give `--project-id`, or set `$DESCOPE_PROJECT_ID`
      --base-url: plain http to another host would show the access key to the network
        use `https://`, or set `allowPlainHttp: true` in the configuration file
      --output: `/run/` is a folder
        write the path of a file
      --output: the same path as another `--output`
        give every output a path of its own
      --output: the same file as `--access-key-file`: a token would replace it
        write tokens somewhere else
    ");
}

#[test]
fn a_byte_order_mark_at_the_beginning_is_nothing() {
    let (_folder, path) = written(format!("\u{feff}{BARE}").as_bytes());
    let loaded = config::load(&Source::file(&path), &Environment::default()).unwrap();
    assert_eq!(loaded.config.credentials.len(), 1);
    assert!(refusal(&format!("\u{feff}\u{feff}{BARE}"), &[]).contains("a second document begins"), "one is enough");
}

#[test]
fn a_template_file_that_is_missing_is_told_with_its_remedy() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/a, format: template, templateFile: /no/such}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 5, credentials[0].outputs[0].templateFile: cannot use template `/no/such`: there is no such file
              make it, or name another; or write the template itself as `template`
    ");
}

#[test]
fn what_has_no_line_is_not_indented_like_a_remedy() {
    insta::assert_snapshot!(refusal("nonsense: 1\n", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 3 mistakes

      line 1, nonsense: unknown field
              known here: `projectId`, `allowPlainHttp`, `baseUrl`, `stateDirectory`, `renew`, `http`, `log`, `status`, `confine`, `credentials`, `credentialsFrom`, `sets`
      projectId: missing
              write `projectId: P2…`, set `$DESCOPE_PROJECT_ID` or give `--project-id`
      no credential is named
              write:
                credentials:
                  - name: billing
                    accessKeyFile: /var/run/secrets/descope/billing
                    outputs: [{path: /run/tokenwell/billing.jwt}]
    ");
}

#[test]
fn a_dollar_without_a_brace_is_a_dollar() {
    let yaml = r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/$a$
    outputs: [{path: /run/$/$a.jwt}]
    hooks: [{command: [/bin/sh, -c, "cp $TOKENWELL_PATH /x; echo $1 $$$$ $$ $"]}]
"#;
    let config = good(yaml, &[]).config;
    let credential = &config.credentials[0];
    assert_eq!(credential.key_file, Path::new("/keys/$a$"));
    assert_eq!(credential.outputs[0].path, Path::new("/run/$/$a.jwt"));
    let Hook::Command { arguments, .. } = &credential.hooks[0] else { panic!() };
    assert_eq!(arguments.last().unwrap(), "cp $TOKENWELL_PATH /x; echo $1 $$ $ $");
}

#[test]
fn what_is_one_place_by_way_of_links_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["keys", "out", "set"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    for name in ["a", "b", "c", "all"] {
        fs::write(folder.path().join("keys").join(name), "K2").unwrap();
    }
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    link("keys", "keys-by-link");
    link("out", "out-by-link");
    link("set", "set-by-link");
    link("../keys/b", "out/link-to-key");
    fs::hard_link(folder.path().join("keys/c"), folder.path().join("out/hard-link-to-key")).unwrap();
    let ended = check(
        &folder,
        r#"projectId: P2abc
stateDirectory: DIR/out-by-link
credentials:
  - {name: a, accessKeyFile: DIR/keys/a, outputs: [{path: DIR/keys-by-link/a}]}
  - {name: b, accessKeyFile: DIR/keys/b, outputs: [{path: DIR/out/link-to-key}]}
  - {name: c, accessKeyFile: DIR/keys/c, outputs: [{path: DIR/out/hard-link-to-key}]}
  - {name: d, accessKeyFile: DIR/keys/d, outputs: [{path: DIR/out/new/d.jwt}]}
  - {name: e, accessKeyFile: DIR/keys/e, outputs: [{path: DIR/out-by-link/new/d.jwt}]}
  - {name: f, accessKeyFile: DIR/keys/f, outputs: [{path: DIR/set-by-link/f.jwt}, {path: DIR/out/status.json}]}
  - {name: g, accessKeyFile: DIR/out/key, outputs: [{path: DIR/out-by-link/tokenwell.yaml}]}
credentialsFrom:
  - {accessKeyDirectory: DIR/keys, outputs: [{path: "DIR/keys-by-link/{name}.jwt"}]}
sets: [{directory: DIR/set}]
"#,
    );
    assert_eq!(ended.status.code(), Some(2));
    let said = String::from_utf8(ended.stderr).unwrap().replace(folder.path().to_str().unwrap(), "DIR");
    insta::assert_snapshot!(said, @r"
    error: `DIR/tokenwell.yaml` has 8 mistakes

       line 4, credentials[0].outputs[0].path: the same file as `credentials[0].accessKeyFile` by way of a link (`DIR/keys-by-link/a` is `DIR/keys/a`): a token would replace it
               write tokens somewhere else
       line 4, credentials[0].outputs[0].path: inside `credentialsFrom[0].accessKeyDirectory` by way of a link (`DIR/keys-by-link/a` is `DIR/keys/a`), where every file is an access key
               write tokens somewhere else
       line 5, credentials[1].outputs[0].path: the same file as `credentials[1].accessKeyFile` by way of a link (`DIR/out/link-to-key` and `DIR/keys/b` are one file): a token would replace it
               write tokens somewhere else
       line 6, credentials[2].outputs[0].path: the same file as `credentials[2].accessKeyFile` by way of a link (`DIR/out/hard-link-to-key` and `DIR/keys/c` are one file): a token would replace it
               write tokens somewhere else
       line 8, credentials[4].outputs[0].path: the same file as `credentials[3].outputs[0].path` by way of a link (`DIR/out-by-link/new/d.jwt` is `DIR/out/new/d.jwt`)
               give every output a path of its own
       line 9, credentials[5].outputs[0].path: in the folder of `sets[0].directory` by way of a link (`DIR/set-by-link/f.jwt` is `DIR/set/f.jwt`)
               name the folder as the set names it
       line 9, credentials[5].outputs[1].path: the program's own status file by way of a link
               write tokens somewhere else
      line 12, credentialsFrom[0].outputs[0].path: inside `credentialsFrom[0].accessKeyDirectory` by way of a link (`DIR/keys-by-link/{name}.jwt` is `DIR/keys/{name}.jwt`), where every file is an access key
               write tokens somewhere else
    ");
}

#[test]
fn links_that_lead_to_other_places_are_no_mistake() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["keys/..1", "out"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("keys/..1/a"), "K2").unwrap();
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    link("..1", "keys/..data");
    link("..data/a", "keys/a");
    link("out", "other");
    link("../nowhere", "out/a.jwt");
    let ended = check(
        &folder,
        r"projectId: P2abc
credentials:
  - {name: a, accessKeyFile: DIR/keys/a, outputs: [{path: DIR/out/a.jwt}, {path: DIR/other/b.jwt}, {path: DIR/keys/new}]}
",
    );
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn a_configuration_is_loaded_again_from_the_same_source() {
    let (_folder, path) = written(BARE.as_bytes());
    let source = Source::file(&path);
    let load = || config::load(&source, &Environment::default()).map(|loaded| loaded.config);
    let before = load().unwrap();
    assert_eq!(load().unwrap(), before, "what did not change is equal");
    fs::write(&path, BARE.replace("/run/a.jwt", "/run/b.jwt")).unwrap();
    assert_ne!(load().unwrap(), before);
    fs::write(&path, "x").unwrap();
    assert!(load().is_err());
}

#[test]
fn a_folder_and_a_pipe_are_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let said = |path: &Path| {
        let mistakes = config::load(&Source::file(path), &Environment::default()).unwrap_err();
        mistakes.to_string().replace(folder.path().to_str().unwrap(), "/etc/tokenwell")
    };
    insta::assert_snapshot!(said(folder.path()), @r"
    cannot use configuration `/etc/tokenwell`: it is not a regular file
           name a YAML file
    ");
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    insta::assert_snapshot!(said(&pipe), @r"
    cannot use configuration `/etc/tokenwell/pipe`: it is not a regular file
           name a YAML file
    ");
}

/// A reader that gives nothing back and tells of no mistake would be a panic too.
#[test]
fn no_text_at_all_makes_the_reader_panic() {
    let full = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/full.yaml")).unwrap();
    let lines: Vec<&str> = full.lines().collect();
    let odd = [
        "", "~", "[]", "{}", "[~]", "- ", "5", "true", "\"\"", "/", "${X}", "\t", "&a ", "*a", "!x ", "|\n", "? ",
        "\u{85}", "'",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let (_folder, path) = written(b"");
    let mut right = 0;
    for n in 0..2000 {
        let mut text: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..text.len());
            let odd = odd[random.usize(..odd.len())];
            match random.u8(..4) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, lines[random.usize(..lines.len())].to_owned()),
                2 => text[at] = text[at].split_once(": ").map_or(odd.to_owned(), |(key, _)| format!("{key}: {odd}")),
                _ => text[at] = text[at].replacen(' ', odd, 1),
            }
        }
        fs::write(&path, text.join("\n")).unwrap();
        let loaded = config::load(&Source::file(&path), &Environment::default());
        // The schema takes ten times as long, unoptimised as it is in tests.
        if n % 5 == 0 {
            schema_agrees(&path, &loaded);
        }
        right += usize::from(loaded.is_ok());
    }
    assert!((50..1950).contains(&right), "{right} of 2000 were right: the changes are too harsh or too mild");
}

#[test]
fn check_prints_the_plan_and_warns_of_what_is_not_as_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    fs::create_dir(&keys).unwrap();
    for (name, mode) in [("billing", 0o644), ("writable", 0o666), ("Bad", 0o600), ("later", 0o600), (".hidden", 0o600)]
    {
        fs::write(keys.join(name), "K2canary").unwrap();
        fs::set_permissions(keys.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::write(folder.path().join("template"), "{{ token }}").unwrap();
    let yaml = r#"
projectId: P2abc
stateDirectory: /var/lib/tokenwell
credentials:
  - {name: billing, accessKeyFile: DIR/keys/billing, outputs: [{path: /run/b.jwt, mode: "0644"}, {path: /run/c.jwt, owner: 0}]}
  - name: later
    accessKeyFile: DIR/later
    required: false
    customClaims: {tier: gold, seats: 3}
    onExpiry: remove
    renew: {at: 50%}
    outputs:
      - {path: /run/later.json, format: json}
      - {path: /run/claims.json, format: json, claims: [tenants, nsec]}
      - {path: /run/later.env, format: env}
      - {path: /run/later.header, format: header, mode: "0600"}
      - {path: /run/later.txt, format: template, template: "{{ token }}"}
      - {path: /run/file.txt, format: template, templateFile: DIR/template}
    hooks:
      - {signal: SIGHUP, pidFile: /run/app.pid}
      - {signal: 10, processName: nginx}
      - {command: [/bin/sh, -c, "echo '$$1'", aVeryLongWordThatMayBeSecret]}
      - {post: "http://127.0.0.1:8080/-/reload?key=value", timeout: 2s}
credentialsFrom:
  - {accessKeyDirectory: DIR/keys, outputs: [{path: "/run/{name}.jwt"}], hooks: [{command: [DIR/keys/billing]}, {command: [DIR/keys]}, {command: [DIR/none]}]}
  - {accessKeyDirectory: DIR/absent, outputs: [{path: "/run/x/{name}.jwt"}]}
sets: [{directory: /run/x, mode: "0755", group: 0}]
"#;
    let output = check(&folder, yaml);
    let plain =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(folder.path().to_str().unwrap(), "/etc/tokenwell");
    insta::assert_snapshot!(plain(&output.stdout), @r#"
    configuration  /etc/tokenwell/tokenwell.yaml
    project        P2abc
    api            https://api.descope.com
    state          /var/lib/tokenwell
    sets           /run/x (mode 0755, group 0)
    http           timeout 10s, connect within 3s, 8 in flight at most
    log            text on a terminal, else json, level info

    credential billing
      key file     /etc/tokenwell/keys/billing (present)
      outputs      /run/b.jwt (jwt, mode 0644)
                   /run/c.jwt (jwt, mode 0640, user 0)
      on expiry    the dead token stays; its readers will be refused by servers

    credential later
      key file     /etc/tokenwell/later (missing: `run` waits for it)
      outputs      /run/later.json (json, mode 0640)
                   /run/claims.json (json with claims nsec tenants, mode 0640)
                   /run/later.env (env DESCOPE_SESSION_TOKEN DESCOPE_SESSION_EXPIRES_AT DESCOPE_PROJECT_ID, mode 0640)
                   /run/later.header (header, mode 0600)
                   /run/later.txt (template of 11 bytes, mode 0640)
                   /run/file.txt (template /etc/tokenwell/template, mode 0640)
      hooks        HUP to the process of /run/app.pid
                   USR1 to nginx
                   /bin/sh -c "echo '$1'" … (timeout 10s)
                   POST to http://127.0.0.1:8080/-/reload (timeout 2s)
      claims       seats, tier
      renewal      at 50% of the life, jitter 10%, spacing 2s, retry after 2s to 1m, denied again every 5m
      on expiry    the files are removed
      required     no: it does not count for readiness

    a credential for each key in /etc/tokenwell/keys
      as of now    writable
      outputs      /run/{name}.jwt (jwt, mode 0640)
      hooks        /etc/tokenwell/keys/billing (timeout 10s)
                   /etc/tokenwell/keys (timeout 10s)
                   /etc/tokenwell/none (timeout 10s)
      on expiry    the dead token stays; its readers will be refused by servers

    a credential for each key in /etc/tokenwell/absent
      as of now    none
      outputs      /run/x/{name}.jwt (jwt, mode 0640)
      on expiry    the dead token stays; its readers will be refused by servers
    "#);
    insta::assert_snapshot!(plain(&output.stderr), @r#"
    warning: line 5, credentials[0].outputs[0].mode: `0644` lets every user read the token (set `group` and write `"0640"`, unless that is meant)
    warning: line 10, credentials[1].onExpiry: some readers do not start while their file is missing: `EnvironmentFile=` of systemd, `include` of nginx, `curl -H @file` (let the reader do without, as `EnvironmentFile=-/path` does, or write `keep`)
    warning: key file `/etc/tokenwell/later` is missing
    warning: others may write key file `/etc/tokenwell/keys/writable` (mode 0666)
    warning: key folder `/etc/tokenwell/absent` is missing
    warning: file `Bad` in `/etc/tokenwell/keys` is no key: its name is no name of a credential; use small letters, digits and `-` between them, at most 63 characters, such as `billing`
    warning: key file `/etc/tokenwell/keys/later` makes no credential of its own: a credential of `credentials` has its name or its output, `later`
    warning: program `/etc/tokenwell/keys` of a hook is not a file
    warning: program `/etc/tokenwell/keys/billing` of a hook may not be executed by this user
    warning: program `/etc/tokenwell/none` of a hook is missing, or out of sight
    "#);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn check_ends_with_2_and_an_empty_standard_output_when_there_are_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let output = check(&folder, "projectId: P2abc\n");
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: `") && said.contains("has a mistake"), "{said}");
}

#[test]
fn the_command_line_is_told_apart_from_failures() {
    let cases: [(&[&str], i32); 8] = [
        (&[], 2),
        (&["--help"], 0),
        (&["--version"], 0),
        (&["check", "--config", "/no/such"], 2),
        (&["check", "--access-key-file", "k"], 2),
        (&["check", "--output", "o"], 2),
        (&["check", "--config", "c", "--access-key-file", "k", "--output", "o"], 2),
        (&["once", "--timeout", "10"], 2),
    ];
    for (arguments, code) in cases {
        assert_eq!(tokenwell(arguments, &[]).status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn the_configuration_may_be_named_by_the_environment_and_flags_beat_it() {
    let (_folder, path) = written(BARE.as_bytes());
    let named = [("TOKENWELL_CONFIG", path.to_str().unwrap())];
    let output = tokenwell(&["check"], &named);
    assert!(String::from_utf8_lossy(&output.stdout).contains("credential a"), "{output:?}");
    let flags = ["check", "--project-id", "P2abc", "--access-key-file", "/keys/k", "--output", "/run/o"];
    let output = tokenwell(&flags, &named);
    assert!(String::from_utf8_lossy(&output.stdout).contains("credential k"), "{output:?}");
}

#[test]
fn a_key_on_the_command_line_is_not_repeated() {
    let canary = "K2canaryCanaryCanaryCanaryCanary";
    let joined = format!("--access-key={canary}");
    let lines: [&[&str]; 7] = [
        &[canary],
        &["check", canary],
        &["check", "--access-key", canary],
        &["check", &joined],
        &["check", "--access-key-file", canary, "--output", "o"],
        &["check", "--project-id", canary, "--access-key-file", "k", "--output", "o"],
        &["once", "--timeout", canary],
    ];
    for line in lines {
        let output = tokenwell(line, &[]);
        assert_eq!(output.status.code(), Some(2), "{line:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!said.contains("canary"), "{said}");
    }
}

/// What a user is told of a file, with the path that it would have.
fn refusal(yaml: &str, variables: &[(&str, &str)]) -> String {
    let (folder, path) = written(b"");
    fs::write(&path, yaml.replace("DIR", folder.path().to_str().unwrap()).replace("LONG", &"x".repeat(201))).unwrap();
    said(&folder, &path, variables)
}

fn refusal_of(bytes: &[u8]) -> String {
    let (folder, path) = written(bytes);
    said(&folder, &path, &[])
}

fn said(folder: &TempDir, path: &Path, variables: &[(&str, &str)]) -> String {
    let loaded: Result<Loaded, Mistakes> = config::load(&Source::file(path), &variables.iter().copied().collect());
    schema_agrees(path, &loaded);
    loaded.unwrap_err().to_string().replace(folder.path().to_str().unwrap(), "/etc/tokenwell")
}

/// A configuration that has to be right.
fn good(yaml: &str, variables: &[(&str, &str)]) -> Loaded {
    let (_folder, path) = written(yaml.as_bytes());
    let loaded = config::load(&Source::file(&path), &variables.iter().copied().collect());
    schema_agrees(&path, &loaded);
    loaded.unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// Every case of this file is held against the schema too; what cannot be read as a text is nothing for editors either.
fn schema_agrees(path: &Path, loaded: &Result<Loaded, Mistakes>) {
    if let Ok(yaml) = fs::read_to_string(path) {
        schema::agrees(&yaml, loaded);
    }
}

fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenwell.yaml");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn check(folder: &TempDir, yaml: &str) -> Output {
    let path = folder.path().join("tokenwell.yaml");
    fs::write(&path, yaml.replace("DIR", folder.path().to_str().unwrap())).unwrap();
    tokenwell(&["check", "--config", path.to_str().unwrap()], &[])
}

/// The real program, with nothing in its environment but what is given.
fn tokenwell(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenwell"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).output().unwrap()
}

const BARE: &str =
    "projectId: P2abc\ncredentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a.jwt}]}]\n";
