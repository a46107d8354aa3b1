//! Credentials: names, key folders, and conflicts between two credentials.

use std::path::Path;

use tokenwell::output::Target;

use crate::case::{BARE, good, refusal};

#[test]
fn names_and_paths_used_twice_are_reported_with_both_places() {
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

       line 2, stateDirectory: inside `credentialsFrom[1].accessKeyDirectory`, in which every file is an access key
               keep state somewhere else
       line 7, credentials[0].outputs[1].path: the same path as `credentials[0].outputs[0].path`
               give every output a path of its own
       line 8, credentials[1].name: `a` is also the name of `credentials[0]`
               give every credential a name of its own
      line 10, credentials[1].outputs[0].path: the same path as `credentials[0].outputs[0].path`
               give every output a path of its own
      line 10, credentials[1].outputs[1].path: the same file as `credentials[0].accessKeyFile`: a token would replace it
               write tokens somewhere else
      line 10, credentials[1].outputs[2].path: inside `credentialsFrom[0].accessKeyDirectory`, in which every file is an access key
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
fn the_name_placeholder_is_for_key_folders_only() {
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

      line 5, credentials[0].outputs[0].path: `{name}` is replaced in `credentialsFrom` only
              write the name itself
      line 8, credentialsFrom[0].outputs[0].path: it does not contain `{name}`, so every key of the folder would write the same file
              put `{name}` in the place of the key file's name
    ");
}

#[test]
fn a_configuration_without_credentials_is_reported() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      no credential is configured
        write:
          credentials:
            - name: billing
              accessKeyFile: /var/run/secrets/descope/billing
              outputs: [{path: /run/tokenwell/billing.jwt}]
    ");
}

#[test]
fn empty_lists_of_credentials_are_reported() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials: []
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, credentials: no credential is configured
              write:
                credentials:
                  - name: billing
                    accessKeyFile: /var/run/secrets/descope/billing
                    outputs: [{path: /run/tokenwell/billing.jwt}]
    ");
}

#[test]
fn a_file_in_a_folder_of_keys_becomes_a_credential_of_its_name() {
    let yaml = "projectId: P2abc\ncredentialsFrom:\n  - accessKeyDirectory: /keys\n    required: false\n    \
                outputs: [{path: \"/run/{name}/{name}.jwt\", mode: \"0600\"}]\n";
    let config = good(yaml, &[]).config;
    let credential = config.key_directories[0].credential("billing-2").unwrap();
    assert_eq!(credential.name, "billing-2");
    assert_eq!(credential.source.files()[0].path, Path::new("/keys/billing-2"));
    let Target::File(file) = &credential.outputs[0].target;
    assert_eq!(file.path, Path::new("/run/billing-2/billing-2.jwt"));
    assert_eq!((file.mode, credential.required), (0o600, false));
    for name in ["..data", "", "Billing", "a/b", "..", "-a", "a-", "a_b", &"a".repeat(64)] {
        assert!(config.key_directories[0].credential(name).is_err(), "{name}");
    }
    let error = config.key_directories[0].credential("Billing.key").unwrap_err();
    insta::assert_snapshot!(error, @r"file `Billing.key` in `/keys` is not used as a key: its name is not a legal credential name; use lowercase letters, digits and `-` between them, at most 63 characters, such as `billing`; give it another one by `rename`, or leave it out by `exclude`");
}

#[test]
fn a_named_credential_stands_before_one_from_a_folder() {
    let yaml =
        format!("{BARE}credentialsFrom: [{{accessKeyDirectory: /keys, outputs: [{{path: \"/run/{{name}}.jwt\"}}]}}]\n");
    let config = good(&yaml.replace("/run/a.jwt", "/run/other.jwt"), &[]).config;
    let rival = |name: &str| {
        let credential = config.key_directories[0].credential(name).unwrap();
        config.conflicting_credential(&credential).map(|rival| rival.name.clone())
    };
    assert_eq!(rival("a").as_deref(), Some("a"), "the same name");
    assert_eq!(rival("other").as_deref(), Some("a"), "the same output");
    assert_eq!(rival("b"), None);
}

