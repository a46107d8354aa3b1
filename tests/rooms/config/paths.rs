//! Paths that a shell, systemd or another program would expand before it uses them.

use crate::case::{good, refusal, tokenwell};

/// The fields that are paths, each in a configuration without another mistake. `PATH` is where the path is.
const FIELDS: [(&str, &str); 17] = [
    ("stateDirectory", "stateDirectory: PATH\n"),
    ("http.caFile", "http: {caFile: PATH}\n"),
    ("status.listen", "status: {listen: PATH}\n"),
    ("sets[0].directory", "sets: [{directory: PATH}]\n"),
    ("credentials[1].accessKeyFile", "- {name: b, accessKeyFile: PATH, outputs: [{path: /run/b.jwt}]}\n"),
    (
        "credentials[1].authManagementKeyFile",
        "- {name: b, accessKeyFile: /k/b, authManagementKeyFile: PATH, outputs: [{path: /run/b.jwt}]}\n",
    ),
    ("credentials[1].refreshTokenFile", "- {name: b, refreshTokenFile: PATH, outputs: [{path: /run/b.jwt}]}\n"),
    (
        "credentials[1].externalTokenFile",
        "- {name: b, refreshTokenFile: /k/b, externalTokenFile: PATH, outputs: [{path: /run/b.jwt}]}\n",
    ),
    (
        "credentials[1].publicKeyFile",
        "- {name: b, accessKeyFile: /k/b, publicKeyFile: PATH, outputs: [{path: /run/b.jwt}]}\n",
    ),
    (
        "credentials[1].oauth.clientSecretFile",
        "- {name: b, oauth: {clientSecretFile: PATH}, outputs: [{path: /run/b.jwt}]}\n",
    ),
    ("credentials[1].outputs[0].path", "- {name: b, accessKeyFile: /k/b, outputs: [{path: PATH}]}\n"),
    (
        "credentials[1].outputs[0].templateFile",
        "- {name: b, accessKeyFile: /k/b, outputs: [{path: /run/b, format: template, templateFile: PATH}]}\n",
    ),
    (
        "credentials[1].hooks[0].pidFile",
        "- {name: b, accessKeyFile: /k/b, outputs: [{path: /run/b}], hooks: [{signal: HUP, pidFile: PATH}]}\n",
    ),
    (
        "credentials[1].hooks[0].command[0]",
        "- {name: b, accessKeyFile: /k/b, outputs: [{path: /run/b}], hooks: [{command: [PATH]}]}\n",
    ),
    (
        "credentialsFrom[0].accessKeyDirectory",
        "credentialsFrom: [{accessKeyDirectory: PATH, outputs: [{path: \"/run/{name}\"}]}]\n",
    ),
    ("http.clientCertificateFile", "http: {clientCertificateFile: PATH, clientKeyFile: /k/c}\n"),
    ("http.clientKeyFile", "http: {clientCertificateFile: /k/c, clientKeyFile: PATH}\n"),
];

fn with(rest: &str, path: &str) -> String {
    let base = "projectId: P2abc\ncredentials:\n- {name: a, accessKeyFile: /k/a, outputs: [{path: /run/a.jwt}]}\n";
    format!("{base}{}", rest.replace("PATH", &format!("'{path}'")))
}

#[test]
fn what_a_shell_would_expand_is_a_mistake_in_each_path() {
    for (field, rest) in FIELDS {
        for (path, what, remedy) in [
            ("~/o/a.jwt", "`~` is not expanded", "write `${HOME}/…`"),
            ("$HOME/x.jwt", "`$HOME` is not expanded without braces", "write `${HOME}`"),
        ] {
            let path = if field == "status.listen" { format!("unix:{path}") } else { path.to_owned() };
            let refusal = refusal(&with(rest, &path), &[("HOME", "/users/canary")]);
            let expected = format!("{field}: {what}");
            assert!(refusal.contains(&expected) && refusal.contains(remedy), "{path}: {refusal}");
            assert!(refusal.contains("has a mistake") && !refusal.contains("canary"), "{path}: {refusal}");
        }
    }
}

#[test]
fn the_value_of_a_variable_may_begin_with_a_tilde() {
    let yaml = with(FIELDS[10].1, "${DIR}/a.jwt").replace("DIR", "OUT");
    let said = refusal(&yaml, &[("OUT", "~/o")]);
    assert!(said.contains("`~` is not expanded"), "{said}");
    let said = refusal(&yaml, &[("OUT", "$canary")]);
    assert!(said.contains("is not an absolute path") && !said.contains("canary"), "{said}");
}

#[test]
fn what_is_not_expanded_inside_a_path_is_a_warning() {
    for (path, what) in [
        ("/run/$USER/a.jwt", "`$USER` is not expanded without braces (write `${USER}`)"),
        ("/run/%i.jwt", "`%i` is not expanded: the specifiers of systemd work in unit files only"),
        ("/run/{{ .Release.Name }}/a.jwt", "there is a template (`{{ … }}`) that was not rendered"),
    ] {
        let warnings = good(&with(FIELDS[10].1, path), &[]).warnings;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let warning = warnings[0].to_string();
        assert!(warning.contains("line 4, credentials[1].outputs[0].path") && warning.contains(what), "{warning}");
    }
    for path in ["/run/$$USER/a.jwt", "/run/${USER}/a.jwt", "/run/~/a.jwt", "/run/%2Fa.jwt", "/run/$1/a"] {
        let warnings = good(&with(FIELDS[10].1, path), &[("USER", "$HOME")]).warnings;
        assert!(warnings.is_empty(), "{path}: {warnings:?}");
    }
}

#[test]
fn a_flag_that_no_shell_has_expanded_is_refused() {
    for (flag, what) in [
        ("--output=~/a.jwt", "the shell has not replaced `~`"),
        ("--output=~app/a.jwt", "the shell has not replaced `~`"),
        ("--output=$HOME/a.jwt", "no shell has read it"),
        ("--output=${HOME}/a.jwt", "no shell has read it"),
        ("--output=$(HOME)/a.jwt", "no shell has read it"),
        ("--output=%h/a.jwt", "no shell has read it"),
        ("--output=file:///run/a.jwt", "this is a URL, not a path"),
        ("--output=\"/run/a.jwt\"", "it begins with a quote"),
        ("--access-key-file=$HOME/a", "no shell has read it"),
    ] {
        let other = if flag.starts_with("--output") { "--access-key-file=/k/a" } else { "--output=/run/a.jwt" };
        let ended = tokenwell(&["check", "--project-id=P2abc", flag, other], &[("HOME", "/users/a")]);
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{flag}: {said}");
        let path = flag.split_once('=').unwrap().1;
        assert!(said.contains(what) && said.contains(&format!("is `./{path}`")), "{flag}: {said}");
    }
    let ended = tokenwell(&["check"], &[("TOKENWELL_CONFIG", "~/a.yaml")]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8(ended.stderr).unwrap().contains("the shell has not replaced `~`"));
}

#[test]
fn a_folder_that_is_called_like_a_variable_can_be_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["./~/a.jwt", "./$HOME/a.jwt"] {
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_tokenwell"))
            .args(["check", "--project-id=P2abc", "--access-key-file=/k/a", "--output", path])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}
