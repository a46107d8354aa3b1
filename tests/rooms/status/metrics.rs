//! The metrics in the Prometheus format.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use nix::sys::signal::Signal;

use crate::{
    client::Server,
    program::within,
    served::{FREE_PORT, configure, credential, ready, setting, until},
    tools::needs,
};

fn metrics(server: &Server) -> String {
    server.get("/metrics").body
}

/// Returns the names and labels of every series, without the values.
fn series(text: &str) -> Vec<String> {
    let named = text.lines().filter(|line| !line.starts_with('#'));
    named.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

/// Returns the name of this machine.
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Returns the value of a counter.
fn count(text: &str, series: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in\n{text}")).parse().unwrap()
}

#[test]
fn metric_names_match_the_contract_from_the_start() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    let text = metrics(&server);
    let ours: Vec<_> = series(&text).into_iter().filter(|name| !name.contains("_bucket")).collect();
    insta::assert_snapshot!(ours.join("\n").replace(env!("CARGO_PKG_VERSION"), "VERSION").replace(&host(), "HOST"), @r#"
    tokenwell_session_expiry_timestamp_seconds{credential="a"}
    tokenwell_next_renewal_timestamp_seconds{credential="a"}
    tokenwell_last_success_timestamp_seconds{credential="a"}
    tokenwell_token_bytes{credential="a"}
    tokenwell_exchanges_total{credential="a",outcome="session"}
    tokenwell_exchanges_total{credential="a",outcome="denied"}
    tokenwell_exchanges_total{credential="a",outcome="blocked"}
    tokenwell_exchanges_total{credential="a",outcome="busy"}
    tokenwell_exchanges_total{credential="a",outcome="failed"}
    tokenwell_exchanges_total{credential="a",outcome="garbled"}
    tokenwell_exchanges_total{credential="a",outcome="unreachable"}
    tokenwell_publishes_total{credential="a",outcome="written"}
    tokenwell_publishes_total{credential="a",outcome="unchanged"}
    tokenwell_publishes_total{credential="a",outcome="failed"}
    tokenwell_exchange_duration_seconds_sum
    tokenwell_exchange_duration_seconds_count
    tokenwell_ready
    tokenwell_clock_skew_seconds
    tokenwell_config_reloads_total{outcome="applied"}
    tokenwell_config_reloads_total{outcome="refused"}
    tokenwell_config_last_reload_successful
    tokenwell_log_lines_suppressed_total
    tokenwell_build_info{version="VERSION",host="HOST"}
    process_cpu_seconds_total
    process_start_time_seconds
    process_resident_memory_bytes
    process_virtual_memory_bytes
    process_threads
    process_open_fds
    process_max_fds
    "#);
    for line in [
        "tokenwell_exchanges_total{credential=\"a\",outcome=\"session\"} 1",
        "tokenwell_exchanges_total{credential=\"a\",outcome=\"denied\"} 0",
        "tokenwell_publishes_total{credential=\"a\",outcome=\"written\"} 1",
        "tokenwell_ready 1",
        "tokenwell_config_last_reload_successful 1",
        "tokenwell_exchange_duration_seconds_bucket{le=\"+Inf\"} 1",
        "tokenwell_exchange_duration_seconds_count 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
}

#[test]
fn promtool_has_nothing_to_say_against_them() {
    let setting = setting(&["a", "b"]);
    let (_program, server) = ready(&setting);
    if !needs("promtool") {
        return;
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(metrics(&server).as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&[said.stdout, said.stderr].concat()), "");
    assert!(said.status.success());
}

#[test]
fn open_metrics_is_served_on_request() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
    let answer = server
        .ask(&format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)));
    assert!(answer.body.contains("# TYPE tokenwell_exchanges counter\n") && answer.body.ends_with("# EOF\n"));
    assert_eq!(series(&answer.body), series(&metrics(&server)), "the same series in both");
}

