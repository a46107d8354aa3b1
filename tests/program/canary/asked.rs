//! What a running daemon tells everyone who asks: its status server, and the process data that the system shows.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    program::{Program, within},
    setting::Setting,
};

/// Returns the address of the status server.
pub(crate) fn address(setting: &Setting) -> String {
    within("the address of the server", || {
        let file = fs::read_to_string(setting.path("state/status.json")).ok()?;
        let file: Value = serde_json::from_str(&file).ok()?;
        let address = file["statusAddress"].as_str()?;
        Some(address.trim_start_matches("http://").trim_end_matches('/').to_owned())
    })
}

/// Sends a whole request, and returns the whole response.
pub(crate) fn ask(address: &str, request: &str) -> String {
    let mut wire = TcpStream::connect(address).unwrap();
    wire.write_all(request.as_bytes()).unwrap();
    let mut said = String::new();
    let _ = wire.read_to_string(&mut said);
    said
}

/// Asserts that no page of the status server shows a secret. Returns the metrics.
pub(crate) fn pages_are_clean(setting: &Setting) -> String {
    let address = address(setting);
    let pages = ["/", "/readyz", "/status", "/metrics"].map(|path| {
        let said = ask(&address, &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"));
        assert!(said.starts_with("HTTP/1.1 "), "{said}");
        assert_eq!(setting.leaks.found_in(&said), None, "{path}");
        said
    });
    let [_, _, _, metrics] = pages;
    metrics
}

/// Asserts that neither the command line nor the environment has a secret.
pub(crate) fn process_is_clean(setting: &Setting, program: &Program) {
    for name in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{}/{name}", program.pid())).unwrap();
        assert_eq!(setting.leaks.found_in(&String::from_utf8_lossy(&bytes)), None, "{name}");
    }
}

/// Returns every file below a folder, which must exist.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    // The control socket is no file that can be read.
    files.filter(|path| !path.ends_with("control.sock")).collect()
}
