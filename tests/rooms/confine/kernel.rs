//! The confinement as the kernel reports it, and kernels that lack the required features.

use std::{collections::BTreeMap, fs, thread};

use nix::libc;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use crate::{
    program::{Program, run},
    setting::{QUICK, Setting},
};

#[test]
fn every_thread_has_no_new_privileges_and_a_filter() {
    let mut setting = Setting::with(&["a"]);
    let program = Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "debug"));
    program.until_said("ready: every required token is on disk", 1);
    program.until_said("confined to the folders of the configuration, and programs cannot be run", 1);
    let threads = fs::read_dir(format!("/proc/{}/task", program.pid())).unwrap();
    let mut looked_at = 0;
    for thread in threads {
        // A short-lived thread for file work may have ended.
        let Ok(status) = fs::read_to_string(thread.unwrap().path().join("status")) else { continue };
        assert_eq!((field(&status, "NoNewPrivs"), field(&status, "Seccomp")), ("1", "2"), "{status}");
        looked_at += 1;
    }
    assert!(looked_at > 1, "the loop, and a thread that watches");
    let ended = program.stop();
    setting.clean(&ended);
}

#[test]
fn command_hooks_or_off_disable_confinement() {
    for (more, said) in [
        ("", "not confined: a hook runs a command, which may need the whole system"),
        ("confine: off\n", "not confined, because of `confine: off`"),
    ] {
        let mut setting = Setting::with(&["a"]);
        let ran = setting.path("ran");
        let hook = format!("    hooks: [{{command: [/usr/bin/touch, {}]}}]\n", ran.display());
        let (key, out) = (setting.path("keys/a"), setting.path("out/a.jwt"));
        let (key, out) = (key.display(), out.display());
        let credential =
            format!("credentials:\n  - name: a\n    accessKeyFile: {key}\n    outputs: [{{path: {out}}}]\n");
        setting.configure_with(QUICK, &format!("{more}{credential}{hook}"));
        let program = setting.ready();
        program.until_said(said, 1);
        crate::program::content(&ran);
        let status = fs::read_to_string(format!("/proc/{}/status", program.pid())).unwrap();
        assert_eq!((field(&status, "NoNewPrivs"), field(&status, "Seccomp")), of_this_process());
        let ended = program.stop();
        assert_eq!(ended.stderr.matches("confined").count(), 1, "{}", ended.stderr);
        setting.clean(&ended);
    }
}

#[test]
fn a_kernel_without_confinement_is_logged_in_one_line() {
    let landlock = [libc::SYS_landlock_create_ruleset];
    let seccomp = [libc::SYS_seccomp];
    let both = [libc::SYS_landlock_create_ruleset, libc::SYS_seccomp];
    let cases: [(&[i64], i32, &str); 5] = [
        (&landlock, libc::ENOSYS, "partly confined: the kernel has no Landlock; programs cannot be run"),
        (&landlock, libc::EOPNOTSUPP, "partly confined: the kernel has no Landlock; programs cannot be run"),
        (&landlock, libc::EPERM, "partly confined: the kernel has no Landlock; programs cannot be run"),
        (&seccomp, libc::EPERM, "partly confined: confined to its folders; the kernel refuses the seccomp filter ("),
        (&both, libc::ENOSYS, "not confined: the kernel has no Landlock; the kernel refuses the seccomp filter ("),
    ];
    for (missing, error, said) in cases {
        let mut setting = Setting::with(&["a"]);
        let program = under_a_kernel_without(missing, error, &setting);
        program.until_said("ready: every required token is on disk", 1);
        setting.put_key("a", "rotated");
        program.until_said("token written", 2);
        let ended = program.stop();
        assert_eq!(ended.code, Some(0));
        let lines: Vec<_> = ended.stderr.lines().filter(|line| line.contains("confined")).collect();
        assert!(lines.len() == 1 && lines[0].contains(said) && lines[0].contains("INFO"), "{error} {lines:?}");
        setting.clean(&ended);
    }
}

/// Starts the daemon from a thread in which these system calls fail, also for its children.
fn under_a_kernel_without(calls: &[i64], error: i32, setting: &Setting) -> Program {
    let rules: BTreeMap<i64, _> = calls.iter().map(|call| (*call, Vec::new())).collect();
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let refuse = SeccompAction::Errno(error.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture).unwrap();
    let filter = BpfProgram::try_from(filter).unwrap();
    thread::scope(|scope| {
        let starter = scope.spawn(|| {
            seccompiler::apply_filter(&filter).unwrap();
            Program::start(&mut run(&setting.path("")))
        });
        starter.join().unwrap()
    })
}

fn of_this_process() -> (&'static str, &'static str) {
    let status = fs::read_to_string("/proc/self/status").unwrap().leak();
    (field(status, "NoNewPrivs"), field(status, "Seccomp"))
}

fn field<'a>(status: &'a str, name: &str) -> &'a str {
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t")).unwrap()
}
