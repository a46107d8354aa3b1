//! The daemon under temporary faults: it keeps running, keeps the readers' tokens, makes no unnecessary exchange, and
//! recovers soon afterwards.

use std::{
    fs::{self, File, Permissions},
    io::Write as _,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use nix::sys::signal::Signal;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use tokenwell::{sandbox::Endpoint, secret::Secret, session::Jwt};

use crate::{
    privileges::is_root,
    program::{Program, run, within},
    setting::Setting,
    skipped,
};

#[test]
fn a_full_disk_and_one_that_is_read_only_cost_one_exchange_each() {
    if !is_root("mount") {
        return;
    }
    let mut troubled = Troubled::new();
    let Some(disk) = Mount::of_memory(&troubled.setting.path("box")) else { return };
    let program = troubled.start(None);
    let filler = disk.0.join("filler");
    troubled.lasts(
        &program,
        "no space left",
        || {
            let mut file = File::create(&filler).unwrap();
            while file.write_all(&[0; 4096]).is_ok() {}
        },
        || fs::remove_file(&filler).unwrap(),
    );
    troubled.lasts(&program, "read-only", || disk.remount("ro"), || disk.remount("rw"));
    let said = troubled.stops(program);
    let each = said.matches("set/b.jwt`: no space left").count();
    assert_eq!(each, 1, "what is wrong with a set is said once: {said}");
}

#[test]
fn a_full_state_directory_sends_no_refresh_and_heals() {
    if !is_root("mount") {
        return;
    }
    let mut setting = Setting::new();
    let Some(disk) = Mount::of_memory(&setting.path("state")) else { return };
    setting.sandbox.set(|settings| settings.rotate_refresh_tokens = true);
    let month = Duration::from_secs(30 * 86_400);
    let [first, second] = [(); 2].map(|()| setting.sandbox.refresh_token("P2world", month).unwrap());
    for token in [&first, &second] {
        setting.leaks.jwt(token.expose());
    }
    setting.put("keys/refresh", first.expose());
    let (file, out) = (setting.path("keys/refresh"), setting.path("out/a.jwt"));
    let (file, out) = (file.display(), out.display());
    setting.put_key("well", "well");
    let well = setting.named(&["well"]);
    setting.configure(&format!("{well}  - {{name: a, refreshTokenFile: {file}, outputs: [{{path: {out}}}]}}\n"));
    let program = setting.ready();
    let filler = disk.0.join("filler");
    let mut full = File::create(&filler).unwrap();
    while full.write_all(&[0; 512]).is_ok() {}
    setting.put("keys/refresh", second.expose());
    program.until_said("make room there", 1);
    let before = setting.token("a");
    for change in 0..TICKS {
        let exchanges = setting.sandbox.counters().exchanges;
        setting.put_key("well", &format!("well{change}"));
        setting.until_exchanges(exchanges + 1);
    }
    let refreshes = |setting: &Setting| setting.sandbox.counters().exchanges_at(Endpoint::Refresh);
    assert_eq!((refreshes(&setting), setting.token("a")), (1, before.clone()), "the session stays");
    drop(full);
    fs::remove_file(&filler).unwrap();
    within("a new session", || (setting.token("a") != before).then_some(()));
    assert_eq!(refreshes(&setting), 2);
    let ended = program.stop();
    let rotated = fs::read_to_string(disk.0.join(format!("refresh-tokens/a.{}.jwt", second.fingerprint()))).unwrap();
    setting.leaks.jwt(&rotated);
    assert_eq!(ended.stderr.matches("make room there").count(), 1, "{}", ended.stderr);
    setting.clean(&ended);
}

#[test]
fn a_folder_that_may_not_be_written_costs_one_exchange() {
    if !is_root("become somebody else") {
        return;
    }
    let mut troubled = Troubled::new();
    let folders = ["box", "box/set"].map(|name| troubled.setting.path(name));
    let program = troubled.start(Some(NOBODY));
    let set_mode =
        |mode| folders.iter().for_each(|folder| fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap());
    troubled.lasts(&program, "permission", || set_mode(0o555), || set_mode(0o755));
    troubled.stops(program);
}

#[test]
fn without_descriptors_it_keeps_tokens_and_recovers() {
    if !is_root("look at the descriptors of a process that keeps secrets") {
        return;
    }
    let mut troubled = Troubled::new();
    // Shorter than the periodic check of key files, because no event signals that they are readable again.
    troubled.setting.sandbox.set(|settings| settings.life = Duration::from_secs(20));
    // The second and third of several requests in quick succession are logged only at this level.
    let program = troubled.start_loud(None, "debug");
    let before = troubled.view();
    let pid = program.pid();
    let usual = getrlimit(Resource::Nofile);
    let limit = |current| {
        let pid = Pid::from_raw(pid.cast_signed());
        prlimit(pid, Resource::Nofile, Rlimit { current, ..usual }).unwrap();
    };
    // Neither the first free descriptor nor any later one may be used. A descriptor of a file in the test's folder becomes
    // free soon, unless it is a locked folder.
    let stays = |number: &u64| {
        let leads_to = fs::read_link(format!("/proc/{pid}/fd/{number}"));
        leads_to.is_ok_and(|file| !file.starts_with(troubled.setting.path("")) || file.is_dir())
    };
    limit((0..1024).find(|number| !stays(number)));
    let keys = troubled.change_keys();
    program.until_said("too many files are open", 2);
    for asked in 1..=3 {
        program.signal(Signal::SIGUSR1);
        program.until_said("asked to renew every session", asked);
    }
    assert!(troubled.view() == before, "the old tokens stay");
    assert!(keys.iter().all(|key| troubled.exchanges(key) == 0));
    limit(usual.current);
    within("new tokens", || troubled.view().is_all_new(&before).then_some(()));
    assert!(keys.iter().all(|key| troubled.exchanges(key) == 1));
    let said = troubled.stops(program);
    assert!(!said.contains("has expired"), "no token came to its end: {said}");
    assert!(!said.contains("by somebody else"), "no other process is blamed: {said}");
}

/// One credential with a plain output in a folder that fails, one with a set there, and one in a healthy folder.
struct Troubled {
    setting: Setting,
    changes: u32,
}

/// The readers' files in the folder that fails.
#[derive(PartialEq, Eq, Debug)]
struct View {
    plain: String,
    set: [String; 2],
}

impl Troubled {
    fn new() -> Self {
        let mut setting = Setting::new();
        setting.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
        for name in ["a", "b", "well"] {
            setting.put_key(name, name);
        }
        for folder in ["box", "box/set"] {
            fs::create_dir(setting.path(folder)).unwrap();
        }
        let [keys, trouble, out] = ["keys", "box", "out"].map(|name| setting.path(name));
        let (keys, trouble, out) = (keys.display(), trouble.display(), out.display());
        let text = format!(
            "sets: [{{directory: {trouble}/set}}]\ncredentials:\n\
             - {{name: a, accessKeyFile: {keys}/a, outputs: [{{path: {trouble}/a.jwt}}]}}\n\
             - {{name: b, accessKeyFile: {keys}/b, outputs: [{{path: {trouble}/set/b.jwt}}, {{path: {trouble}/set/b.json, format: json}}]}}\n\
             - {{name: well, accessKeyFile: {keys}/well, outputs: [{{path: {out}/well.jwt}}]}}\n"
        );
        setting.configure(&text);
        Self { setting, changes: 0 }
    }

    /// Starts the daemon as that user, and waits until every token is on disk.
    fn start(&self, user: Option<u32>) -> Program {
        self.start_loud(user, "info")
    }

    fn start_loud(&self, user: Option<u32>, level: &str) -> Program {
        let mut command = run(&self.setting.path(""));
        command.env("TOKENWELL_LOG", level);
        if let Some(user) = user {
            for folder in ["", "box", "box/set", "out", "state", "keys"] {
                chown(self.setting.path(folder), Some(user), Some(user)).unwrap();
            }
            command.uid(user).gid(user);
        }
        let program = Program::start(&mut command);
        program.until_said("ready: every required token is on disk", 1);
        program
    }

    /// Begins a fault, changes the keys, lets time pass, and ends the fault.
    fn lasts(&mut self, program: &Program, said: &str, begin: impl FnOnce(), end: impl FnOnce()) {
        let before = self.view();
        begin();
        let keys = self.change_keys();
        program.until_said(said, 2);
        for _ in 0..TICKS {
            self.tick();
        }
        assert!(self.view() == before, "{said}: the old tokens stay");
        assert!(keys.iter().all(|key| self.exchanges(key) == 1), "{said}: a failed write is no reason to ask again");
        end();
        within("new tokens", || self.view().is_all_new(&before).then_some(()));
        for _ in 0..TICKS {
            self.tick();
        }
        assert!(keys.iter().all(|key| self.exchanges(key) == 1), "{said}: one exchange each, and no more");
    }

    /// Changes the key of the third credential during the fault, and checks that its token is not delayed.
    fn tick(&mut self) {
        let exchanges = self.setting.sandbox.counters().exchanges;
        let before = fs::read(self.setting.path("out/well.jwt")).unwrap();
        self.changes += 1;
        self.setting.put_key("well", &format!("well{}", self.changes));
        self.setting.until_exchanges(exchanges + 1);
        within("the other's token", || (fs::read(self.setting.path("out/well.jwt")).unwrap() != before).then_some(()));
    }

    fn change_keys(&mut self) -> [Secret; 2] {
        self.changes += 1;
        ["a", "b"].map(|name| self.setting.put_key(name, &format!("{name}{}", self.changes)))
    }

    fn exchanges(&self, key: &Secret) -> usize {
        self.setting.sandbox.exchanges().iter().filter(|seen| seen.key == Some(key.fingerprint())).count()
    }

    /// Returns the readers' files, and checks that each is complete.
    fn view(&self) -> View {
        let folder = self.setting.path("box");
        let current = || fs::read_link(folder.join("set/..data")).unwrap();
        // A file removed during the read is read again: readers have some seconds, and a machine may stall for as long.
        let files = within("a generation", || {
            let generation = current();
            let folders = [folder.clone(), folder.join("set").join(&generation), folder.join("set").join(&generation)];
            let files = ["a.jwt", "b.jwt", "b.json"].iter().zip(folders).map(|(name, folder)| folder.join(name));
            let read = files.map(|path| (fs::metadata(&path), fs::read_to_string(path))).collect::<Vec<_>>();
            (current() == generation).then_some(read)
        });
        let files = files.into_iter().map(|(found, text)| {
            assert_eq!(found.unwrap().permissions().mode() & 0o7777, 0o640);
            text.unwrap()
        });
        let [plain, jwt, json] = <[String; 3]>::try_from(files.collect::<Vec<_>>()).unwrap();
        assert!(Jwt::parse(&plain).is_ok() && Jwt::parse(&jwt).is_ok());
        let told: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(told["token"].as_str() == Some(&jwt), "files of two generations");
        View { plain, set: [jwt, json] }
    }

    /// Stops the daemon, checks for secrets in its log and for temporary files, and returns the log.
    fn stops(&mut self, program: Program) -> String {
        let ended = program.stop();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        self.setting.clean(&ended);
        for folder in ["box", "box/set"] {
            let names = fs::read_dir(self.setting.path(folder)).unwrap().map(|entry| entry.unwrap().file_name());
            let left: Vec<_> = names
                .filter(|name| {
                    name.to_str().unwrap().ends_with(".tokenwell") || name.to_str().unwrap().contains("_tmp")
                })
                .collect();
            assert!(left.is_empty(), "{left:?}");
        }
        ended.stderr
    }
}

impl View {
    fn is_all_new(&self, before: &Self) -> bool {
        self.plain != before.plain && self.set[0] != before.set[0] && self.set[1] != before.set[1]
    }
}

/// A mount, unmounted on drop.
struct Mount(PathBuf);

impl Mount {
    /// Mounts a small file system in memory; `None`, with a notice, if mounts are not possible.
    fn of_memory(at: &Path) -> Option<Self> {
        let mounted = mount(&["-t", "tmpfs", "-o", "size=256k,mode=0755", "tmpfs"], at);
        if !mounted {
            skipped::on_this_machine("no mounts here (`mount` is not permitted)");
        }
        mounted.then(|| Self(at.to_owned()))
    }

    /// Makes the file system itself read-only or writable, which the kernel refuses while a file is open for writing.
    fn remount(&self, how: &str) {
        assert!(
            mount(&["-o", &format!("remount,{how}")], &self.0),
            "a daemon that is idle has no file open for writing"
        );
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Also works while a daemon left by a failed test uses it.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    Command::new("mount").args(arguments).arg(at).status().is_ok_and(|status| status.success())
}

/// Longer than the daemon's interval between retries of a write.
const TICKS: usize = 4;
const NOBODY: u32 = 65534;
