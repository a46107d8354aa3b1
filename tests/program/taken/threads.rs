//! Without threads: the ones that were started first go on, and hooks that start a program fail with the limit's name.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt as _},
    path::PathBuf,
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
};

use nix::sys::signal::Signal;

use crate::{
    client::Server,
    program::{Program, TOKENWELL, within},
    setting::Setting,
    skipped,
    tools::needs,
};

#[test]
fn a_user_without_threads_at_the_start_gets_them_later() {
    let Some(limit) = UserLimit::new() else { return };
    starts_without_threads(&Limit::User(limit));
}

#[test]
fn a_cgroup_without_threads_at_the_start_gets_them_later() {
    let Some(cgroup) = Cgroup::new() else { return };
    starts_without_threads(&Limit::Cgroup(cgroup));
}

#[test]
fn a_user_without_threads_still_renews() {
    let Some(limit) = UserLimit::new() else { return };
    goes_on_without_threads(&Limit::User(limit));
}

#[test]
fn a_cgroup_without_threads_still_renews() {
    let Some(cgroup) = Cgroup::new() else { return };
    goes_on_without_threads(&Limit::Cgroup(cgroup));
}

fn starts_without_threads(limit: &Limit) {
    let mut setting = setting();
    let hold = setting.sandbox.hold();
    let program = limit.start(&setting, true);
    program.until_said(NO_THREAD, 1);
    program.until_said("status is served", 1);
    let server = Server::Unix(setting.path("out/status.sock"));
    let answer = server.get("/readyz");
    assert_eq!(answer.status, 503);
    for part in ["a: no token yet", "b: no token yet", NO_THREAD, LIMITS] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let status = server.get("/status").body;
    assert!(status.contains(NO_THREAD) && status.contains("\"ready\": false"), "{status}");
    assert!(server.get("/metrics").body.contains("tokenwell_ready 0\n"));
    assert_eq!(server.get("/livez").status, 200);

    drop(hold);
    program.until_said("ready: every required token is on disk", 1);
    assert_eq!(server.get("/readyz").status, 200, "the loop does the work itself");
    renew(&mut setting, &program);

    limit.set(&program, false);
    program.until_said("threads can be started again", 1);
    within("the end of the trouble", || (!server.get("/status").body.contains(NO_THREAD)).then_some(()));
    assert_eq!(server.get("/readyz").status, 200);
    ends_well(&mut setting, program);
}

fn goes_on_without_threads(limit: &Limit) {
    let mut setting = setting();
    let program = limit.start(&setting, false);
    program.until_said("ready: every required token is on disk", 1);
    within("the hooks", || setting.path("out/hooked").exists().then_some(()));
    let server = Server::Unix(setting.path("out/status.sock"));
    limit.set(&program, true);
    for _ in 0..RENEWALS {
        renew(&mut setting, &program);
        assert_eq!(server.get("/readyz").status, 200);
    }
    program.until_said("hook failed: cannot start", 1);
    program.until_said("no process can be started; raise the limit that is reached", 1);
    let key = setting.put_key("a", "other");
    within("the new key", || {
        setting.sandbox.exchanges().iter().any(|seen| seen.key == Some(key.fingerprint())).then_some(())
    });
    limit.set(&program, false);
    program.signal(Signal::SIGUSR1);
    program.until_said("hook works again", 2);
    ends_well(&mut setting, program);
}

fn renew(setting: &mut Setting, program: &Program) {
    let before = ["a", "b"].map(|name| setting.token(name).unwrap());
    program.signal(Signal::SIGUSR1);
    within("new tokens", || {
        let now = ["a", "b"].map(|name| setting.token(name).unwrap());
        (now[0] != before[0] && now[1] != before[1]).then_some(())
    });
}

fn ends_well(setting: &mut Setting, program: Program) {
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.matches(NO_THREAD).count() <= 1, "said once: {}", ended.stderr);
    for wrong in ["bug in tokenwell", "hangs", "takes too long"] {
        assert!(!ended.stderr.contains(wrong), "{wrong}: {}", ended.stderr);
    }
    setting.clean(&ended);
}

