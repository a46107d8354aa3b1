//! A past: a credential that an earlier process kept fresh, and helpers to inspect its files.

use std::{
    fs,
    ops::{Deref, DerefMut},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use tokenwell::{fingerprint::Fingerprint, sandbox::Sandbox};

use crate::{
    program::{Ended, Program, run},
    setting::{QUICK, Setting},
};

/// A setting with sessions of an hour, so that nothing is due while a test runs.
pub(crate) struct Past(Setting);

/// A change to the files: description and action.
pub(crate) type Damage = (&'static str, fn(&Past));

/// The bytes of a file, and its inode.
pub(crate) type Print = (Vec<u8>, u64);

impl Past {
    /// An earlier process kept one credential `a` and was stopped.
    pub(crate) fn new() -> Self {
        Self::of(|_| {})
    }

    /// The same with another configuration.
    pub(crate) fn of(configure: impl FnOnce(&mut Setting)) -> Self {
        let mut past = Self::yet_to_begin(configure);
        let ended = past.process();
        assert_eq!(past.requests(), (1, 1), "one exchange and one look at the public keys: {}", ended.stderr);
        past
    }

    /// The same before the first process.
    pub(crate) fn yet_to_begin(configure: impl FnOnce(&mut Setting)) -> Self {
        let mut setting = Setting::with(&["a"]);
        setting.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
        configure(&mut setting);
        Self(setting)
    }

    /// Runs a process until it is ready, then stops it.
    pub(crate) fn process(&mut self) -> Ended {
        let program = Program::start(run(&self.path("")).env("TOKENWELL_LOG", "info,tokenwell=debug"));
        program.until_said("ready: every required token is on disk", 1);
        let ended = program.stop();
        assert_eq!(ended.code, Some(0));
        self.clean(&ended);
        ended
    }

    /// Runs a process that has nothing to do: it makes no request and changes no file.
    pub(crate) fn idle_process(&mut self) {
        let (requests, token, record) = (self.requests(), self.print("out/a.jwt"), self.print(RECORD));
        let ended = self.process();
        assert_eq!(self.requests(), requests, "{}", ended.stderr);
        assert!(!ended.stderr.contains("requesting a session"), "{}", ended.stderr);
        assert_eq!(said(&ended, "the token on disk is good").len(), 1, "{}", ended.stderr);
        assert_eq!(troubles(&ended), &[] as &[String]);
        assert_eq!((self.print("out/a.jwt"), self.print(RECORD)), (token, record));
    }

    /// The numbers of exchanges and of requests for the public keys.
    pub(crate) fn requests(&self) -> (u64, u64) {
        let counters = self.sandbox.counters();
        (counters.exchanges, counters.keys_fetches)
    }

    pub(crate) fn print(&self, name: &str) -> Print {
        print(&self.path(name))
    }

    /// Changes the state file as an editor would.
    pub(crate) fn edit_record(&self, edit: impl FnOnce(&mut Value)) {
        let mut record = serde_json::from_slice(&fs::read(self.path(RECORD)).unwrap()).unwrap();
        edit(&mut record);
        self.put(RECORD, &record.to_string());
    }

    pub(crate) fn record(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path(RECORD)).unwrap()).unwrap()
    }
}

impl Deref for Past {
    type Target = Setting;

    fn deref(&self) -> &Setting {
        &self.0
    }
}

impl DerefMut for Past {
    fn deref_mut(&mut self) -> &mut Setting {
        &mut self.0
    }
}

pub(crate) fn print(path: &Path) -> Print {
    (fs::read(path).unwrap(), path.metadata().unwrap().ino())
}

/// Messages that contain this text.
pub(crate) fn said(ended: &Ended, text: &str) -> Vec<String> {
    messages(ended).into_iter().map(|(_, message)| message).filter(|message| message.contains(text)).collect()
}

/// All warnings and errors.
pub(crate) fn troubles(ended: &Ended) -> Vec<String> {
    let is_trouble = |level: &str| level == "WARN" || level == "ERROR";
    messages(ended).into_iter().filter(|(level, _)| is_trouble(level)).map(|(_, message)| message).collect()
}

fn messages(ended: &Ended) -> Vec<(String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let lines = ended.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| (text(&line, "level"), text(&line, "message"))).collect()
}

/// Asserts that no two exchanges with one key arrived closer than this.
pub(crate) fn assert_spaced(sandbox: &Sandbox, key: Fingerprint, spacing: Duration) {
    let seen: Vec<_> = sandbox.exchanges().into_iter().filter(|seen| seen.key == Some(key)).collect();
    assert!(seen.len() > 1);
    for pair in seen.windows(2) {
        let gap = pair[1].arrived - pair[0].arrived;
        assert!(gap >= spacing, "exchange {} came {gap:?} after the one before", pair[1].ordinal);
    }
}

/// A configuration with these lines for credential `a`, besides its name and key.
pub(crate) fn credential(setting: &Setting, lines: &str) -> String {
    format!("{QUICK}credentials:\n  - name: a\n    accessKeyFile: {}\n{lines}", setting.path("keys/a").display())
}

pub(crate) fn output(setting: &Setting, name: &str) -> PathBuf {
    setting.path(&format!("out/{name}"))
}

pub(crate) const RECORD: &str = "state/state/a.json";
