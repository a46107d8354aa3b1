//! The options of each output format.

use crate::case::{good, refusal};

#[test]
fn an_option_of_another_format_is_reported() {
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
      - {path: /run/7, format: header, quotes: always}
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 8 mistakes

       line 6, credentials[0].outputs[0].claims: `claims` is for `format: json`
               write `format: json`, or remove `claims`
       line 7, credentials[0].outputs[1].variables: `variables` is for `format: env`
               write `format: env`, or remove `variables`
       line 8, credentials[0].outputs[2].template: `template` is for `format: template`
               write `format: template`, or remove `template`
       line 9, credentials[0].outputs[3].templateFile: `templateFile` is for `format: template`
               write `format: template`, or remove `templateFile`
      line 10, credentials[0].outputs[4].claims: `claims` is for `format: json`
               a template has every claim under `claims`: remove this
      line 11, credentials[0].outputs[5].format: `yaml` is not known here
               write `jwt`, `json`, `env`, `header`, `bearer` or `template`
      line 11, credentials[0].outputs[5].other: unknown field
               known here: `path`, `format`, `claims`, `fields`, `variables`, `quotes`, `template`, `templateFile`, `mode`, `owner`, `group`, `onModeIgnored`
      line 12, credentials[0].outputs[6].quotes: `quotes` is for `format: env`
               write `format: env`, or remove `quotes`
    ");
}

#[test]
fn mistakes_in_the_options_of_formats_are_reported() {
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

       line 6, credentials[0].outputs[0].claims: no claim is listed
               name one, or remove the line
       line 7, credentials[0].outputs[1].claims[1]: empty
               write the name of a claim, such as `tenants`
       line 7, credentials[0].outputs[1].claims[2]: `a` is listed twice
               list every claim once
       line 7, credentials[0].outputs[1].claims[3]: expected text, found a number
               put it in quotes
       line 8, credentials[0].outputs[2].claims: expected a list, found text
               begin every entry with `- `
       line 9, credentials[0].outputs[3].variables: no variable is listed
               write something like `MY_TOKEN: token`, or remove the line
      line 10, credentials[0].outputs[4].variables: expected fields, found a list
               write `name: value` pairs, one a line
      line 14, credentials[0].outputs[5].variables.1A: `1A` is not a variable name
               use letters, digits and `_`, and no digit first
      line 15, credentials[0].outputs[5].variables.A-B: `A-B` is not a variable name
               use letters, digits and `_`, and no digit first
      line 16, credentials[0].outputs[5].variables.PATH: `PATH` controls the shell or the linker: it would break readers of the file
               choose a name of your own, such as `MY_TOKEN`
      line 17, credentials[0].outputs[5].variables.LD_PRELOAD: `LD_PRELOAD` controls the shell or the linker: it would break readers of the file
               choose a name of your own, such as `MY_TOKEN`
      line 18, credentials[0].outputs[5].variables.BASH_ENV: `BASH_ENV` controls the shell or the linker: it would break readers of the file
               choose a name of your own, such as `MY_TOKEN`
      line 19, credentials[0].outputs[5].variables.UID: `UID` controls the shell or the linker: it would break readers of the file
               choose a name of your own, such as `MY_TOKEN`
      line 20, credentials[0].outputs[5].variables.A: `tokens` is not known here
               write `token`, `tokenType`, `credential`, `projectId`, `keyId`, `subject`, `issuedAt`, `expiresAt`, `renewAt`, `issuedAtUnix`, `expiresAtUnix` or `renewAtUnix`
      line 21, credentials[0].outputs[5].variables.B: no value
               give it one, or remove the line
      line 22, credentials[0].outputs[5].variables.C: expected text, found a number
               put it in quotes
      line 23, credentials[0].outputs[5].variables.C: duplicate field
               a field may appear only once: keep one of them
    ");
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
    insta::assert_snapshot!(warnings("format: env").join("\n"), @"line 2, credentials[0].onExpiry: some readers do not start while their file is missing: `EnvironmentFile=` of systemd, `include` of nginx, `curl -H @file` (make the file optional, as `EnvironmentFile=-/path` does, or write `keep`)");
    for (output, count) in [
        ("format: header", 1),
        ("format: bearer", 1),
        ("format: template, template: \"{{ token }}\"", 1),
        ("format: json", 0),
    ] {
        let found = warnings(output);
        assert_eq!(found.iter().filter(|warning| warning.contains("do not start")).count(), count, "{output}");
    }
}