/// Two credentials with a hook that starts a program, and a status socket.
fn setting() -> Setting {
    let mut setting = Setting::new();
    for name in ["a", "b"] {
        setting.put_key(name, name);
    }
    let [socket, hooked] = ["status.sock", "hooked"].map(|name| setting.path("out").join(name));
    let hook = format!("[{{command: [/usr/bin/touch, {}]}}]", hooked.display());
    let credentials = setting.named(&["a", "b"]).replace("outputs:", &format!("hooks: {hook}, outputs:"));
    setting.configure(&format!("status: {{listen: \"unix:{}\"}}\n{credentials}", socket.display()));
    setting
}

/// A limit on the threads of the daemon.
enum Limit {
    User(UserLimit),
    Cgroup(Cgroup),
}

/// `RLIMIT_NPROC` of a user of its own.
struct UserLimit {
    user: u32,
}

/// `pids.max`.
struct Cgroup {
    folder: PathBuf,
}

impl Limit {
    fn start(&self, setting: &Setting, is_tight: bool) -> Program {
        let daemon = [TOKENWELL.as_ref(), "run".as_ref(), "--config".as_ref(), &*setting.path("tokenwell.yaml")];
        match self {
            Self::User(limit) => {
                for folder in ["", "out", "state", "keys"] {
                    chown(setting.path(folder), Some(limit.user), Some(limit.user)).unwrap();
                }
                let mut command = Command::new("prlimit");
                command.arg(if is_tight { TIGHT } else { WIDE }).args(daemon).env_clear().env("PATH", PATH);
                Program::start(command.uid(limit.user).gid(limit.user))
            }
            Self::Cgroup(cgroup) => {
                cgroup.set(is_tight.then_some(1));
                let mut command = Command::new("sh");
                let enter = "echo $$ > \"$0\" && exec \"$@\"";
                command.args(["-c", enter]).arg(cgroup.folder.join("cgroup.procs")).args(daemon);
                Program::start(command.env_clear().env("PATH", PATH))
            }
        }
    }

    fn set(&self, program: &Program, is_tight: bool) {
        match self {
            Self::User(limit) => {
                let mut command = Command::new("prlimit");
                command.args(["--pid", &program.pid().to_string(), if is_tight { TIGHT } else { WIDE }]);
                assert!(command.uid(limit.user).gid(limit.user).status().unwrap().success());
            }
            Self::Cgroup(cgroup) => cgroup.set(is_tight.then_some(1)),
        }
    }
}

impl UserLimit {
    fn new() -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            skipped::without_root("only root can run the daemon as another user");
            return None;
        }
        // The limit counts all processes of a user, so each test has its own.
        needs("prlimit").then(|| Self { user: NEXT_USER.fetch_add(1, Ordering::Relaxed) })
    }
}

impl Cgroup {
    fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tokenwell-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let made = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].iter().find_map(|root| {
            let cgroup = Self { folder: PathBuf::from(root).join(&name) };
            fs::create_dir(&cgroup.folder).ok()?;
            cgroup.folder.join("pids.max").exists().then_some(cgroup)
        });
        if made.is_none() {
            skipped::on_this_machine("no cgroup with `pids.max` can be made");
        }
        made
    }

    fn set(&self, limit: Option<u32>) {
        let limit = limit.map_or("max".to_owned(), |limit| limit.to_string());
        fs::write(self.folder.join("pids.max"), limit).unwrap();
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // The kernel removes the last process from it a moment after its end.
        within("an empty cgroup", || fs::remove_dir(&self.folder).ok());
    }
}

const NO_THREAD: &str = "no thread can be started: ";
const LIMITS: &str = "RLIMIT_NPROC (`ulimit -u`), the cgroup's `pids.max`, `TasksMax=` of systemd";
const TIGHT: &str = "--nproc=1:1000";
const WIDE: &str = "--nproc=1000:1000";
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
const RENEWALS: u32 = 5;

/// The next user, so that tests do not share a limit.
static NEXT_USER: AtomicU32 = AtomicU32::new(61_300);
