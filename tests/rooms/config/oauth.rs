//! `oauth`: both grants, and every mistake in them.

use std::{path::Path, time::Duration};

use tokenwell::source::{ClientAuth, Kind, OAuth, OAuthGrant, Source};

use crate::case::{good, refusal};

fn yaml(oauth: &str) -> String {
    format!(
        "projectId: P2abc\nallowPlainHttp: true\ncredentials:\n  - name: a\n    outputs: [{{path: /run/a.jwt}}]\n    oauth: {oauth}\n"
    )
}

fn client(oauth: &str) -> OAuth {
    match good(&yaml(oauth), &[("ID", "P2env")]).config.credentials[0].source.kind.clone() {
        Kind::OAuth(client) => client,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_plan_shows_every_option_of_the_client() {
    let terms = |section: &str| Source::from(Kind::OAuth(client(section))).terms();
    let options = "clientId: billing, clientAuth: post, scope: [read, write], audience: my-api, lifetime: 10m";
    let named: Vec<_> = [
        ("client id", "billing"),
        ("client auth", "in the form"),
        ("scope", "read write"),
        ("audience", "my-api"),
        ("lifetime", "10m"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    assert_eq!(terms(&format!("{{clientSecretFile: /keys/m2m, {options}}}")), named);
    assert_eq!(terms("{clientSecretFile: /keys/m2m}"), []);
}

#[test]
fn a_client_secret_alone_is_enough() {
    let client = client("{clientSecretFile: /k/secret}");
    let grant =
        OAuthGrant::ClientCredentials { secret_file: Path::new("/k/secret").to_owned(), auth: ClientAuth::Basic };
    assert_eq!(client, OAuth::new(grant));
}

#[test]
fn an_assertion_alone_is_enough() {
    let client = client("{grant: jwtBearer, assertionFile: /var/run/secrets/tokens/descope}");
    let grant = OAuthGrant::JwtBearer { assertion_file: Path::new("/var/run/secrets/tokens/descope").to_owned() };
    assert_eq!(client, OAuth::new(grant));
}

#[test]
fn every_field_of_a_client_is_read() {
    let client = client(
        "{grant: clientCredentials, tokenUrl: \" https://login.example/t?p=1 \", clientId: \"${ID}\", clientSecretFile: /k/s, \
         clientAuth: post, scope: [read, 'urn:a:b'], audience: my-api, lifetime: 10m}",
    );
    let url = client.token_url.as_ref().unwrap();
    assert_eq!((url.origin().to_string().as_str(), url.path().as_str()), ("https://login.example", "/t?p=1"));
    assert_eq!((client.client_id.as_deref(), client.audience.as_deref()), (Some("P2env"), Some("my-api")));
    assert_eq!(
        (client.scope.as_slice(), client.lifetime),
        (&["read", "urn:a:b"].map(str::to_owned)[..], Some(Duration::from_secs(600)))
    );
    let OAuthGrant::ClientCredentials { auth, .. } = client.grant else { panic!("{client:?}") };
    assert_eq!(auth, ClientAuth::Post);
}

#[test]
fn a_field_of_the_other_grant_is_reported() {
    insta::assert_snapshot!(refusal(&yaml("{assertionFile: /k/jwt, clientAuth: post}"), &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 6, credentials[0].oauth.assertionFile: `assertionFile` is for `grant: jwtBearer`
              write `grant: jwtBearer`, or name a `clientSecretFile` instead
    ");
    insta::assert_snapshot!(refusal(&yaml("{assertionFile: /k/jwt, clientSecretFile: /k/s}"), &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 6, credentials[0].oauth.assertionFile: `assertionFile` is for `grant: jwtBearer`
              write `grant: jwtBearer`, or name a `clientSecretFile` instead
    ");
    insta::assert_snapshot!(refusal(&yaml("{grant: jwtBearer, clientSecretFile: /k/s, clientAuth: basic}"), &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has 3 mistakes

      line 6, credentials[0].oauth: `assertionFile` is missing
              write something like `assertionFile: /var/run/secrets/tokens/descope`
      line 6, credentials[0].oauth.clientSecretFile: `clientSecretFile` is for `grant: clientCredentials`
              remove it: an assertion is sent without a client secret
      line 6, credentials[0].oauth.clientAuth: `clientAuth` is for `grant: clientCredentials`
              remove it: an assertion is sent without a client secret
    ");
}

#[test]
fn a_client_without_its_secret_is_reported() {
    insta::assert_snapshot!(refusal(&yaml("{}"), &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 6, credentials[0].oauth: `clientSecretFile` is missing
              write something like `clientSecretFile: /var/run/secrets/descope/billing`
    ");
    insta::assert_snapshot!(refusal(&yaml("{grant: jwtBearer}"), &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 6, credentials[0].oauth: `assertionFile` is missing
              write something like `assertionFile: /var/run/secrets/tokens/descope`
    ");
    insta::assert_snapshot!(refusal(&yaml("{grant: password, clientSecretFile: /k/s}"), &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 6, credentials[0].oauth.grant: `password` is not known here
              write `clientCredentials` or `jwtBearer`
    ");
}

#[test]
fn a_secret_in_the_configuration_is_never_shown() {
    for oauth in [
        "{clientSecret: canary}",
        "{client_secret: canary, clientSecretFile: /k/s}",
        "{password: canary, clientSecretFile: /k/s}",
        "{clientSecretFile: canaryABCDEFGHIJKLMNOPQRSTUVWXYZ}",
        "{clientSecretFile: canary}",
        "{grant: jwtBearer, assertion: canary}",
        "{grant: jwtBearer, assertionFile: canary.canary.canary}",
        "{clientId: KcanaryABCDEFGHIJKLMNOPQRSTUVWXYZ, clientSecretFile: /k/s}",
        "{clientSecretFile: /k/s, tokenUrl: \"https://a.example/t?client_secret=canary\"}",
        "{clientSecretFile: /k/s, tokenUrl: \"https://a.example/t?%61ssertion=canary\"}",
        "{clientSecretFile: /k/s, tokenUrl: \"https://id:canary@a.example/t\"}",
        "{clientSecretFile: /k/s, tokenUrl: \"https://a.example/t#canary\"}",
    ] {
        let said = refusal(&yaml(oauth), &[]);
        assert!(said.contains("oauth") && !said.to_lowercase().contains("canary"), "{oauth}: {said}");
    }
    insta::assert_snapshot!(refusal(&yaml("{clientSecret: canary, assertion: canary}"), &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has 3 mistakes

      line 6, credentials[0].oauth: `clientSecretFile` is missing
              write something like `clientSecretFile: /var/run/secrets/descope/billing`
      line 6, credentials[0].oauth.clientSecret: unknown field
              a client secret must not be in the configuration: put it into a file and set `oauth.clientSecretFile` to its path
      line 6, credentials[0].oauth.assertion: unknown field
              an assertion must not be in the configuration: put it into a file and set `oauth.assertionFile` to its path
    ");
}

#[test]
fn a_token_url_that_would_leak_is_reported() {
    let refused: Vec<_> = [
        "login.example/token",
        "ftp://a.example/token",
        "https://id@a.example/token",
        "https://a.example/token#x",
        "https://a.example/token?access_token=x",
        "http://a.example/token",
        "http://10.0.0.1/token",
        "http://localhost.example/token",
    ]
    .map(|url| refusal(&yaml(&format!("{{clientSecretFile: /k/s, tokenUrl: \"{url}\"}}")), &[]))
    .iter()
    .map(|said| said.lines().skip(2).collect::<Vec<_>>().join("\n"))
    .collect();
    insta::assert_snapshot!(refused.join("\n"), @"
    line 6, credentials[0].oauth.tokenUrl: it is not a URL such as `https://api.descope.com/oauth2/v1/token`
            write it like `https://api.descope.com/oauth2/v1/token`
    line 6, credentials[0].oauth.tokenUrl: its scheme is neither `https` nor `http`
            write it like `https://api.descope.com/oauth2/v1/token`
    line 6, credentials[0].oauth.tokenUrl: it has a user or a password in it
            remove the part before `@`: write `clientId` and `clientSecretFile`
    line 6, credentials[0].oauth.tokenUrl: it has a fragment
            remove `#` and what follows it
    line 6, credentials[0].oauth.tokenUrl: its query has a parameter for a secret, and URLs appear in logs
            remove the parameter: put the secret into `clientSecretFile` or `assertionFile`
    line 6, credentials[0].oauth.tokenUrl: plain http to another host would show the secret to the network
            use `https://`; `allowPlainHttp` does not apply here
    line 6, credentials[0].oauth.tokenUrl: plain http to another host would show the secret to the network
            use `https://`; `allowPlainHttp` does not apply here
    line 6, credentials[0].oauth.tokenUrl: plain http to another host would show the secret to the network
            use `https://`; `allowPlainHttp` does not apply here
    ");
    for url in
        ["http://127.0.0.1:9/t", "http://127.8.8.8/t", "http://[::1]/t", "http://localhost:80", "https://a.example"]
    {
        client(&format!("{{clientSecretFile: /k/s, tokenUrl: \"{url}\"}}"));
    }
}

#[test]
fn wrong_values_of_a_client_are_reported() {
    insta::assert_snapshot!(refusal(&yaml(
        "{clientSecretFile: /k/s, clientAuth: query, clientId: ' ', scope: [a, 'b c', ''], audience: '', lifetime: 0s}"), &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has 6 mistakes

      line 6, credentials[0].oauth.clientAuth: `query` is not known here
              write `basic` or `post`
      line 6, credentials[0].oauth.clientId: empty
              write the client's id, or remove the line
      line 6, credentials[0].oauth.scope[1]: `b c` is not a scope
              list one word for each scope, such as `[read, write]`
      line 6, credentials[0].oauth.scope[2]: `` is not a scope
              list one word for each scope, such as `[read, write]`
      line 6, credentials[0].oauth.audience: empty
              write the audience, or remove the line
      line 6, credentials[0].oauth.lifetime: `0s` is too short
              write `1s` or more
    ");
    insta::assert_snapshot!(refusal(&yaml("{clientSecretFile: /k/s, scope: read, lifetime: 10}"), &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 6, credentials[0].oauth.scope: expected a list, found text
              begin every entry with `- `
      line 6, credentials[0].oauth.lifetime: `10` has no unit
              write `10s`, `10m` or `10h`
    ");
}

#[test]
fn a_token_never_replaces_the_secret_of_a_client() {
    for oauth in ["{clientSecretFile: /run/a.jwt}", "{grant: jwtBearer, assertionFile: /run/a.jwt}"] {
        let said = refusal(&yaml(oauth), &[]);
        assert!(said.contains("a token would replace it"), "{said}");
    }
}

#[test]
fn a_credential_has_one_source() {
    let both = yaml("{clientSecretFile: /k/s}").replace("    oauth", "    accessKeyFile: /k/a\n    oauth");
    insta::assert_snapshot!(refusal(&both, &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 7, credentials[0].oauth: `accessKeyFile` is set too, and a credential has one source
              keep one of them, or make another credential of it
    ");
    let claims = yaml("{clientSecretFile: /k/s}").replace("    oauth", "    customClaims: {a: 1}\n    oauth");
    insta::assert_snapshot!(refusal(&claims, &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 6, credentials[0].customClaims: `customClaims` is for `accessKeyFile`
              remove it
    ");
}
