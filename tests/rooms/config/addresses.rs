//! The URL of the API and the address of the status server.

use crate::case::{BARE, good, refusal};

#[test]
fn plain_http_to_another_host_is_reported() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
baseUrl: http://api.example.com
credentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a.jwt}]}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, baseUrl: plain http to another host would show the secret to the network
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
              remove the part before `@`: requests carry the access key and nothing else
    ");
}

#[test]
fn a_base_url_that_is_none_is_reported() {
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
fn the_status_address_is_tcp_unix_or_inherited() {
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
              write something like `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: expected text, found a number
              put it in quotes
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `:9465` is not an address with a port
              write `0.0.0.0:9465` for every interface, or `127.0.0.1:9465` for this machine only
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `9465` is not an address with a port
              write `0.0.0.0:9465` for every interface, or `127.0.0.1:9465` for this machine only
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `localhost:9465` is not an address with a port
              write `127.0.0.1:9465`
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `127.0.0.1` is not an address with a port
              write something like `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.listen: `unix:status.sock` is not an absolute path
              write `unix:` and an absolute path
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 4, credentials[0].outputs[0].path: the same file as `status.listen`: a token would replace it
              write tokens somewhere else
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 2, status: `listen` is missing
              write something like `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`
      line 2, status.port: unknown field
              known here: `listen`
    ");
}

#[test]
fn the_project_names_the_region_of_the_api() {
    let yaml = BARE.replace("P2abc", "Peuc12aY8eNGYsCkZlVJTVrxtDEFGHIJ");
    assert_eq!(good(&yaml, &[]).config.base_url.to_string(), "https://api.euc1.descope.com");
}
