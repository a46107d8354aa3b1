//! Envoy: a template writes a secret, which it watches.

use std::fmt::Write as _;

use crate::programs::{Process, Shape, Stage, from_script, get};

#[test]
fn envoy_follows_the_file_of_a_secret() {
    let Some(envoy) = from_script("envoy", &["--version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("Envoy", shape);
        let daemon = stage.start_daemon();
        let filters = stage.snippet("envoy.yaml");
        let (process, port) = Process::listening(&stage, |port| {
            let text = bootstrap(&filters, port, &stage.server());
            let mut command = envoy.command();
            command.args(["--service-node", "a", "--service-cluster", "a"]);
            command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warn", "--config-path"]);
            command.arg(stage.put("envoy.yaml", &text));
            command
        });
        stage.through_rotations(&envoy, || {
            let _ = get(port, "/");
        });
        drop(process);
        stage.end(daemon);
    }
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
