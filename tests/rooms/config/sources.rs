//! Flags, environment and file, and their precedence.

use std::{fs, path::Path};

use tokenwell::config::{self, ConfigSource, Environment, Origin};

use crate::case::{BARE, good, written};

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let yaml = format!("{BARE}baseUrl: https://file.example.com\n");
    let (_folder, path) = written(yaml.as_bytes());
    let project = |flag: Option<&str>, variables: &[(&str, &str)]| {
        let source = ConfigSource { project_id: flag.map(str::to_owned), ..ConfigSource::file(&path) };
        config::load(&source, &variables.iter().copied().collect()).unwrap().config.project.to_string()
    };
    assert_eq!(project(None, &[]), "P2abc");
    assert_eq!(project(None, &[("DESCOPE_PROJECT_ID", "P2env")]), "P2env");
    assert_eq!(project(None, &[("DESCOPE_PROJECT_ID", "")]), "P2abc", "an empty variable is none");
    assert_eq!(project(Some("P2flag"), &[("DESCOPE_PROJECT_ID", "P2env")]), "P2flag");
    let url = |flag: Option<&str>, variables: &[(&str, &str)]| {
        let source = ConfigSource { base_url: flag.map(str::to_owned), ..ConfigSource::file(&path) };
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
    let source = ConfigSource {
        project_id: Some("no project".to_owned()),
        base_url: Some("ftp://user:canary@x".to_owned()),
        ..ConfigSource::file(&path)
    };
    let environment = [("TOKENWELL_LOG", "loud"), ("STATE_DIRECTORY", "relative:/x")].into_iter().collect();
    let said = config::load(&source, &environment).unwrap_err().to_string();
    insta::assert_snapshot!(said.replace(path.to_str().unwrap(), "/etc/tokenwell/tokenwell.yaml"), @r"
    the command line or the environment has 4 mistakes

      --project-id: `no project` is not a project id
        copy it from Descope's console: `P` and letters and digits
      --base-url: its scheme is neither `https` nor `http`
        write it like `https://api.descope.com`
      $TOKENWELL_LOG: `loud` is not a log level
        write `error`, `warn`, `info`, `debug`, `trace` or `off`, or a filter such as `info,tokenwell=debug`
      $STATE_DIRECTORY: `relative` is not an absolute path
        write it in full, starting with `/`
    ");
}

#[test]
fn state_is_kept_by_systemds_rule_or_by_the_first_output() {
    let state = |yaml: &str, variables: &[(&str, &str)]| good(yaml, variables).config.state_directory;
    // The name follows from the output's path and must be the same in every version.
    assert_eq!(state(BARE, &[]), Path::new("/run/.tokenwell/27b19584aa25"));
    assert_eq!(state(BARE, &[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")]), Path::new("/var/lib/a"));
    let said = format!("{BARE}stateDirectory: /var/lib/said\n");
    assert_eq!(state(&said, &[("STATE_DIRECTORY", "/var/lib/a")]), Path::new("/var/lib/said"));
    let folder =
        "projectId: P2abc\ncredentialsFrom: [{accessKeyDirectory: /k, outputs: [{path: \"/run/x/{name}/jwt\"}]}]\n";
    assert_eq!(state(folder, &[]).parent().unwrap(), Path::new("/run/x/.tokenwell"));
}

#[test]
fn flags_alone_make_one_credential() {
    let source = ConfigSource {
        origin: Origin::Flags { access_key_file: "/keys/billing".into(), outputs: vec!["/run/a.jwt".into()] },
        project_id: Some("P2abc".to_owned()),
        base_url: None,
    };
    let config = config::load(&source, &Environment::default()).unwrap().config;
    let by_file = good(&BARE.replace("name: a", "name: billing").replace("/keys/a", "/keys/billing"), &[]).config;
    assert_eq!(config, by_file);
}

#[test]
fn flags_that_clash_are_reported() {
    let source = ConfigSource {
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
      --base-url: plain http to another host would show the secret to the network
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
fn a_configuration_is_loaded_again_from_the_same_source() {
    let (_folder, path) = written(BARE.as_bytes());
    let source = ConfigSource::file(&path);
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
        let mistakes = config::load(&ConfigSource::file(path), &Environment::default()).unwrap_err();
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
