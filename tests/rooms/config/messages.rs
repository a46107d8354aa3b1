//! Mistakes in messages: their count, their shortening, and the absence of secrets.

use tokenwell::config::{self, ConfigSource, Environment};

use crate::case::{refusal, written};

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
    let mistakes = config::load(&ConfigSource::file(&path), &Environment::default()).unwrap_err();
    let line = mistakes.one_line().replace(path.to_str().unwrap(), "tokenwell.yaml");
    insta::assert_snapshot!(line, @r"`tokenwell.yaml` has 5 mistakes: line 2, a: unknown field; line 3, b: unknown field; line 4, c: unknown field; and 2 more");
    let missing = config::load(&ConfigSource::file("/no/such.yaml"), &Environment::default()).unwrap_err();
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
fn what_has_no_line_is_not_indented_like_a_remedy() {
    insta::assert_snapshot!(refusal("nonsense: 1\n", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 3 mistakes

      line 1, nonsense: unknown field
              known here: `projectId`, `allowPlainHttp`, `baseUrl`, `stateDirectory`, `renew`, `http`, `log`, `status`, `confine`, `credentials`, `credentialsFrom`, `sets`
      projectId: missing
              write `projectId: P2…`, set `$DESCOPE_PROJECT_ID` or give `--project-id`
      no credential is configured
              write:
                credentials:
                  - name: billing
                    accessKeyFile: /var/run/secrets/descope/billing
                    outputs: [{path: /run/tokenwell/billing.jwt}]
    ");
}
