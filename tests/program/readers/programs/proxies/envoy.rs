//! Envoy: a template writes a secret, which it watches.

use std::fmt::Write as _;

use crate::programs::{Found, Process, Shape, Stage, from_script, get};

#[test]
fn envoy_follows_the_file_of_a_secret() {
    let Some(envoy) = from_script("envoy", &["--version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let stage = Stage::new("Envoy", shape);
        let filters = stage.snippet("envoy.yaml");
        through_rotations(&envoy, stage, &filters);
    }
}

#[test]
fn envoy_follows_the_file_that_a_secret_names() {
    let Some(envoy) = from_script("envoy", &["--version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let stage = Stage::new("Envoy with the value alone", shape);
        let secret = stage.put("secret.yaml", &stage.snippet("secret.yaml"));
        let filters: String = Stage::new("Envoy", shape)
            .snippet("envoy.yaml")
            .lines()
            .filter(|line| !line.contains("watched_directory"))
            .map(|line| match line.split_once("path: ") {
                Some((indent, _)) => format!("{indent}path: {}\n", secret.display()),
                None => format!("{line}\n"),
            })
            .collect();
        through_rotations(&envoy, stage, &filters);
    }
}

fn through_rotations(envoy: &Found, mut stage: Stage, filters: &str) {
    let daemon = stage.start_daemon();
    let (process, port) = Process::listening(&stage, |port| {
        let mut command = envoy.command();
        command.args(["--service-node", "a", "--service-cluster", "a"]);
        command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warn", "--config-path"]);
        command.arg(stage.put("envoy.yaml", &bootstrap(filters, port, &stage.server())));
        command
    });
    stage.through_rotations(envoy, || {
        let _ = get(port, "/");
    });
    drop(process);
    stage.end(daemon);
}

/// A listener with these filters before the router, and the server as its cluster.
fn bootstrap(filters: &str, port: u16, server: &str) -> String {
    let (address, server_port) = server.split_once(':').unwrap();
    let mut text = format!(
        "static_resources:
  clusters:
  - name: server
    type: STATIC
    load_assignment:
      cluster_name: server
      endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: {address}, port_value: {server_port}}}}}}}}}]}}]
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          \"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
          route_config:
            virtual_hosts: [{{name: all, domains: [\"*\"], routes: [{{match: {{prefix: /}}, route: {{cluster: server}}}}]}}]
"
    );
    for line in filters.lines() {
        let _ = writeln!(text, "          {line}");
    }
    text += "            - name: envoy.filters.http.router
              typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
";
    text
}
