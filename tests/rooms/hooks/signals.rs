//! Signal hooks by pid file and by process name. No other process receives the signal.

use std::{
    fs::{self, File},
    os::unix::{fs::symlink, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use tokenwell::{
    clock,
    hook::{Hook, HookOutcome, Recipient, Signal},
};

use super::{
    PATIENCE,
    app::{App, LISTEN, copied, pid},
    failure, nobody, run,
};

#[tokio::test]
async fn a_signal_reaches_the_process_of_the_current_pid_file() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("app.pid"), folder.path().join("link.pid"));
    symlink(&file, &link).unwrap();
    let hook = hup(Recipient::PidFile(link));
    for _ in 0..2 {
        let app = App::start();
        fs::write(&file, format!(" {}\n", app.number())).unwrap();
        assert_eq!(run(&hook).await.outcome, HookOutcome::Done);
        assert_eq!(app.line(), "told");
    }
}

#[tokio::test]
async fn a_process_that_is_younger_than_its_pid_file_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.pid");
    let app = App::start();
    fs::write(&path, app.number().to_string()).unwrap();
    let written_at = clock::wall() - Duration::from_secs(60);
    File::options().append(true).open(&path).unwrap().set_modified(written_at).unwrap();
    let hook = hup(Recipient::PidFile(path.clone()));
    let said = failure(&run(&hook).await).replace(path.to_str().unwrap(), "/run/app.pid");
    insta::assert_snapshot!(said.replace(&app.number().to_string(), "7"), @"process 7 started after pid file `/run/app.pid` was written: the number probably belongs to another program; restart the app so that it writes the file again, or use `processName`");
    app.heard_nothing();
    fs::write(&path, app.number().to_string()).unwrap();
    assert_eq!(run(&hook).await.outcome, HookOutcome::Done);
    assert_eq!(app.line(), "told");
}

#[tokio::test]
async fn no_pid_file_and_no_process_are_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.pid");
    let hook = hup(Recipient::PidFile(path.clone()));
    assert!(nobody(&run(&hook).await).ends_with("is missing"));
    for empty in ["", " \n"] {
        fs::write(&path, empty).unwrap();
        assert!(nobody(&run(&hook).await).ends_with("is empty"));
    }
    let mut ended = Command::new("/bin/true").spawn().unwrap();
    fs::write(&path, ended.id().to_string()).unwrap();
    // The process has ended, but is not reaped yet.
    waitid(Id::Pid(pid(ended.id())), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).unwrap();
    assert_eq!(nobody(&run(&hook).await), format!("process {} is not running", ended.id()));
    ended.wait().unwrap();
    assert_eq!(nobody(&run(&hook).await), format!("process {} is not running", ended.id()));
}

#[tokio::test]
async fn what_is_no_pid_file_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.pid");
    let hook = hup(Recipient::PidFile(path.clone()));
    for text in ["nginx", "0", "-1", "12 13", &format!("{}7", " ".repeat(100))] {
        fs::write(&path, text).unwrap();
        let ran = run(&hook).await;
        assert!(failure(&ran).contains("is not a process number"), "{ran:?}");
    }
    fs::remove_file(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(failure(&run(&hook).await).contains("not a regular file"));
    let folder_of_it = hup(Recipient::PidFile(folder.path().to_owned()));
    assert!(failure(&run(&folder_of_it).await).contains("not a regular file"));
    let below_a_file = hup(Recipient::PidFile("/dev/null/app.pid".into()));
    assert!(failure(&run(&below_a_file).await).contains("a part of its path is a file"));
}

#[tokio::test]
async fn tokenwell_never_signals_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.pid");
    fs::write(&path, std::process::id().to_string()).unwrap();
    // This signal does no harm if it is delivered.
    let harmless = |to| Hook::Signal { signal: Signal::parse("CONT").unwrap(), to };
    let ran = run(&harmless(Recipient::PidFile(path))).await;
    assert!(failure(&ran).contains("tokenwell's own process number"), "{ran:?}");
    let own = std::env::current_exe().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    // A child of another test of this process has the same name for a moment.
    assert!(nobody_in_the_end(&harmless(Recipient::ProcessName(own))).await.contains("shareProcessNamespace"));
}

#[tokio::test]
async fn a_thread_is_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.pid");
    let (tell, told) = std::sync::mpsc::channel::<()>();
    let (say, number) = std::sync::mpsc::channel();
    let waits = std::thread::spawn(move || {
        say.send(nix::unistd::gettid()).unwrap();
        told.recv()
    });
    fs::write(&path, number.recv().unwrap().to_string()).unwrap();
    // Newer kernels report that there is no such process.
    let ran = run(&hup(Recipient::PidFile(path))).await;
    assert!(!matches!(ran.outcome, HookOutcome::Done), "{ran:?}");
    drop(tell);
    let _ = waits.join();
}

