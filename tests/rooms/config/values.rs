//! Invalid durations, shares, counts, modes, owners and paths.

use crate::case::refusal;

#[test]
fn durations_without_unit_or_sense_are_reported() {
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
       line 6, renew.deniedEvery: `soon` is not a duration
               write it like `500ms`, `30s`, `5m` or `1h30m`
       line 8, http.timeout: `0s` is too short
               write `1ms` or more
       line 9, http.connectTimeout: `1h` is too long
               write `5m` or less
      line 13, credentials[0].renew.spacing: `50ms` is too short
               write `100ms` or more
      line 13, credentials[0].renew.retryMax: `2h` is too long
               write `1h` or less
      line 13, credentials[0].renew.deniedEvery: `-5s` is not a duration
               write it like `500ms`, `30s`, `5m` or `1h30m`
      line 13, credentials[0].renew.retryFirst: `5M` is too long
               write `1h` or less
    ");
}

#[test]
fn shares_and_counts_out_of_bounds_are_reported() {
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
       line 7, credentials[0].renew.jitter: `1e1%` is not a percentage
               write it like `67%`
      line 11, credentials[1].renew.at: `half` has no percent sign
               write it like `67%`
      line 11, credentials[1].renew.jitter: `60%` is out of bounds
               write a percentage from `0%` to `50%`
    ");
}

#[test]
fn a_first_back_off_above_the_longest_is_located() {
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
              back-off grows from `retryFirst` to `retryMax`: make `retryFirst` the shorter one
    ");
}

#[test]
fn modes_that_are_not_octal_text_get_a_suggestion() {
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
       line 9, credentials[0].outputs[3].mode: `888` is not an octal mode
               write octal digits in quotes, such as `"0640"`
      line 10, credentials[0].outputs[4].mode: `01777` sets more than permission bits
               write `"0777"`: no more than `"0777"`
      line 11, credentials[0].outputs[5].mode: `0o640` is not an octal mode
               write `"0640"`
      line 12, credentials[0].outputs[6].mode: `rw-r-----` is not an octal mode
               write octal digits in quotes, such as `"0640"`
      line 13, credentials[0].outputs[7].mode: `0240` does not let the owner read
               write `"0640"`
      line 14, credentials[0].outputs[8].mode: expected octal digits, found `true`
               write octal digits in quotes, such as `"0640"`
    "#);
}

#[test]
fn owners_that_are_not_there_are_reported() {
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
              create it, or write the user's id
      line 6, credentials[0].outputs[0].group: there is no group `no-such-group` on this machine
              create it, or write the group's id
      line 7, credentials[0].outputs[1].owner: `-1` is not a user id
              write a name or an id
      line 7, credentials[0].outputs[1].group: `4294967295` is not a group id
              write a name or an id
      line 8, credentials[0].outputs[2].owner: expected the name or id of a user, found a number
              write a name or an id
      line 8, credentials[0].outputs[2].group: empty
              write a name or an id
    ");
}

#[test]
fn paths_with_detours_are_reported() {
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
      - path: ~/a
      - path: /run/LONG
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 10 mistakes

       line 2, stateDirectory: `state` is not an absolute path
               write it in full, such as `/etc/tokenwell/state`
       line 5, credentials[0].accessKeyFile: not an absolute path
               write the path of a file that holds the key, such as `/var/run/secrets/descope/billing`
       line 7, credentials[0].outputs[0].path: `out/a.jwt` is not an absolute path
               write it in full, such as `/etc/tokenwell/out/a.jwt`
       line 8, credentials[0].outputs[1].path: `/run/../etc/passwd` contains `..`
               write the path without `..`
       line 9, credentials[0].outputs[2].path: `/run/` is a folder
               write the path of a file
      line 10, credentials[0].outputs[3].path: empty
               write an absolute path
      line 11, credentials[0].outputs[4].path: it contains a control character
               write a plain path
      line 12, credentials[0].outputs[5].path: `./a` is not an absolute path
               write it in full, such as `/etc/tokenwell/a`
      line 13, credentials[0].outputs[6].path: `~` is not expanded
               write `${HOME}/…`, or the home folder in full
      line 14, credentials[0].outputs[7].path: the file name is too long
               at most 200 bytes: temporary files beside it have longer names
    ");
}