#[test]
fn mistakes_in_the_choice_of_keys_are_reported() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - {name: taken, accessKeyFile: /k/taken, outputs: [{path: /run/taken}]}
credentialsFrom:
  - accessKeyDirectory: /keys/all
    include: [a/b, "[a", "", 7]
    exclude: []
    rename: {A: a, B: a, C: taken, D: D, x/y: z, .e: e, F: 7, G: null}
    outputs: [{path: "/run/{name}.jwt"}]
  - accessKeyDirectory: /keys/some
    include: ["*-key"]
    exclude: [old-*]
    rename: {SEARCH: search, old-key: old}
    outputs: [{path: "/run/some/{name}.jwt"}]
"#, &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has 14 mistakes

       line 6, credentialsFrom[0].include[0]: `a/b` matches no file name
               write a shell pattern for file names such as `*-key`, with `*`, `?` and `[...]`
       line 6, credentialsFrom[0].include[1]: `[a` is not a pattern: invalid range pattern
               write a shell pattern for file names such as `*-key`, with `*`, `?` and `[...]`
       line 6, credentialsFrom[0].include[2]: `` matches no file name
               write a shell pattern for file names such as `*-key`, with `*`, `?` and `[...]`
       line 6, credentialsFrom[0].include[3]: expected text, found a number
               put it in quotes
       line 7, credentialsFrom[0].exclude: no pattern is listed
               write one such as `*-key`, or remove the line
       line 8, credentialsFrom[0].rename.B: files `A` and `B` get the same name `a`
               give every credential a name of its own
       line 8, credentialsFrom[0].rename.C: `taken` is also the name of `credentials[0]`
               give every credential a name of its own
       line 8, credentialsFrom[0].rename.D: `D` is not a credential name
               use lowercase letters, digits and `-` between them, at most 63 characters, such as `billing`
       line 8, credentialsFrom[0].rename."x/y": `x/y` is not the name of a file of keys
               write a file name, without its folder, that does not begin with a dot
       line 8, credentialsFrom[0].rename.".e": `.e` is not the name of a file of keys
               write a file name, without its folder, that does not begin with a dot
       line 8, credentialsFrom[0].rename.F: expected text, found a number
               put it in quotes
       line 8, credentialsFrom[0].rename.G: no value
               give it one, or remove the line
      line 13, credentialsFrom[1].rename.SEARCH: file `SEARCH` is left out by `include` or `exclude`
               include it, or remove the line
      line 13, credentialsFrom[1].rename.old-key: file `old-key` is left out by `include` or `exclude`
               include it, or remove the line
    "#);
}

#[test]
fn files_are_chosen_by_patterns_and_renamed() {
    let loaded = good(
        r#"projectId: P2abc
credentialsFrom:
  - accessKeyDirectory: /keys
    include: ["*_KEY", "b*"]
    exclude: ["${EXCLUDED}"]
    rename: {SEARCH_API_KEY: search}
    outputs: [{path: "/run/{name}.jwt"}]
"#,
        &[("EXCLUDED", "b?d")],
    );
    let directory = &loaded.config.key_directories[0];
    let selected: Vec<_> = ["SEARCH_API_KEY", "billing", "bad", "project-id", "OTHER_KEY"]
        .into_iter()
        .filter(|file| directory.selection.selects(file))
        .collect();
    assert_eq!(selected, ["SEARCH_API_KEY", "billing", "OTHER_KEY"]);
    let credential = directory.credential("SEARCH_API_KEY").unwrap();
    assert_eq!((&*credential.name, &*credential.outputs[0].name()), ("search", "/run/search.jwt"));
    assert_eq!(credential.source.files()[0].path, Path::new("/keys/SEARCH_API_KEY"));
    let illegal = directory.credential("OTHER_KEY").unwrap_err().to_string();
    assert!(illegal.ends_with("; give it another one by `rename`, or leave it out by `exclude`"), "{illegal}");
}
