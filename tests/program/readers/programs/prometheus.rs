//! Prometheus and its friends, which read the file for each request.

use std::{fs, process::Command};

use super::{Found, Process, Shape, Stage, from_script, get, installed, process::post};

#[test]
fn prometheus_reads_the_file_for_each_request() {
    let Some(prometheus) = installed("prometheus", &["--version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("Prometheus", shape);
        let configuration = stage.snippet("prometheus.yml");
        let (process, _) = start_prometheus(&prometheus, &stage, &configuration);
        let daemon = stage.start_daemon();
        stage.through_rotations(&prometheus, || {});
        drop(process);
        stage.end(daemon);
    }
}

/// It runs with any Prometheus that has `scrape_config_files`.
#[test]
fn a_hook_reloads_a_prometheus_that_keeps_the_token() {
    let Some(prometheus) = from_script("prometheus", &["--version"]).filter(has_scrape_config_files) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("Prometheus of Debian sid", shape);
        let configuration = stage.snippet("prometheus.yml");
        let (process, port) = start_prometheus(&prometheus, &stage, &configuration);
        let daemon = stage.start_daemon_with(|text| text.replace("127.0.0.1:9090", &format!("127.0.0.1:{port}")));
        stage.through_rotations(&prometheus, || {});
        drop(process);
        stage.end(daemon);
    }
}

/// Skips the test before 2.43.
fn has_scrape_config_files(prometheus: &Found) -> bool {
    let has = prometheus.is_at_least(2, 43);
    if !has {
        crate::skipped::on_this_machine("Prometheus is older than 2.43 and has no `scrape_config_files`");
    }
    has
}

fn start_prometheus(prometheus: &Found, stage: &Stage, configuration: &str) -> (Process, u16) {
    let file = stage.put("prometheus.yml", &format!("global: {{scrape_interval: 100ms}}\n{configuration}"));
    Process::listening(stage, |port| {
        let mut command = prometheus.command();
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", stage.path("prometheus").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}")).arg("--web.enable-lifecycle");
        command
    })
}

#[test]
fn alertmanager_reads_the_file_for_each_request() {
    let Some(alertmanager) = from_script("alertmanager", &["--version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("Alertmanager", shape);
        let route = "route: {receiver: billing, group_by: [alertname], group_wait: 0s}\n";
        let file = stage.put("alertmanager.yml", &format!("{route}{}", stage.snippet("alertmanager.yml")));
        let (process, port) = Process::listening(&stage, |port| {
            let mut command = alertmanager.command();
            command.arg(format!("--config.file={}", file.display()));
            command.arg(format!("--storage.path={}", stage.path("alertmanager").display()));
            command.arg(format!("--web.listen-address=127.0.0.1:{port}")).arg("--cluster.listen-address=");
            command
        });
        let daemon = stage.start_daemon();
        let mut alerts = 0;
        stage.through_rotations(&alertmanager, || {
            alerts += 1;
            let alert = format!(r#"[{{"labels": {{"alertname": "test{alerts}"}}}}]"#);
            post(port, "/api/v2/alerts", &alert).unwrap();
        });
        drop(process);
        stage.end(daemon);
    }
}

#[test]
fn blackbox_exporter_reads_the_file_for_each_probe() {
    let Some(blackbox) = from_script("blackbox_exporter", &["--version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("blackbox_exporter", shape);
        let file = stage.put("blackbox.yml", &stage.snippet("blackbox.yml"));
        let (process, port) = Process::listening(&stage, |port| {
            let mut command = blackbox.command();
            command.arg(format!("--config.file={}", file.display()));
            command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
            command
        });
        let probe = format!("/probe?module=billing&target=http://{}/", stage.server());
        get(port, &probe).unwrap();
        assert_eq!(stage.visits().bad, Vec::<String>::new(), "without the file it makes no request");
        let daemon = stage.start_daemon();
        stage.through_rotations(&blackbox, || {
            get(port, &probe).unwrap();
        });
        drop(process);
        stage.end(daemon);
    }
}

#[test]
fn vmagent_reads_the_file_about_once_a_second() {
    let Some(vmagent) = from_script("vmagent", &["-version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("vmagent", shape);
        let global = "global: {scrape_interval: 100ms}\n";
        let file = stage.put("scrape.yml", &format!("{global}{}", stage.snippet("scrape.yml")));
        let (process, _) = Process::listening(&stage, |port| vmagent_at(&vmagent, &stage, &file, port));
        let daemon = stage.start_daemon();
        stage.through_rotations(&vmagent, || {});
        drop(process);
        stage.end(daemon);
    }
}

fn vmagent_at(vmagent: &Found, stage: &Stage, file: &std::path::Path, port: u16) -> Command {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/readers.md")).unwrap();
    let flag = "-remoteWrite.bearerTokenFile=/run/tokenwell/billing.jwt";
    assert!(page.contains(flag));
    let mut command = vmagent.command();
    command.arg(format!("-promscrape.config={}", file.display()));
    command.arg(flag.replace("/run/tokenwell", &stage.path("out").display().to_string()));
    command.arg(format!("-remoteWrite.url=http://{}/api/v1/write", stage.server()));
    command.arg(format!("-remoteWrite.tmpDataPath={}", stage.path("vmagent").display()));
    command.arg(format!("-httpListenAddr=127.0.0.1:{port}"));
    command
}
