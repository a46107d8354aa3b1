//! Environment variables in a configuration.

use std::path::Path;

use tokenwell::hook::Hook;

use crate::case::{good, refusal};

#[test]
fn bad_variables_are_reported_without_their_values() {
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
      line 3, stateDirectory: `$HOME` is not expanded without braces
              write `${HOME}`
      line 5, credentials[0].name: `${NAME}` is not a credential name
              use lowercase letters, digits and `-` between them, at most 63 characters, such as `billing`
      line 6, credentials[0].accessKeyFile: the environment variable `KEYS` is not set
              set it, or write the value here
      line 7, credentials[0].customClaims.tier: the text between `${` and `}` is not a variable name
              use letters, digits and `_`, as in `${NAME}`; there are no default values
      line 8, credentials[0].outputs[0].path: `${OUT}/a.jwt` is not an absolute path
              write it in full, starting with `/`
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
    assert_eq!(credential.source.files()[0].path, Path::new("/keys/$a$"));
    assert_eq!(credential.outputs[0].name(), "/run/$/$a.jwt");
    let Hook::Command { arguments, .. } = &credential.hooks[0] else { panic!() };
    assert_eq!(arguments.last().unwrap(), "cp $TOKENWELL_PATH /x; echo $1 $$ $ $");
}
