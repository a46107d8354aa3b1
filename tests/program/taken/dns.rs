//! Without name servers, and with one that never answers.

use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tokenwell::sandbox::Answer;

use crate::{
    namespace, program,
    program::{Program, within},
    setting::{QUICK, Setting},
    skipped,
};

#[test]
fn without_dns_the_token_stays_and_renewals_go_on_afterwards() {
    let mut scene = Scene::new();
    let Some(program) = scene.start() else { return };
    let before = scene.setting.token("a");
    scene.take_away();
    program.until_said(NO_ADDRESS, 5);
    assert_eq!(scene.setting.token("a"), before, "the last token stays");
    assert_eq!(scene.setting.sandbox.counters().exchanges, 2, "the first one, and the one that lost its connection");
    scene.write("hosts", HOSTS);
    within("a new token", || (scene.setting.token("a") != before).then_some(()));
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let warnings = ended.stderr.lines().filter(|line| line.contains(NO_ADDRESS) && line.contains("WARN")).count();
    assert_eq!(warnings, 1, "it is said once: {}", ended.stderr);
    scene.setting.clean(&ended);
}

#[test]
fn a_look_up_that_hangs_does_not_hold_up_term() {
    let mut scene = Scene::new();
    let Ok(silent) = UdpSocket::bind((SILENT, 53)) else {
        return skipped::without_root("only root may listen at the port of name servers");
    };
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    let Some(program) = scene.start() else { return };
    // Longer than the test waits for anything.
    scene.write("resolv.conf", &format!("nameserver {SILENT}\noptions timeout:30 attempts:5\n"));
    scene.take_away();
    silent.recv(&mut [0; 512]).unwrap();
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    scene.setting.clean(&ended);
}

#[test]
fn a_dead_first_name_server_does_not_prevent_an_exchange() {
    let mut scene = Scene::new();
    let Some(servers) = NameServers::start("127.53.0.3", "127.53.0.4") else { return };
    scene.write("hosts", "");
    scene.write("resolv.conf", &servers.resolv_conf());
    // The resolver asks the second server after a second: later than this time-out, and sooner than that of the request.
    let Some(program) = scene.start_with("http: {connectTimeout: 300ms}\n") else { return };
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(scene.setting.sandbox.counters().exchanges, 1);
    assert!(!ended.stderr.contains(NO_ADDRESS) && !ended.stderr.contains("no whole reply"), "{}", ended.stderr);
    scene.setting.clean(&ended);
}

#[test]
fn a_look_up_that_is_late_serves_the_next_attempt() {
    let mut scene = Scene::new();
    let Some(servers) = NameServers::start("127.53.0.5", "127.53.0.6") else { return };
    scene.write("hosts", "");
    scene.write("resolv.conf", &servers.resolv_conf());
    let Some(program) = scene.start_with("http: {timeout: 300ms, connectTimeout: 300ms}\n") else { return };
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let late = "within 300ms: the name servers did not answer";
    assert!(ended.stderr.contains(late) && ended.stderr.contains("/etc/resolv.conf"), "{}", ended.stderr);
    assert_eq!(servers.queries_for_an_ipv4_address(), 1, "attempts join the look-up that runs");
    scene.setting.clean(&ended);
}

/// A name server that never answers, and one that knows the API, for as long as the test runs.
struct NameServers {
    mute: UdpSocket,
    good: SocketAddr,
    queries: Arc<AtomicUsize>,
}

impl NameServers {
    fn start(mute: &str, good: &str) -> Option<Self> {
        let (Ok(mute), Ok(good)) = (UdpSocket::bind((mute, 53)), UdpSocket::bind((good, 53))) else {
            skipped::without_root("only root may listen at the port of name servers");
            return None;
        };
        let (address, queries) = (good.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&queries);
        thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, from)) = good.recv_from(&mut query) {
                let (reply, is_ipv4) = reply_to(&query[..length]);
                counted.fetch_add(usize::from(is_ipv4), Ordering::SeqCst);
                let _ = good.send_to(&reply, from);
            }
        });
        Some(Self { mute, good: address, queries })
    }

    fn resolv_conf(&self) -> String {
        let mute = self.mute.local_addr().unwrap().ip();
        format!("nameserver {mute}\nnameserver {}\noptions timeout:1 attempts:2\n", self.good.ip())
    }

    fn queries_for_an_ipv4_address(&self) -> usize {
        self.queries.load(Ordering::SeqCst)
    }
}

/// Answers a question for an IPv4 address with 127.0.0.1, and any other with no record. Returns whether it was the former.
fn reply_to(query: &[u8]) -> (Vec<u8>, bool) {
    let name_ends = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
    let question = &query[12..name_ends + 4];
    let is_ipv4 = question[question.len() - 4..] == [0, 1, 0, 1];
    let mut reply = query[..2].to_vec();
    reply.extend([0x81, 0x80, 0, 1, 0, u8::from(is_ipv4), 0, 0, 0, 0]);
    reply.extend(question);
    if is_ipv4 {
        reply.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    (reply, is_ipv4)
}

/// A daemon whose API has a name, and the files by which names are looked up.
pub(crate) struct Scene {
    pub(crate) setting: Setting,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let mut setting = Setting::new();
        setting.put_key("a", "a");
        let scene = Self { setting };
        scene.write("hosts", HOSTS);
        // Nothing listens there.
        scene.write("resolv.conf", "nameserver 127.53.0.9\n");
        scene.write("nsswitch.conf", "hosts: files dns\n");
        scene
    }

    fn start(&mut self) -> Option<Program> {
        self.start_with("")
    }

    fn start_with(&mut self, more: &str) -> Option<Program> {
        let port = self.setting.sandbox.address().port();
        self.start_at(port, more)
    }

    /// Starts the daemon, whose API is at this port of the name.
    pub(crate) fn start_at(&mut self, port: u16, more: &str) -> Option<Program> {
        let named = format!("http://api.tokenwell.example:{port}");
        let rest = format!("allowPlainHttp: true\n{QUICK}{more}{}", self.setting.named(&["a"]));
        self.setting.put("tokenwell.yaml", &self.setting.configuration(&named, &rest));
        let files = ["hosts", "resolv.conf", "nsswitch.conf"].map(|name| self.setting.path(name));
        let over = ["/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"];
        let files: Vec<_> = files.into_iter().zip(over).collect();
        let mut command = namespace::with_files(&files, &program::run(&self.setting.path("")))?;
        // Retries are logged only at this level.
        let program = Program::start(command.env("TOKENWELL_LOG", "debug"));
        program.until_said("ready: every required token is on disk", 1);
        Some(program)
    }

    /// Removes the name, and breaks the connection that is kept for the next request.
    fn take_away(&mut self) {
        self.write("hosts", "");
        self.setting.sandbox.script([Answer::Garbage]);
        self.setting.put_key("a", "other");
    }

    /// Writes into the same file, over which the system's is mounted.
    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.setting.path(name), content).unwrap();
    }
}

const NO_ADDRESS: &str = "the host name cannot be looked up: ";
const HOSTS: &str = "127.0.0.1 api.tokenwell.example\n";
const SILENT: &str = "127.53.0.1";
/// This limit only serves to fail a test.
const PATIENCE: Duration = Duration::from_secs(30);
