//! The bytes of a client of the status server or of the control socket.
//!
//! The first line of an input names the server: `status`, `foreign` for a browser that was tricked into a request under
//! another name, or `control`. The rest is what the client sends.

use std::cell::RefCell;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokenwell::status::{
    AllowedHosts, ControlListener, ControlRequest, ControlServer, HostPattern, InheritedSocket, Listen, Query,
    Readiness, ReloadOutcome, RenewalAnswer, Report, Server, Snapshot, TokenAnswer, TokenQuestion, TokenReport,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
    runtime::{Builder, Runtime},
    sync::watch,
};

use super::{Judged, text::CANARY, world::folder};

/// Checks what is answered.
pub fn check(input: &[u8]) -> Judged {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return Judged::Ignored };
    let (to, sent) = (&input[..end], &input[end + 1..]);
    if sent.len() > SENT_BYTES_MAX {
        return Judged::Ignored;
    }
    WORLD.with_borrow_mut(|world| match to {
        b"status" => judged(&world.ask_status(sent)),
        b"foreign" => {
            let answered = world.ask_status(&under_foreign_name(sent));
            assert!(!String::from_utf8_lossy(&answered).contains(CANARY), "the report is shown under a foreign name");
            judged(&answered)
        }
        b"control" => judged(&world.ask_control(sent)),
        _ => Judged::Ignored,
    })
}

/// Returns one request without a `Host` of its own, with one of another site.
fn under_foreign_name(sent: &[u8]) -> Vec<u8> {
    let mut lines = sent.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let mut request = [lines.next().unwrap_or_default().trim_ascii(), b"\r\nHost: evil.example\r\n"].concat();
    let is_host = |line: &[u8]| line.trim_ascii().to_ascii_lowercase().starts_with(b"host");
    for line in lines.filter(|line| !is_host(line)) {
        request.extend([line.trim_ascii(), b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    request
}

fn judged(answered: &[u8]) -> Judged {
    if answered.is_empty() {
        return Judged::Refused;
    }
    let text = String::from_utf8_lossy(answered);
    let (head, body) = text.split_once("\r\n\r\n").expect("a reply has a head");
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).expect("a status line");
    assert!(KNOWN.contains(&status), "{head}");
    let is_only = text.matches("HTTP/1.").count() == 1;
    if is_only && status == "200" && head.contains("application/json") && !body.is_empty() {
        let body: Value = serde_json::from_str(body).expect("the body is JSON");
        assert!(body.is_object(), "{body}");
    }
    if status == "200" { Judged::Accepted } else { Judged::Refused }
}

/// The servers, and a loop that answers them. The clock moves on by itself, so that no time-out is waited for.
struct World {
    runtime: Runtime,
    status: Server,
    control: ControlServer,
    _hosts: watch::Sender<AllowedHosts>,
    folder: TempDir,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let folder = folder();
        let hosts = AllowedHosts::new(vec![HostPattern::parse("*.ops.example").unwrap()]);
        let (sender, hosts) = watch::channel(hosts);
        let inside = runtime.enter();
        let listen = Listen::Address("127.0.0.1:0".parse().unwrap());
        let status = Server::open(&listen, &mut InheritedSocket::default(), hosts).unwrap();
        let control = ControlServer::new(ControlListener::open(&folder.path().join(SOCKET)).unwrap()).unwrap();
        drop(inside);
        Self { runtime, status, control, _hosts: sender, folder }
    }

    fn ask_status(&mut self, sent: &[u8]) -> Vec<u8> {
        let port = self.status.port().unwrap();
        let (runtime, server) = (&self.runtime, &mut self.status);
        runtime.block_on(async {
            let client = async {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                // Otherwise each connection keeps its port for a minute.
                stream.set_zero_linger().unwrap();
                exchange(&mut stream, sent).await
            };
            let mut client = std::pin::pin!(client);
            loop {
                tokio::select! {
                    query = server.next() => answer(query),
                    answered = &mut client => return answered,
                }
            }
        })
    }

    fn ask_control(&mut self, sent: &[u8]) -> Vec<u8> {
        let path = self.folder.path().join(SOCKET);
        let (runtime, server) = (&self.runtime, &mut self.control);
        runtime.block_on(async {
            let client = async { exchange(&mut UnixStream::connect(path).await.unwrap(), sent).await };
            let mut client = std::pin::pin!(client);
            loop {
                tokio::select! {
                    query = server.next() => answer(query),
                    answered = &mut client => return answered,
                }
            }
        })
    }
}

/// Sends bytes, and returns what comes before the server closes the connection.
async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), sent: &[u8]) -> Vec<u8> {
    let mut answered = Vec::new();
    // The server may close the connection before it has read all.
    let _ = stream.write_all(sent).await;
    let _ = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answered).await;
    assert!((answered.len() as u64) < ANSWER_BYTES_MAX, "an answer without an end");
    answered
}

fn answer(query: Query) {
    match query {
        Query::Alive(answer) => drop(answer.send(())),
        Query::Report(answer) => drop(answer.send(Snapshot::new(report()).into())),
        Query::Ready(None, answer) => drop(answer.send(Readiness::Unready(vec![format!("{CANARY}: not ready")]))),
        Query::Ready(Some(name), answer) if name == "app" => drop(answer.send(Readiness::Ready)),
        Query::Ready(Some(_), answer) => drop(answer.send(Readiness::Unknown)),
        Query::Token(TokenQuestion { credential, .. }, answer) if credential != "app" => {
            drop(answer.send(TokenAnswer::Unknown(vec![CANARY.to_owned()])));
        }
        // The generation of the client is the newest: its time is over.
        Query::Token(TokenQuestion { wanted, .. }, answer) if !wanted.is_answered_by(Some(1)) => drop(answer),
        Query::Token(_, answer) => drop(answer.send(TokenAnswer::Token(Box::new(token_report())))),
        Query::Control(ControlRequest::Renew(names, _, answer)) => {
            let unknown: Vec<_> = names.into_iter().filter(|name| name != "app").collect();
            let known = vec!["app".to_owned()];
            drop(answer.send(if unknown.is_empty() {
                RenewalAnswer::Requested(Box::new(report()))
            } else {
                RenewalAnswer::Unknown { known, unknown }
            }));
        }
        Query::Control(ControlRequest::Reload(_, answer)) => drop(answer.send(ReloadOutcome::Unchanged)),
    }
}

fn report() -> Report {
    let report = json!({
        "version": 1, "ready": true, "at": "2026-11-23T12:00:00Z", "startedAt": "2026-11-23T12:00:00Z",
        "programVersion": "1", "processId": 1, "projectId": CANARY, "baseUrl": "https://api.descope.com",
        "clockSkewSeconds": null, "troubles": [], "credentials": [],
        "configuration": {"file": null, "since": "2026-11-23T12:00:00Z", "refused": null},
    });
    serde_json::from_value(report).unwrap()
}

fn token_report() -> TokenReport {
    let report = json!({
        "credential": CANARY, "generation": 1, "state": "fresh", "ready": true, "issuedAt": null, "expiresAt": null,
        "expiresAtUnix": null, "renewAt": null, "outputs": [],
    });
    serde_json::from_value(report).unwrap()
}

/// Every status that the servers have.
const KNOWN: [&str; 12] = ["200", "400", "403", "404", "405", "408", "413", "414", "421", "431", "503", "505"];
const SOCKET: &str = "control.sock";
const SENT_BYTES_MAX: usize = 64 * 1024;
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;
