//! `kill -9` at any moment.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    thread,
    time::Duration,
};

use nix::sys::signal::Signal::SIGKILL;
use tokenwell::session::{Jwks, Jwt, SignatureVerdict};

use crate::{
    program::{Program, run, within},
    setting::Setting,
};

#[test]
fn killed_a_hundred_times_it_leaves_whole_tokens_and_no_litter() {
    kill_a_hundred_times("", &|setting| setting.litter());
}

#[test]
fn killed_a_hundred_times_it_leaves_one_whole_generation() {
    kill_a_hundred_times("sets: [{directory: OUT}]\n", &|setting| {
        let current = fs::read_link(setting.path("out/..data")).map(|name| setting.path("out").join(name));
        let is_current = |path: &PathBuf| current.as_ref().is_ok_and(|current| current == path);
        let entries = fs::read_dir(setting.path("out")).unwrap().map(|entry| entry.unwrap());
        let internal = entries
            .filter(|entry| entry.file_name().to_str().unwrap().starts_with("..") && entry.file_name() != "..data");
        internal.map(|entry| entry.path()).filter(|path| !is_current(path)).chain(setting.litter()).collect()
    });
}

/// `leftovers` lists the files that the next start must remove.
fn kill_a_hundred_times(more: &str, leftovers: &dyn Fn(&Setting) -> Vec<PathBuf>) {
    let names: Vec<String> = (0..10).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut setting = Setting::with(&names);
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(2));
    let credentials = setting.named(&names) + &more.replace("OUT", setting.path("out").to_str().unwrap());
    setting.configure_with("renew: {at: 5%, spacing: 100ms}\n", &format!("http: {{maxInFlight: 32}}\n{credentials}"));
    let published = published(setting.sandbox.address());
    let mut rng = fastrand::Rng::with_seed(SEED);
    let (mut littered, mut seen_of) = (0, vec![false; names.len()]);
    for round in 0..100 {
        let before = leftovers(&setting);
        let program = Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "debug"));
        let settled = rng.u32(..8) > 0;
        if settled {
            program.until_said("credentials reconciled", 1);
        }
        if rng.bool() {
            thread::sleep(Duration::from_micros(rng.u64(..150_000)));
        } else {
            // These exist only during a write, however slow the machine is.
            within("a write", || (!leftovers(&setting).is_empty()).then_some(()));
        }
        program.signal(SIGKILL);
        let ended = program.ended();
        assert_eq!(ended.code, None);
        assert_eq!(setting.leaks.found_in(&ended.stderr), None);
        for (name, seen) in names.iter().zip(&mut seen_of) {
            let token = fs::read_to_string(setting.path(&format!("out/{name}.jwt"))).ok();
            assert!(token.is_some() || !*seen, "round {round} of seed {SEED}: a token is gone");
            if let Some(token) = token {
                *seen = true;
                let jwt = Jwt::parse(&token).unwrap_or_else(|why| panic!("round {round} of seed {SEED}: {why}"));
                assert_eq!(published.verify(&jwt), SignatureVerdict::Verified, "round {round} of seed {SEED}");
            }
        }
        let after = leftovers(&setting);
        littered += usize::from(!after.is_empty());
        let left: Vec<&PathBuf> = before.iter().filter(|path| after.contains(path)).collect();
        assert!(!settled || left.is_empty(), "round {round} of seed {SEED}: {left:?}");
    }
    assert!(littered > 0, "no kill met a write: the test shows less than it should");
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
    let program = setting.ready();
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    setting.clean(&ended);
}

/// The public keys of the sandbox.
fn published(address: SocketAddr) -> Jwks {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /v2/keys/P2world HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let keys = Jwks::parse(reply.split_once("\r\n\r\n").unwrap().1.as_bytes()).unwrap();
    assert!(!keys.is_empty());
    keys
}

const SEED: u64 = 20_261_123;
