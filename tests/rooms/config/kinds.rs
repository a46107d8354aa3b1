//! The kinds of sources: exactly one for each credential, and no secret in the configuration.

use std::path::Path;

use tokenwell::source::{Kind, SecretKind};

use crate::case::{good, refusal};

fn credential(fields: &str) -> String {
    let fields = fields.replace('\n', "\n    ");
    format!(
        "projectId: P2abc\nstateDirectory: /state\ncredentials:\n  - name: a\n    {fields}\n    outputs: [{{path: /run/a.jwt}}]\n"
    )
}

#[test]
fn a_credential_has_exactly_one_source() {
    let both = credential("accessKeyFile: /keys/a\nrefreshTokenFile: /keys/refresh\nrefreshWarnBefore: 1h");
    insta::assert_snapshot!(refusal(&both, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 6, credentials[0].refreshTokenFile: `accessKeyFile` is set too, and a credential has one source
              keep one of them, or make another credential of it
      line 7, credentials[0].refreshWarnBefore: `refreshWarnBefore` is for `refreshTokenFile`
              remove it
    ");
}

#[test]
fn an_option_belongs_to_its_kind() {
    let other = credential("refreshTokenFile: /keys/refresh\nselectedTenant: T2");
    insta::assert_snapshot!(refusal(&other, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 6, credentials[0].selectedTenant: `selectedTenant` is for `accessKeyFile`
              remove it
    ");
}

#[test]
fn a_refresh_token_is_read_with_its_options() {
    let fields = "refreshTokenFile: /keys/refresh\nexternalTokenFile: /keys/other\nrefreshWarnBefore: 2d";
    let loaded = good(&credential(fields), &[]);
    let source = &loaded.config.credentials[0].source;
    let files: Vec<_> = source.files().iter().map(|file| (file.kind, file.path.to_owned())).collect();
    assert_eq!(
        files,
        [
            (SecretKind::RefreshToken, Path::new("/keys/refresh").to_owned()),
            (SecretKind::ExternalToken, Path::new("/keys/other").to_owned())
        ]
    );
    let Kind::RefreshToken(refresh_token) = &source.kind else { panic!("{source:?}") };
    assert_eq!(refresh_token.warn_before.as_secs(), 2 * 24 * 3600);
    assert!(source.rotates());
}

#[test]
fn every_key_of_a_folder_has_the_same_management_key() {
    let loaded = good(
        "projectId: P2abc\nstateDirectory: /state\ncredentialsFrom:\n  - accessKeyDirectory: /keys\n    \
         authManagementKeyFile: /management\n    outputs: [{path: \"/run/{name}.jwt\"}]\n",
        &[],
    );
    let credential = loaded.config.key_directories[0].credential("billing").unwrap();
    let paths: Vec<_> = credential.source.files().iter().map(|file| file.path.to_owned()).collect();
    assert_eq!(paths, [Path::new("/keys/billing"), Path::new("/management")]);
}

#[test]
fn a_secret_itself_is_refused_and_never_shown() {
    for name in [
        "accessKey",
        "refreshToken",
        "refresh_token",
        "externalToken",
        "authManagementKey",
        "clientSecret",
        "client_secret",
        "assertion",
        "answers",
    ] {
        let said = refusal(&credential(&format!("accessKeyFile: /keys/a\n{name}: K2canarycanarycanarycanary")), &[]);
        assert!(said.contains(&format!("credentials[0].{name}: unknown field")), "{said}");
        assert!(said.contains("must not be in the configuration: put") && !said.contains("canary"), "{said}");
    }
    for field in ["accessKeyFile", "refreshTokenFile"] {
        let said = refusal(&credential(&format!("{field}: eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOjF9.Y2FuYXJ5")), &[]);
        assert!(said.contains("write") && !said.contains("eyJ"), "{said}");
    }
}
