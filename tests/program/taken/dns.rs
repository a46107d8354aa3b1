//! Without name servers, and with one that never answers.

use std::{fs, net::UdpSocket, time::Duration};

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

/// A daemon whose API has a name, and the files by which names are looked up.
struct Scene {
    setting: Setting,
}

impl Scene {
    fn new() -> Self {
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
        let api = self.setting.sandbox.base_url();
        let (_, port) = api.rsplit_once(':').unwrap();
        let named = format!("http://api.tokenwell.example:{port}");
        let rest = format!("allowPlainHttp: true\n{QUICK}{}", self.setting.named(&["a"]));
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
    fn write(&self, name: &str, content: &str) {
        fs::write(self.setting.path(name), content).unwrap();
    }
}

const NO_ADDRESS: &str = "the host name cannot be looked up";
const HOSTS: &str = "127.0.0.1 api.tokenwell.example\n";
const SILENT: &str = "127.53.0.1";
/// This limit only serves to fail a test.
const PATIENCE: Duration = Duration::from_secs(30);
