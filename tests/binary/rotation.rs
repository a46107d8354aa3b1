//! Readers beside a thousand rotations.

use std::{
    collections::HashSet,
    fs::File,
    io::Read as _,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use tokenwell::session::Jwt;

use crate::setting::Setting;

/// Twenty tokens are rotated fifty times each, while two readers do nothing but open, look and read.
#[test]
fn no_reader_ever_sees_a_torn_an_empty_or_a_missing_token() {
    let names: Vec<String> = (0..20).map(|number| format!("n{number}")).collect();
    let mut setting = Setting::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(2));
    let credentials = setting.named(&names.iter().map(String::as_str).collect::<Vec<_>>());
    setting.configure_with("renew: {at: 5%, spacing: 100ms}\n", &format!("http: {{maxInFlight: 32}}\n{credentials}"));
    let program = setting.ready();
    let files: Vec<PathBuf> = names.iter().map(|name| setting.path(&format!("out/{name}.jwt"))).collect();
    let done = AtomicBool::new(false);
    let (seen, looks) = thread::scope(|scope| {
        let readers: Vec<_> = files.chunks(10).map(|files| scope.spawn(|| read(files, &done))).collect();
        setting.until("a thousand rotations", |counters| counters.sessions >= 1020);
        done.store(true, Ordering::Relaxed);
        let read: Vec<_> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
        (read.iter().map(|read| read.0).sum::<usize>(), read.iter().map(|read| read.1).sum::<usize>())
    });
    assert!(seen > 200, "the readers saw {seen} tokens in {looks} looks");
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    setting.clean(&ended);
}

/// Reads until it is done. Answers how many tokens it saw and how often it looked.
fn read(files: &[PathBuf], done: &AtomicBool) -> (usize, usize) {
    let (mut seen, mut looks) = (HashSet::new(), 0);
    let mut inodes = vec![0; files.len()];
    while !done.load(Ordering::Relaxed) {
        for (path, inode) in files.iter().zip(&mut inodes) {
            let mut file = File::open(path).unwrap();
            let found = file.metadata().unwrap();
            assert_eq!(found.permissions().mode() & 0o7777, 0o640);
            let mut token = String::new();
            file.read_to_string(&mut token).unwrap();
            assert!(Jwt::parse(&token).is_ok(), "a token of {} bytes", token.len());
            looks += 1;
            if *inode != found.ino() {
                *inode = found.ino();
                seen.insert(token);
            }
        }
    }
    (seen.len(), looks)
}
