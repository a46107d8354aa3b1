//! A process that cannot create an inotify instance. The file has one test, because it uses up all descriptors of its
//! process.

#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    sync::{Mutex, mpsc},
    time::Duration,
};

use futures_util::FutureExt as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokenwell::watch::FolderWatcher;

#[tokio::test]
async fn without_inotify_a_watch_logs_once_and_recovers() {
    let (tell, said) = mpsc::channel();
    tracing_subscriber::fmt().with_ansi(false).with_writer(Mutex::new(Lines(tell))).init();
    let folder = tempfile::tempdir().unwrap();
    let mut watch = FolderWatcher::default();

    let limit = Rlimit { current: Some(256), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
    let all_descriptors: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    watch.follow(BTreeSet::from([folder.path().to_owned()]));
    assert!(watch.hint().now_or_never().is_none());
    let line = said.recv_timeout(PATIENCE).expect("a line");
    assert!(line.contains("WARN") && line.contains("cannot watch folder"), "{line}");
    assert!(line.contains("max_user_instances") && line.contains("every few seconds"), "{line}");
    assert!(!watch.fully_armed());
    watch.rearm();
    assert!(watch.hint().now_or_never().is_none());
    assert!(!watch.fully_armed());

    drop(all_descriptors);
    watch.rearm();
    in_time(watch.hint()).await;
    assert!(watch.fully_armed());
    let line = said.recv_timeout(PATIENCE).expect("a line");
    assert!(line.contains("INFO") && line.contains("every folder is watched again"), "said once only: {line}");
    fs::write(folder.path().join("key"), "K1").unwrap();
    in_time(watch.hint()).await;
}

struct Lines(mpsc::Sender<String>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("no hint came")
}

const PATIENCE: Duration = Duration::from_secs(30);
