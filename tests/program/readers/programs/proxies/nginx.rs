//! nginx with njs: a variable reads the file for each request.

use std::path::Path;

use crate::programs::{Found, Process, Shape, Stage, get, installed};

#[test]
fn njs_reads_the_file_for_each_request() {
    let Some(nginx) = installed("nginx", &["-v"]).filter(|_| has_njs()) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("nginx", shape);
        stage.put("tokenwell.js", &stage.snippet("tokenwell.js"));
        let (process, port) = start(&nginx, &stage);
        get(port, "/").unwrap();
        assert_eq!(stage.visits().bad, ["GET / HTTP/1.0: no Authorization header"], "without the file");
        stage.forget();
        let daemon = stage.start_daemon();
        stage.through_rotations(&nginx, || assert!(get(port, "/").unwrap().ends_with("welcome\n")));
        drop(process);
        stage.end(daemon);
    }
}

/// Skips the test without the module.
fn has_njs() -> bool {
    let has = Path::new(MODULE).exists();
    if !has {
        crate::skipped::without_program(&format!("`{MODULE}` is not installed"));
    }
    has
}

fn start(nginx: &Found, stage: &Stage) -> (Process, u16) {
    Process::listening(stage, |port| {
        let folder = stage.path("");
        let folder = folder.display();
        let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
        let text = format!(
            "load_module {MODULE}; {user} worker_processes 1; pid {folder}/nginx.pid; daemon off;\n\
             error_log {folder}/nginx.log;\nevents {{}}\nhttp {{\n  access_log off; client_body_temp_path {folder}/t1;\n  \
             proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4;\n  \
             scgi_temp_path {folder}/t5;\n{}\n  server {{\n    listen 127.0.0.1:{port};\n    location / {{\n      \
             proxy_set_header Authorization $authorization;\n      proxy_pass http://{}/;\n    }}\n  }}\n}}\n",
            stage.snippet("http.conf"),
            stage.server()
        );
        let mut command = nginx.command();
        command.arg("-c").arg(stage.put("nginx.conf", &text));
        command
    })
}

/// Debian's package libnginx-mod-http-js.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_http_js_module.so";
