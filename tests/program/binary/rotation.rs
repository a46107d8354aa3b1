//! Readers during a thousand rotations.

use std::{
    collections::HashSet,
    fs::File,
    io::Read as _,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use nix::sys::signal::Signal::SIGUSR1;
use tokenwell::session::Jwt;

use crate::{program::within, sessions::until_sessions, setting::Setting};

/// Twenty tokens are rotated fifty times each, while two readers continuously open, check and read them.
#[test]
fn no_reader_ever_sees_a_torn_an_empty_or_a_missing_token() {
    let names: Vec<String> = (0..20).map(|number| format!("n{number}")).collect();
    let mut setting = Setting::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let credentials = setting.named(&names.iter().map(String::as_str).collect::<Vec<_>>());
    setting.configure_with("renew: {at: 5%, spacing: 100ms}\n", &format!("http: {{maxInFlight: 32}}\n{credentials}"));
    let program = setting.ready();
    // This is set only now: on a slow machine, twenty tokens with such short lives may never exist at the same time.
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(2));
    program.signal(SIGUSR1);
    let files: Vec<PathBuf> = names.iter().map(|name| setting.path(&format!("out/{name}.jwt"))).collect();
    let (seen, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let readers: Vec<_> = files.chunks(10).map(|files| scope.spawn(|| read(files, &seen, &done))).collect();
        until_sessions(&setting.sandbox, 1020);
        let is_enough = || seen.load(Ordering::Relaxed) > 200 || readers.iter().any(ScopedJoinHandle::is_finished);
        within("readers that saw 200 tokens", || is_enough().then_some(()));
        done.store(true, Ordering::Relaxed);
    });
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    setting.clean(&ended);
}

/// Reads until `done` is set, and counts the tokens that it saw.
fn read(files: &[PathBuf], count: &AtomicUsize, done: &AtomicBool) {
    let mut seen = HashSet::new();
    let mut inodes = vec![0; files.len()];
    while !done.load(Ordering::Relaxed) {
        for (path, inode) in files.iter().zip(&mut inodes) {
            let mut file = File::open(path).unwrap();
            let found = file.metadata().unwrap();
            assert_eq!(found.permissions().mode() & 0o7777, 0o640);
            let mut token = String::new();
            file.read_to_string(&mut token).unwrap();
            assert!(Jwt::parse(&token).is_ok(), "a token of {} bytes", token.len());
            if *inode != found.ino() {
                *inode = found.ino();
                count.fetch_add(usize::from(seen.insert(token)), Ordering::Relaxed);
            }
        }
    }
}
