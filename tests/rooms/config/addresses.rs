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
              known here: `listen`, `hosts`, `instance`
    ");
}

#[test]
fn the_hosts_of_the_status_server_are_names() {
    let with = |hosts: &str| {
        format!(
            "projectId: P2abc\nstatus: {{listen: \"127.0.0.1:9465\", hosts: {hosts}}}\ncredentials:\n  - {{name: a, accessKeyFile: /keys/a, outputs: [{{path: /run/a.jwt}}]}}\n"
        )
    };
    for (hosts, shown) in [
        ("[status.corp.example]", "status.corp.example"),
        ("[Status.Corp.Example., \"*.ops.example\", build_7]", "status.corp.example, *.ops.example, build_7"),
    ] {
        assert_eq!(good(&with(hosts), &[]).config.status_hosts.to_string(), shown);
    }
    let variable = good(&with("[\"${HOST}\"]"), &[("HOST", "status.corp.example")]);
    assert_eq!(variable.config.status_hosts.to_string(), "status.corp.example");
    let all = "[\"https://status.corp.example\", \"status.corp.example:443\", \"10.1.2.3\", \"[::1]\", \"*\", \"*.com\", \"a b\", 7, a.example, A.example.]";
    let refused: Vec<_> = [all, "[]", "status.corp.example", "[a.example, a.example]"]
        .into_iter()
        .map(|hosts| refusal(&with(hosts), &[]))
        .collect();
    insta::assert_snapshot!(refused.join("\n"), @"
    `/etc/tokenwell/tokenwell.yaml` has 9 mistakes

      line 2, status.hosts[0]: `https://status.corp.example` is not a host name: it is a URL, or has a path
              write the host alone, such as `status.corp.example`
      line 2, status.hosts[1]: `status.corp.example:443` is not a host name: it has a port
              leave the port out: a request may name any port
      line 2, status.hosts[2]: `10.1.2.3` is an IP address, which is always allowed
              remove it
      line 2, status.hosts[3]: `[::1]` is an IP address, which is always allowed
              remove it
      line 2, status.hosts[4]: `*` is too wide: a web page with such a name could read the status through a browser on this machine
              write whole names, or `*.` and a domain of at least two parts, such as `*.corp.example`
      line 2, status.hosts[5]: `*.com` is too wide: a web page with such a name could read the status through a browser on this machine
              write whole names, or `*.` and a domain of at least two parts, such as `*.corp.example`
      line 2, status.hosts[6]: `a b` is not a host name
              write a name such as `status.corp.example`, or `*.corp.example` for every name below a domain
      line 2, status.hosts[7]: expected text, found a number
              put it in quotes
      line 2, status.hosts[9]: `A.example.` is there twice
              remove one of them
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.hosts: it is empty
              list the host names of the reverse proxy, such as `[status.corp.example]`, or remove the line
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.hosts: expected a list, found text
              begin every entry with `- `
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 2, status.hosts[1]: `a.example` is there twice
              remove one of them
    ");
}

#[test]
fn the_project_names_the_region_of_the_api() {
    let yaml = BARE.replace("P2abc", "Peuc12aY8eNGYsCkZlVJTVrxtDEFGHIJ");
    assert_eq!(good(&yaml, &[]).config.base_url.to_string(), "https://api.euc1.descope.com");
}
