//! Refresh tokens, mounted and rotated, and the token of another provider: every command and every face.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::sys::signal::Signal::SIGUSR1;
use serde_json::{Value, json};
use tokenwell::sandbox::{Answer, Reply, Shape};

use crate::{
    program::{Ended, Program, TOKENWELL, within},
    setting::{QUICK, Setting},
};

const EXTERNAL: &str = "external-token-of-another-provider-0123456789";

/// A rotating refresh token with an external token, and a hook that prints every secret that it can read.
fn setting() -> Setting {
    let mut setting = Setting::new();
    setting.sandbox.set(|settings| settings.rotate_refresh_tokens = true);
    let token = setting.sandbox.refresh_token("P2world", Duration::from_secs(3600)).unwrap();
    setting.leaks.jwt(token.expose());
    setting.leaks.key(EXTERNAL);
    setting.put("keys/refresh", token.expose());
    setting.put("keys/external", EXTERNAL);
    let text = r#"status: {listen: "127.0.0.1:0"}
credentials:
  - name: a
    refreshTokenFile: PLACE/keys/refresh
    externalTokenFile: PLACE/keys/external
    outputs: [{path: PLACE/out/a.jwt}]
    hooks: [{command: [/bin/sh, -c, "cat PLACE/keys/* PLACE/state/refresh-tokens/*; env"]}]
"#;
    let place = setting.path("").display().to_string();
    setting.configure_with(QUICK, &text.replace("PLACE", place.trim_end_matches('/')));
    setting
}

pub(crate) fn started(arguments: &[&str], setting: &Setting) -> Program {
    let mut command = std::process::Command::new(TOKENWELL);
    command.env_clear().env("TOKENWELL_LOG", "trace").env("PATH", "/usr/bin:/bin").args(arguments);
    Program::start(command.arg("--config").arg(setting.path("tokenwell.yaml")))
}

/// Asserts that the output contains no secret, nor a part of one.
pub(crate) fn silent(setting: &mut Setting, ended: &Ended) {
    setting.learn_tokens();
    learn_stored(setting);
    for said in [&ended.stdout, &ended.stderr] {
        assert_eq!(setting.leaks.found_in(said), None, "in {} bytes", said.len());
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

fn learn_stored(setting: &mut Setting) {
    for file in files(&setting.path("state/refresh-tokens")) {
        if file.extension().is_some_and(|extension| extension == "jwt") {
            setting.leaks.jwt(&fs::read_to_string(file).unwrap());
        }
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn no_command_says_a_refresh_token() {
    let mut setting = setting();
    for (arguments, code) in [
        (&["check"][..], 0),
        (&["once"], 0),
        (&["check"], 0),
        (&["check", "--online"], 0),
        (&["wait", "--timeout", "5s"], 0),
        (&["status"], 0),
    ] {
        let ended = started(arguments, &setting).ended();
        assert_eq!(ended.code, Some(code), "{arguments:?}\n{}{}", ended.stdout, ended.stderr);
        silent(&mut setting, &ended);
    }
}

#[test]
fn no_face_of_the_daemon_shows_a_refresh_token() {
    let mut setting = setting();
    let program = started(&["run"], &setting);
    program.until_said("token written", 1);
    program.until_said("hook done", 1);
    let token = fs::read_to_string(setting.path("keys/refresh")).unwrap();
    let echo = |status| Reply::new(status).json(&json!({"errorCode": "E061104", "errorMessage": token}));
    let body = json!({"sessionJwt": token}).as_object().unwrap().clone();
    setting.sandbox.script([
        Answer::Session(Shape { body, ..Shape::default() }),
        echo(500).into(),
        echo(302).header("location", &format!("http://127.0.0.1:1/{token}")).into(),
        Answer::Denied,
        Answer::Usual,
    ]);
    program.signal(SIGUSR1);
    program.until_said("it is a refresh token and no session", 1);
    program.until_said("Descope denies the refresh token", 1);
    let address = within("the address of the server", || {
        let file = fs::read_to_string(setting.path("state/status.json")).ok()?;
        let file: Value = serde_json::from_str(&file).ok()?;
        let address = file["statusAddress"].as_str()?;
        Some(address.trim_start_matches("http://").trim_end_matches('/').to_owned())
    });
    learn_stored(&mut setting);
    for path in ["/", "/readyz", "/status", "/metrics"] {
        let mut wire = TcpStream::connect(&address).unwrap();
        wire.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes())
            .unwrap();
        let mut said = String::new();
        let _ = wire.read_to_string(&mut said);
        assert!(said.starts_with("HTTP/1.1 "), "{said}");
        assert_eq!(setting.leaks.found_in(&said), None, "{path}");
        let metric = "tokenwell_refresh_token_expiry_timestamp_seconds{credential=\"a\"}";
        assert!(path != "/metrics" || said.contains(metric), "{said}");
    }
    program.signal(SIGUSR1);
    program.until_said("\"recovered", 1);
    for name in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{}/{name}", program.pid())).unwrap();
        assert_eq!(setting.leaks.found_in(&String::from_utf8_lossy(&bytes)), None, "{name}");
    }
    let ended = program.stop();
    silent(&mut setting, &ended);
    for file in files(&setting.path("state")) {
        let is_token = file.parent().unwrap().ends_with("refresh-tokens");
        assert!(is_token || setting.leaks.all_in(&fs::read(&file).unwrap()).is_empty(), "{}", file.display());
    }
}
