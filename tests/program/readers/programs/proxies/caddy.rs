//! Caddy: a placeholder reads the file for each request.

use crate::programs::{Process, Shape, Stage, from_script, get};

#[test]
fn caddy_reads_the_file_for_each_request() {
    let Some(caddy) = from_script("caddy", &["version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("Caddy", shape);
        let snippet = stage.snippet("Caddyfile");
        let (process, port) = Process::listening(&stage, |port| {
            let text = snippet.replace(":8000 {", &format!(":{port} {{"));
            let file = stage.put("Caddyfile", &format!("{{\n\tadmin off\n}}\n{text}"));
            let mut command = caddy.command();
            command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
            command.env("HOME", stage.path("")).env("XDG_DATA_HOME", stage.path("caddy"));
            command
        });
        get(port, "/").unwrap();
        assert_eq!(stage.visits().bad, ["GET / HTTP/1.1: not a bearer token: \"Bearer\""], "without the file");
        stage.forget();
        let daemon = stage.start_daemon();
        stage.through_rotations(&caddy, || assert!(get(port, "/").unwrap().ends_with("welcome\n")));
        drop(process);
        stage.end(daemon);
    }
}
