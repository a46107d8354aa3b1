//! A credential with a plain output and one with a set. Both had valid tokens; then both keys were changed. Every run starts
//! from this scene.
#![expect(clippy::unchecked_time_subtraction, reason = "arrivals never decrease")]

use std::{
    fs::{self, File},
    io::Read as _,
    os::{fd::AsRawFd as _, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use nix::sys::signal::Signal;
use serde_json::Value;
use tokenwell::{
    fingerprint::Fingerprint,
    output::LOCK_FILE,
    session::{Jwks, Jwt, SignatureVerdict},
};

use crate::{
    call::{Call, unlisted},
    point::{FOLDERS, Point, Points},
    program::{Ended, Program, once},
    setting::Setting,
    tracer::{Fate, Fault, Tracee},
};

pub(crate) struct Scene {
    setting: Setting,
    folder: PathBuf,
    old_keys: [Fingerprint; 2],
    new_keys: [Fingerprint; 2],
    old: View,
    old_generation: PathBuf,
    published: Jwks,
}

/// The readers' files.
#[derive(PartialEq, Eq)]
struct View {
    plain: String,
    /// Two files of one generation.
    set: [String; 2],
}

/// A run with an injected fault.
pub(crate) struct Struck {
    pub(crate) fate: Fate,
    pub(crate) said: String,
    /// Every call.
    pub(crate) points: Vec<Point>,
    /// Whether the fault was reached.
    pub(crate) met: bool,
    /// Number of exchanges before the run.
    seen: usize,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let mut setting = Setting::new();
        setting.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
        let old_keys = ["a", "b"].map(|name| setting.put_key(name, &format!("old{name}")).fingerprint());
        let [key_a, key_b, out, set] = ["keys/a", "keys/b", "out", "set"].map(|name| setting.path(name));
        let (key_a, key_b, out, set) = (key_a.display(), key_b.display(), out.display(), set.display());
        let text = format!(
            "sets: [{{directory: {set}}}]\ncredentials:\n\
             - {{name: a, accessKeyFile: {key_a}, outputs: [{{path: {out}/a.jwt}}]}}\n\
             - {{name: b, accessKeyFile: {key_b}, outputs: [{{path: {set}/b.jwt}}, {{path: {set}/b.json, format: json}}]}}\n"
        );
        setting.configure_with(PACE, &text);
        let ended = Program::start(&mut once(&setting.path(""), "30s")).ended();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(setting.sandbox.counters().exchanges, 2);
        // Makes the program fetch and write the public keys again.
        fs::remove_file(setting.path("state/jwks.json")).unwrap();
        fs::create_dir(setting.path("before")).unwrap();
        fs::create_dir(setting.path("said")).unwrap();
        let new_keys = ["a", "b"].map(|name| setting.put_key(name, &format!("new{name}")).fingerprint());
        let published = Jwks::parse(setting.sandbox.jwks().unwrap().to_string().as_bytes()).unwrap();
        let folder = fs::canonicalize(setting.path("")).unwrap();
        copy(&folder, &folder.join("before"));
        let old_generation = fs::read_link(folder.join("set/..data")).unwrap();
        let old = View::of(&folder);
        Self { setting, folder, old_keys, new_keys, old, old_generation, published }
    }

    /// Runs `once` with that fault, or without any.
    pub(crate) fn strike(&self, wanted: Option<(&Point, Fault)>) -> Struck {
        let mut met = false;
        let mut struck = self.run(&mut |point| {
            let fault = wanted.filter(|(wanted, _)| *wanted == point && !met).map(|(_, fault)| fault);
            met |= fault.is_some();
            fault
        });
        struck.met = met;
        struck
    }

    /// Sets the scene and runs `once`; a callback decides the fate of the process at every point.
    pub(crate) fn run(&self, judge: &mut dyn FnMut(&Point) -> Option<Fault>) -> Struck {
        for folder in FOLDERS {
            fs::remove_dir_all(self.folder.join(folder)).unwrap();
        }
        copy(&self.folder.join("before"), &self.folder);
        let seen = self.setting.sandbox.exchanges().len();
        let said = self.folder.join("said/stderr");
        let tracee = Tracee::start(&once(&self.folder, TIMEOUT), File::create(&said).unwrap());
        let mut points = Points::of(&self.folder, self.old_generation.clone());
        let mut told = Vec::new();
        let fate = tracee.run(&mut |thread, registers| {
            if let Some(unlisted) = unlisted(thread, registers, |path| points.is_counted(path)) {
                panic!("{unlisted}");
            }
            let point = points.tell(&Call::of(thread, registers)?)?;
            let fault = judge(&point);
            told.push(point);
            fault
        });
        Struck { fate, said: fs::read_to_string(said).unwrap(), points: told, met: false, seen }
    }

    /// Checks the invariants after a run, however it ended, and after the next run.
    pub(crate) fn heals(&self, struck: &Struck, case: &str) {
        match struck.fate {
            Fate::Exited(code) => assert!((0..=1).contains(&code), "{case}: exit code {code}\n{}", struck.said),
            Fate::Killed(signal) => assert_eq!(signal, Signal::SIGKILL, "{case}: {}", struck.said),
        }
        self.said_well(&struck.said, case);
        let view = self.whole(case);
        let is_done = struck.fate == Fate::Exited(0);
        assert!(!is_done || (view.plain != self.old.plain && view.set != self.old.set), "{case}: done, and yet old");

        self.once_more(case);
        let healed = self.whole(case);
        assert!(healed.plain != self.old.plain && healed.set != self.old.set, "{case}: no new tokens");
        let exchanges = self.exchanges_since(struck.seen, case);

        // Another start only removes files that slow readers could still have been reading.
        self.once_more(case);
        assert!(self.whole(case) == healed, "{case}: touched without need");
        assert_eq!(self.exchanges_since(struck.seen, case), exchanges, "{case}: an exchange without need");
        self.nothing_is_left(case);
    }

    fn once_more(&self, case: &str) {
        let Ended { code, stdout, stderr } = Program::start(&mut once(&self.folder, TIMEOUT)).ended();
        assert_eq!((code, stdout.as_str()), (Some(0), ""), "{case}: {stderr}");
        self.said_well(&stderr, case);
        for trouble in ["\"WARN\"", "\"ERROR\""] {
            let expected = ["gone or altered", "written again", "clocks disagree", "damaged or foreign"];
            let line = stderr.lines().find(|line| line.contains(trouble) && !expected.iter().any(|e| line.contains(e)));
            assert_eq!(line, None, "{case}");
        }
    }

    fn said_well(&self, said: &str, case: &str) {
        assert_eq!(self.setting.leaks.found_in(said), None, "{case}");
        assert!(!said.contains("panicked"), "{case}: {said}");
        assert!(!said.contains("is written by another tokenwell"), "{case}: {said}");
    }

    /// Checks that the readers' files are complete, and that the sandbox granted each token.
    fn whole(&self, case: &str) -> View {
        let view = View::of(&self.folder);
        for (token, old) in [(&view.plain, &self.old.plain), (&view.set[0], &self.old.set[0])] {
            let verdict = Jwt::parse(token).map(|jwt| self.published.verify(&jwt));
            assert!(
                token == old || verdict.is_ok_and(|verdict| verdict == SignatureVerdict::Verified),
                "{case}: {token:?}"
            );
        }
        let [jwt, json] = &view.set;
        let told: Value = serde_json::from_str(json).unwrap();
        assert!(told["token"].as_str() == Some(jwt), "{case}: files of two generations");
        assert!(*jwt != self.old.set[0] || *json == self.old.set[1], "{case}: the old token, told of otherwise");
        assert_eq!(visible(&self.folder.join("out")), ["a.jwt"], "{case}");
        assert_eq!(visible(&self.folder.join("set")), ["b.json", "b.jwt"], "{case}");
        view
    }

    fn nothing_is_left(&self, case: &str) {
        let current = fs::read_link(self.folder.join("set/..data")).unwrap();
        let current = current.to_str().unwrap();
        // Public keys that could not be cached are fetched again when they are needed, and a status file is only written
        // after a change.
        let may_be =
            ["jwks.json", "status.json"].into_iter().filter(|name| self.folder.join("state").join(name).exists());
        let state: Vec<&str> = may_be.chain(["state"]).collect();
        let left: [(&str, &[&str]); 5] = [
            ("out", &["a.jwt"]),
            ("set", &["..data", current, "b.json", "b.jwt"]),
            ("set/..data/", &["b.json", "b.jwt"]),
            ("state", &state),
            ("state/state", &["a.json", "b.json"]),
        ];
        for (folder, expected) in left {
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            let mut found = names(&self.folder.join(folder));
            // A folder that may not be read is locked by a file in it, which stays.
            found.retain(|name| name != LOCK_FILE || !case.contains("EACCES"));
            assert_eq!(found, expected, "{case}: {folder}");
        }
    }

    /// Counts the exchanges with each new key: they are few and far enough apart, and there is none with the old keys.
    fn exchanges_since(&self, seen: usize, case: &str) -> [usize; 2] {
        let journal = self.setting.sandbox.exchanges();
        let of = |key: Fingerprint| {
            let seen = journal[seen..].iter().filter(move |seen| seen.key == Some(key));
            seen.map(|seen| seen.arrived).collect::<Vec<_>>()
        };
        assert!(self.old_keys.iter().all(|key| of(*key).is_empty()), "{case}: an old key was used");
        self.new_keys.map(|key| {
            let arrived = of(key);
            assert!((1..=2).contains(&arrived.len()), "{case}: {} exchanges with one key", arrived.len());
            assert!(arrived.windows(2).all(|pair| pair[1] - pair[0] >= SPACING), "{case}: {arrived:?}");
            arrived.len()
        })
    }
}

impl View {
    fn of(folder: &Path) -> Self {
        let data = File::open(folder.join("set/..data")).unwrap();
        let opened = PathBuf::from(format!("/proc/self/fd/{}", data.as_raw_fd()));
        let [plain, jwt, json] = [folder.join("out/a.jwt"), opened.join("b.jwt"), opened.join("b.json")].map(|path| {
            let mut file = File::open(path).unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o7777, 0o640);
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            text
        });
        Self { plain, set: [jwt, json] }
    }
}

/// Returns the paths that match a glob.
fn visible(folder: &Path) -> Vec<String> {
    names(folder).into_iter().filter(|name| !name.starts_with('.')).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn copy(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    command.arg("-a").args(FOLDERS.map(|folder| from.join(folder))).arg(to);
    assert!(command.status().unwrap().success());
}

/// The spacing of retries, too.
pub(crate) const SPACING: Duration = Duration::from_millis(200);
const PACE: &str = "renew: {spacing: 200ms, retryFirst: 200ms, retryMax: 300ms}\n";
/// A traced run may take long on a slow machine. It ends when it has every token.
const TIMEOUT: &str = "120s";
