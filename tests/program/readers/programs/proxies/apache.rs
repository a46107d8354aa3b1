//! Apache httpd: an expression reads the file for each request.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
};

use crate::programs::{Found, Process, Shape, Stage, get, installed};

#[test]
fn apache_reads_the_file_for_each_request() {
    let Some(apache) = installed("apache2", &["-v"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("Apache httpd", shape);
        let (process, port) = start(&apache, &stage);
        get(port, "/").unwrap();
        assert_eq!(stage.visits().bad, ["GET / HTTP/1.1: not a bearer token: \"\""], "without the file");
        stage.forget();
        let daemon = stage.start_daemon();
        stage.through_rotations(&apache, || assert!(get(port, "/").unwrap().ends_with("welcome\n")));
        drop(process);
        stage.end(daemon);
    }
}

/// One process in the foreground. It refuses to run as root, and reads the token by its group.
fn start(apache: &Found, stage: &Stage) -> (Process, u16) {
    fs::set_permissions(stage.path(""), Permissions::from_mode(0o755)).unwrap();
    Process::listening(stage, |port| {
        let modules = ["mpm_event", "authz_core", "headers", "proxy", "proxy_http"];
        let modules = modules.map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"));
        let folder = stage.path("");
        let folder = folder.display();
        let text = format!(
            "{}Listen 127.0.0.1:{port}\nServerName localhost\nPidFile {folder}/apache.pid\nDefaultRuntimeDir {folder}\n\
             ErrorLog {folder}/apache.log\nUser daemon\nGroup root\n{}",
            modules.concat(),
            stage.snippet("httpd.conf")
        );
        let mut command = apache.command();
        command.arg("-X").arg("-f").arg(stage.put("apache.conf", &text));
        command
    })
}