#[tokio::test]
async fn a_name_reaches_the_first_of_its_name_and_not_its_children() {
    let program = Program::new("app");
    let (parent, child) = (program.folder.path().join("parent"), program.folder.path().join("child"));
    fs::write(&parent, "trap 'echo parent told' HUP\n\"$1\" \"$2\" &\nwhile :; do wait; done\n").unwrap();
    fs::write(&child, format!("echo $$ > \"$0.pid\"\n{LISTEN}\n")).unwrap();
    let app = App::of(Command::new(&program.path).arg(&parent).arg(&program.path).arg(&child));
    let hook = hup(Recipient::ProcessName(program.name.clone()));
    assert_eq!(run(&hook).await.outcome, HookOutcome::Done);
    assert_eq!(app.line(), "parent told");
    let child: u32 = fs::read_to_string(child.with_extension("pid")).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(pid(child), nix::sys::signal::Signal::SIGUSR2).unwrap();
    assert_eq!(app.line(), "still here", "and nothing of a HUP before that");
    drop(app);
    // The child was killed too, and is not reaped.
    assert!(nobody_in_the_end(&hook).await.contains("no process named"));
}

#[tokio::test]
async fn a_signal_reaches_every_process_with_a_long_name() {
    let program = Program::new("with-a-long-name");
    assert!(program.name.len() > 15);
    // The first process matches by its full name, the second only by the prefix that the kernel keeps.
    let start = |called: &str| App::of(Command::new(&program.path).arg0(called).args(["-c", LISTEN]));
    let (first, second) = (start(&program.name), start("the app: busy"));
    assert_eq!(run(&hup(Recipient::ProcessName(program.name.clone()))).await.outcome, HookOutcome::Done);
    assert_eq!((first.line(), second.line()), ("told".to_owned(), "told".to_owned()));
}

#[tokio::test]
async fn a_process_has_its_called_name_unless_it_is_a_sentence() {
    let name = format!("tw{}called", std::process::id());
    let listening = |called: String| App::of(Command::new("/bin/sh").arg0(called).args(["-c", LISTEN]));
    let sentence = listening(format!("other: serving /srv/{name}"));
    let hook = hup(Recipient::ProcessName(name.clone()));
    nobody(&run(&hook).await);
    let app = listening(format!("/opt/{name}"));
    assert_eq!(run(&hook).await.outcome, HookOutcome::Done);
    assert_eq!(app.line(), "told");
    sentence.heard_nothing();
}

#[tokio::test]
async fn more_of_a_name_than_can_be_meant_are_left_alone() {
    let program = Program::new("many");
    let nothing = program.folder.path().join("nothing");
    nix::unistd::mkfifo(&nothing, nix::sys::stat::Mode::S_IRWXU).unwrap();
    // These shells start no children and wait forever.
    let line = "for n in $(seq 80); do \"$0\" -c 'read line <\"$0\"' \"$1\" & done; echo ready; wait";
    let app = App::of(Command::new("/bin/sh").args(["-c", line]).arg(&program.path).arg(&nothing));
    let hook = hup(Recipient::ProcessName(program.name.clone()));
    let one_more = App::of(Command::new(&program.path).args(["-c", LISTEN]));
    super::until(|| named(&program.name) >= 80).await;
    assert!(failure(&run(&hook).await).contains("none was signalled"));
    one_more.heard_nothing();
    drop(app);
}

/// Waits until the hook finds no recipient, and returns the reason.
async fn nobody_in_the_end(hook: &Hook) -> String {
    let end = clock::now() + PATIENCE;
    loop {
        let ran = run(hook).await;
        if let HookOutcome::NoRecipient(why) = ran.outcome {
            return why;
        }
        assert!(clock::now() < end, "{ran:?}");
    }
}

/// Returns the number of processes with that name.
fn named(name: &str) -> usize {
    let entries = fs::read_dir("/proc").unwrap();
    let names = entries.filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("comm")).ok());
    names.filter(|comm| comm.trim() == name).count()
}

/// A copy of the shell under a name that no other process has.
struct Program {
    folder: tempfile::TempDir,
    path: PathBuf,
    name: String,
}

impl Program {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("tw{}{name}", std::process::id());
        let path = folder.path().join(&name);
        copied(Path::new("/bin/sh"), &path);
        Self { folder, path, name }
    }
}

fn hup(to: Recipient) -> Hook {
    Hook::Signal { signal: Signal::parse("HUP").unwrap(), to }
}
