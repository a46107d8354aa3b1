//! Libraries for Kubernetes' API, which the server stands in for: behind TLS, because client-go sends no token without it.

use crate::programs::{Pace, Process, Shape, Stage, from_script};

#[test]
fn client_go_follows_a_file_within_a_minute() {
    follows_within_a_minute("client-go", Shape::File);
}

#[test]
fn client_go_follows_a_set_within_a_minute() {
    follows_within_a_minute("client-go", Shape::Set);
}

#[test]
fn kube_rs_follows_a_file_within_a_minute() {
    follows_within_a_minute("kube-rs", Shape::File);
}

#[test]
fn kube_rs_follows_a_set_within_a_minute() {
    follows_within_a_minute("kube-rs", Shape::Set);
}

/// All clients of this kind read the same kubeconfig.
fn follows_within_a_minute(name: &'static str, shape: Shape) {
    let Some(client) = from_script(name, &["--version"]) else { return };
    let mut stage = Stage::at_pace("client-go and kubectl", shape, Pace::Slow);
    let daemon = stage.start_daemon();
    let kubeconfig = stage.put("kubeconfig", &behind_tls(&stage, "kubeconfig"));
    let process = Process::start(&stage, client.command().arg(kubeconfig));
    stage.through_rotations(&client, || {});
    drop(process);
    stage.end(daemon);
}

#[test]
fn kubernetes_python_reads_the_file_for_each_request() {
    let version = ["-c", "from importlib.metadata import version; print(version('kubernetes'))"];
    let Some(python) = from_script("kubernetes-python", &version) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("Kubernetes client for Python", shape);
        let daemon = stage.start_daemon();
        let requests = "
import time
while True:
    client.VersionApi(api).get_code(_preload_content=False)
    time.sleep(0.02)
";
        let program = stage.put("client.py", &format!("{}{requests}", behind_tls(&stage, "client.py")));
        let process = Process::start(&stage, python.command().arg(program));
        stage.through_rotations(&python, || {});
        drop(process);
        stage.end(daemon);
    }
}

/// The snippet with the address and the certificate of the server.
fn behind_tls(stage: &Stage, name: &str) -> String {
    let server = stage.tls_server();
    let certificate = stage.path("ca.pem").display().to_string();
    let snippet = stage.snippet(name);
    assert!(snippet.contains("https://localhost:6443") && snippet.contains("/etc/ssl/corp.pem"), "{snippet}");
    snippet.replace("https://localhost:6443", &server).replace("/etc/ssl/corp.pem", &certificate)
}
