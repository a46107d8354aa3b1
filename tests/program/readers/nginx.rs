//! nginx as Debian packages it: it adds the header to the requests that it forwards, and a hook makes it read the new token.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use serde_json::json;
use tokenwell::sandbox::{Answer, Shape};

use crate::{
    page::{configuration, snippet},
    program::within,
    server::Server,
    setting::Setting,
    tools::needs,
};

#[test]
fn nginx_adds_the_header_and_a_hook_lets_it_read_the_new_one() {
    if !needs("nginx") {
        return;
    }
    let mut setting = Setting::new();
    let server = Server::start(&setting.sandbox);
    setting.put_key("billing", "billing");
    setting.configure(&configuration(&setting));
    // Without nginx there is no process to signal, and that is not a failure.
    let daemon = setting.ready();
    let nginx = Nginx::start(&setting, &snippet("nginx", &setting, &server.url()));
    assert_eq!(nginx.visit(), "welcome\n");
    for rotations in 1..=10 {
        let known = server.visits().tokens.len();
        setting.put_key("billing", &format!("billing-{rotations}"));
        within("nginx with the new token", || {
            assert_eq!(nginx.visit(), "welcome\n");
            (server.visits().tokens.len() > known).then_some(())
        });
    }
    // The claim of 4,300 bytes makes a token of more than 6,000, and that of 5,500 one of more than nginx takes in one part.
    for (padding, bytes) in [(4300, 6000..7000), (5500, 7600..8095)] {
        let known = server.visits().tokens;
        setting.sandbox.set(|settings| settings.outage = Some(padded(padding)));
        setting.put_key("billing", &format!("billing-{padding}"));
        let new = within("nginx with the long token", || {
            assert_eq!(nginx.visit(), "welcome\n");
            server.visits().tokens.difference(&known).next().cloned()
        });
        assert!(bytes.contains(&new.len()), "{} bytes arrived", new.len());
    }
    drop(nginx);
    let visits = server.visits();
    assert_eq!(
        (visits.tokens.len(), visits.bad),
        (13, Vec::new()),
        "no request was without a token or with half of one"
    );
    let ended = daemon.stop();
    assert!(!ended.stderr.contains("hook failed"), "{}", ended.stderr);
    setting.clean(&ended);
}

/// A session with a claim of this length.
fn padded(bytes: usize) -> Answer {
    let claims = json!({"padding": "x".repeat(bytes)}).as_object().unwrap().clone();
    Answer::Session(Shape { claims, ..Shape::default() })
}

struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    /// nginx needs a fixed port. If another process takes the free one, nginx ends, and this tries another port.
    fn start(setting: &Setting, location: &str) -> Self {
        (0..5).find_map(|_| Self::try_start(setting, location)).unwrap()
    }

    fn try_start(setting: &Setting, location: &str) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = setting.path("");
        let folder = folder.display();
        let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
        let text = format!(
            "{user} worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n\
             events {{}}\n\
             http {{\n  access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;\n  \
             fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;\n  \
             server {{\n    listen 127.0.0.1:{port};\n{location}\n  }}\n}}\n"
        );
        setting.put("nginx.conf", &text);
        let mut command = Command::new("nginx");
        command.arg("-c").arg(setting.path("nginx.conf")).args(["-g", "daemon off;"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut nginx = Self { child, port };
        // nginx listens before it writes its pid file, and the hook needs the complete line.
        let is_written = || fs::read_to_string(setting.path("nginx.pid")).is_ok_and(|text| text.ends_with('\n'));
        let runs = within("nginx's pid file", || match nginx.child.try_wait().unwrap() {
            None => is_written().then_some(true),
            Some(_) => Some(false),
        });
        runs.then_some(nginx)
    }

    /// Requests the page, and returns its text.
    fn visit(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET / HTTP/1.0\r\nHost: app\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or(answer)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A signal lets nginx end its workers; a kill would leave them.
        if let Ok(None) = self.child.try_wait() {
            let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
        }
        let _ = self.child.wait();
    }
}
