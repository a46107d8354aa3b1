//! Collectors of telemetry.

use crate::program::within;

use super::{Process, Shape, Stage, from_script, process::post};

#[test]
fn otelcol_follows_the_file() {
    let Some(collector) = from_script("otelcol", &["--version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("OpenTelemetry Collector", shape);
        let snippet = stage.snippet("config.yaml");
        let (process, port) = Process::listening(&stage, |port| {
            let rest = format!(
                "receivers: {{otlp: {{protocols: {{http: {{endpoint: \"127.0.0.1:{port}\"}}}}}}}}\n\
                 service:\n  extensions: [bearertokenauth]\n  telemetry: {{metrics: {{level: none}}}}\n  \
                 pipelines: {{logs: {{receivers: [otlp], exporters: [otlphttp]}}}}\n"
            );
            let mut command = collector.command();
            command.arg("--config").arg(stage.put("config.yaml", &format!("{snippet}{rest}")));
            command
        });
        let line = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}"#;
        let send = || {
            post(port, "/v1/logs", line).unwrap();
        };
        within("a request without the file", || {
            send();
            (!stage.visits().bad.is_empty()).then_some(())
        });
        let daemon = stage.start_daemon();
        within("a request with the first token", || {
            send();
            (stage.visits().good > 0).then_some(())
        });
        stage.forget();
        stage.through_rotations(&collector, send);
        drop(process);
        stage.end(daemon);
    }
}