#[test]
fn text_is_served_if_the_accept_headers_prefer_it() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    let kind = |accept: &str| {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{accept}Connection: close\r\n\r\n");
        server.ask(&request).header("content-type").unwrap().split(';').next().unwrap().to_owned()
    };
    for (accept, wanted) in [
        ("Accept: application/openmetrics-text;q=0\r\n", "text/plain"),
        ("Accept: application/openmetrics-text;version=2.0.0\r\n", "text/plain"),
        ("Accept: application/openmetrics-text;q=0.1\r\nAccept: text/plain;q=0.9\r\n", "text/plain"),
        ("Accept: text/plain;q=0.1\r\nAccept: application/openmetrics-text;q=0.9\r\n", "application/openmetrics-text"),
    ] {
        assert_eq!(kind(accept), wanted, "{accept}");
    }
}

#[test]
fn the_next_renewal_is_shown_only_while_one_is_planned() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let planned = || {
        let text = metrics(&server);
        assert!(text.contains("tokenwell_session_expiry_timestamp_seconds{credential=\"a\"}"), "{text}");
        text.contains("tokenwell_next_renewal_timestamp_seconds{credential=\"a\"}")
    };
    let next = |what: &str| until(&server, what, |status| credential(status, "a")["nextAction"]["what"] == what);
    next("exchange");
    assert!(planned());
    // A file replaces the folder, so that no process can write there.
    fs::remove_dir_all(setting.path("out")).unwrap();
    setting.put("out", "");
    program.signal(Signal::SIGUSR1);
    next("publish");
    assert!(planned(), "after the write");
    fs::remove_file(setting.path("keys/a")).unwrap();
    until(&server, "the key is missed", |status| credential(status, "a")["keyTrouble"].is_string());
    within("only the write is left", || (!planned()).then_some(()));
    fs::remove_file(setting.path("out")).unwrap();
    next("wait for the access key");
    assert!(!planned());
}

#[test]
fn the_series_of_a_credential_go_with_it() {
    let setting = setting(&["a", "b"]);
    let (program, server) = ready(&setting);
    assert!(metrics(&server).contains("credential=\"b\""));
    // The listening address is unchanged, so the port stays the same.
    configure(&setting, FREE_PORT, &setting.named(&["a"]));
    program.until_said("the new configuration is in force", 1);
    within("they go", || (!metrics(&server).contains("credential=\"b\"")).then_some(()));
    assert!(metrics(&server).contains("credential=\"a\""));
    // The check after every start may have found the change too.
    assert!(count(&metrics(&server), "tokenwell_config_reloads_total{outcome=\"applied\"}") > 0);
}

#[test]
fn an_adopted_session_keeps_its_time_of_grant() {
    let setting = setting(&["a"]);
    let (program, _server) = ready(&setting);
    program.stop();
    let (_program, server) = ready(&setting);
    let status = until(&server, "the token", |status| credential(status, "a")["ready"] == true);
    let asked = credential(&status, "a")["issuedAt"].as_str().unwrap();
    assert_eq!(
        (setting.sandbox.exchanges().len(), credential(&status, "a")["lastSuccessAt"].as_str()),
        (1, Some(asked))
    );
    assert!(metrics(&server).contains("tokenwell_last_success_timestamp_seconds{credential=\"a\"}"));
}

#[test]
fn what_happens_is_counted_by_its_outcome() {
    let mut setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    setting.sandbox.script([tokenwell::sandbox::Answer::denied()]);
    setting.put_key("a", "wrong");
    until(&server, "a denial", |status| credential(status, "a")["lastRefusal"]["class"] == "denied");
    setting.put("tokenwell.yaml", "nonsense: 1\n");
    program.until_said("the configuration is refused", 1);
    let wanted = [
        "tokenwell_exchanges_total{credential=\"a\",outcome=\"denied\"} 1",
        "tokenwell_config_last_reload_successful 0",
        "tokenwell_exchange_duration_seconds_count 2",
    ];
    within("they count", || {
        let text = metrics(&server);
        let refused = count(&text, "tokenwell_config_reloads_total{outcome=\"refused\"}") > 0;
        (refused && wanted.iter().all(|line| text.lines().any(|found| found == *line))).then_some(())
    });
}
