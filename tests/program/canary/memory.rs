//! Remains of keys and of former tokens in the daemon's memory.

use std::{fs, thread, time::Duration};

use nix::{sys::signal::Signal::SIGHUP, unistd::geteuid};
use tokenwell::sandbox::Answer;

use crate::{
    common::leaks::Leaks,
    dump::{self, Stretch},
    program::{Program, run},
    setting::{QUICK, Setting},
    skipped,
    tls_front::TlsFront,
};

/// Credentials `stays` and `goes`, over TLS, at the most verbose log level.
struct Scene {
    setting: Setting,
    front: TlsFront,
    program: Program,
}

impl Scene {
    fn new(through_tls: bool) -> Self {
        let mut setting = Setting::new();
        let front = TlsFront::of(setting.sandbox.address());
        fs::write(setting.path("root.pem"), &front.root).unwrap();
        setting.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
        for name in ["stays", "goes"] {
            let key = format!("{}{name}", setting.key("aLongKeyOfManyLettersAndDigits0123456789"));
            setting.leaks.key(&key);
            setting.put(&format!("keys/{name}"), &key);
        }
        let program = run(&setting.path(""));
        let front = if through_tls { front } else { TlsFront { base_url: setting.sandbox.base_url(), ..front } };
        configure(&setting, &front, &["stays", "goes"]);
        let mut program = program;
        let program = Program::start(program.env("TOKENWELL_LOG", "trace"));
        program.until_said("ready: every required token is on disk", 1);
        setting.learn_tokens();
        Self { setting, front, program }
    }

    fn content(&self, name: &str) -> String {
        fs::read_to_string(self.setting.path(name)).unwrap()
    }

    /// Waits until no part of it is in memory.
    fn until_gone(&self, leaks: &Leaks) {
        self.until_found(leaks, 0);
    }

    /// Waits until it is in memory this many times: a file that is being checked passes through memory.
    fn until_found(&self, leaks: &Leaks, times: usize) {
        let mut found = Vec::new();
        for _ in 0..TRIES {
            found = self.found(leaks);
            if found.len() == times {
                return;
            }
            thread::sleep(STEP);
        }
        panic!("it is there {} times and not {times}: {found:?}", found.len());
    }

    /// Returns where a part of it is found, with the surrounding bytes.
    fn found(&self, leaks: &Leaks) -> Vec<String> {
        let around = |stretch: &Stretch, at: usize| {
            let nearby = &stretch.bytes[at.saturating_sub(64)..(at + 64).min(stretch.bytes.len())];
            format!("in {}: {}", stretch.name, nearby.escape_ascii())
        };
        let stretches = dump::of(self.program.pid());
        assert!(stretches.iter().map(|stretch| stretch.bytes.len()).sum::<usize>() > 1 << 20, "it was read");
        let found = stretches.iter().flat_map(|stretch| {
            leaks.all_in(&stretch.bytes).into_iter().map(move |(what, at)| format!("{what} {}", around(stretch, at)))
        });
        found.collect()
    }
}

fn configure(setting: &Setting, front: &TlsFront, names: &[&str]) {
    let roots = setting.path("root.pem");
    let text = format!("{QUICK}http: {{caFile: {}}}\n{}", roots.display(), setting.named(names));
    setting.put("tokenwell.yaml", &setting.configuration(&front.base_url, &text));
}

fn of_token(token: &str) -> Leaks {
    let mut leaks = Leaks::default();
    leaks.jwt(token);
    for part in parts(token) {
        leaks.key(part);
    }
    leaks
}

/// Parts that also identify a buffer that was overwritten in part.
fn parts(token: &str) -> [&str; 3] {
    let signature = token.rsplit('.').next().unwrap();
    let (middle, end) = (signature.len() / 2, signature.len() - PART_BYTES);
    [&signature[..PART_BYTES], &signature[middle..middle + PART_BYTES], &signature[end..]]
}

fn of_key(key: &str) -> Leaks {
    let mut leaks = Leaks::default();
    leaks.key(key);
    leaks
}

#[test]
fn of_a_credential_that_is_taken_away_nothing_is_left_in_memory() {
    if !is_root() {
        return;
    }
    for through_tls in [true, false] {
        let mut scene = Scene::new(through_tls);
        let (key, token) = (scene.content("keys/goes"), scene.content("out/goes.jwt"));
        assert!(!scene.found(&of_token(&token)).is_empty(), "it is found where it has to be");
        configure(&scene.setting, &scene.front, &["stays"]);
        scene.program.until_said("the new configuration is in force", 1);
        scene.until_gone(&of_key(&key));
        scene.until_gone(&of_token(&token));
        // One copy of the token remains, which repairs its file.
        scene.until_gone(&of_key(&scene.content("keys/stays")));
        let token = scene.content("out/stays.jwt");
        for part in parts(&token) {
            scene.until_found(&of_key(part), 1);
        }
        scene.setting.clean(&scene.program.stop());
    }
}

#[test]
fn an_idle_daemon_holds_no_key_and_only_the_newest_token() {
    if !is_root() {
        return;
    }
    let mut scene = Scene::new(true);
    let (key, token) = (scene.content("keys/goes"), scene.content("out/goes.jwt"));
    let rotated = scene.setting.key("anotherLongKeyOfManyLettersAndDigits");
    // A key echoed in a response is also erased.
    let echo = tokenwell::sandbox::Reply::new(500).header("x-echo", &rotated).body(format!("you sent {rotated}"));
    scene.setting.sandbox.script([Answer::from(echo)]);
    scene.setting.put("keys/goes", &rotated);
    scene.setting.until_exchanges(4);
    scene.program.until_said("token written", 3);
    scene.setting.learn_tokens();
    // The connections close after some 20 s without a request; a reload opens new ones.
    scene.program.signal(SIGHUP);
    scene.program.until_said("the configuration is unchanged", 1);
    for key in [key, rotated, scene.content("keys/stays")] {
        scene.until_gone(&of_key(&key));
    }
    scene.until_gone(&of_token(&token));
    assert!(!scene.found(&of_token(&scene.content("out/goes.jwt"))).is_empty());
    scene.setting.clean(&scene.program.stop());
}

const PART_BYTES: usize = 24;
/// A scan of the whole memory takes some tenths of a second.
const TRIES: usize = 120;
const STEP: Duration = Duration::from_millis(50);

fn is_root() -> bool {
    let is_root = geteuid().is_root();
    if !is_root {
        skipped::without_root("only root sees the memory of a daemon");
    }
    is_root
}
