//! Which environment variables the program receives.

use std::{
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
    process::{Command, Stdio},
    thread,
};

use crate::{
    program::{Program, TOKENWELL},
    skipped,
    stage::{Stage, heeds_ctrl_c},
};

#[test]
fn the_program_inherits_the_environment_without_secrets() {
    let mut stage = Stage::with(&["a"]);
    let mut command = stage.exec(&[], ["sh", "-c", "cat /proc/self/environ > environ"]);
    let ended = Program::start(command.env("EMPTY", "").env("ODD", OsStr::from_bytes(b"\xff=\n"))).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let environ = fs::read(stage.path("environ")).unwrap();
    let has = |wanted: &[u8]| environ.split(|byte| *byte == 0).any(|variable| variable == wanted);
    assert!(has(b"EMPTY=") && has(b"ODD=\xff=\n"));
    let path = stage.path("out/a.jwt").display().to_string();
    assert!(has(format!("DESCOPE_SESSION_TOKEN_FILE={path}").as_bytes()));
    stage.clean(&ended);
    assert_eq!(stage.leaks.found_in(&String::from_utf8_lossy(&environ)), None);
}

#[test]
fn a_requested_token_is_in_the_programs_environment_only() {
    let mut stage = Stage::with(&["a", "b"]);
    let flags = ["--on-rotation", "restart", "--token-env", "TOKEN_OF_B=b", "--token-env", "TOKENWELL_A_FILE=a"];
    let program = stage.start(&flags, "echo \"$TOKEN_OF_B\" | say b; echo \"$TOKENWELL_A_FILE\" | say a; hang");
    let (a, b) = (stage.said("a"), stage.said("b"));
    assert_eq!(stage.token("b").as_deref(), Some(b.as_str()));
    assert_eq!(stage.token("a").as_deref(), Some(a.as_str()), "what was asked for by name wins");
    for name in ["environ", "cmdline"] {
        let ours = fs::read(format!("/proc/{}/{name}", program.pid())).unwrap();
        assert_eq!(stage.leaks.found_in(&String::from_utf8_lossy(&ours)), None, "{name}");
    }
    let ended = program.stop();
    stage.clean(&ended);
}

#[test]
fn arguments_come_as_they_were_written() {
    let mut stage = Stage::with(&["a"]);
    let mut arguments: Vec<&OsStr> = ["--", "-x", "--config", "a b", "", "$HOME", "--help", "é"].map(OsStr::new).into();
    arguments.push(OsStr::from_bytes(b"\xff\xfe"));
    let script = ["sh", "-c", "printf '%s\\0' \"$@\" > arguments", "sh"].map(OsStr::new);
    let ended = Program::start(&mut stage.exec(&[], script.into_iter().chain(arguments.iter().copied()))).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let wanted: Vec<u8> = arguments.iter().flat_map(|argument| [argument.as_bytes(), b"\0"].concat()).collect();
    assert_eq!(fs::read(stage.path("arguments")).unwrap(), wanted);
    stage.clean(&ended);
}

#[test]
fn standard_input_and_output_are_the_programs_alone() {
    let stage = Stage::with(&["a"]);
    let mut command = stage.exec(&[], ["cat"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let text: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_ne_bytes).collect();
    let (mut stdin, sent) = (child.stdin.take().unwrap(), text.clone());
    let writer = thread::spawn(move || stdin.write_all(&sent).unwrap());
    let mut read = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut read).unwrap();
    writer.join().unwrap();
    assert!(read == text, "{} bytes of {}", read.len(), text.len());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_program_inherits_no_descriptor_or_signal_setting() {
    if !heeds_ctrl_c() {
        return;
    }
    let mut stage = Stage::with(&["a"]);
    let script = "grep '^Sig[BI]' /proc/self/status > status; ls -l /proc/self/fd > fds";
    let ended = stage.start(&[], script).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let status = fs::read_to_string(stage.path("status")).unwrap();
    for line in status.lines() {
        let bits = u64::from_str_radix(line.split_once('\t').unwrap().1, 16).unwrap();
        assert_eq!(bits & !LIBC_OWN, 0, "{line}");
    }
    assert_eq!(status.lines().count(), 2);
    let fds = fs::read_to_string(stage.path("fds")).unwrap();
    assert!(!fds.contains("anon_inode:") && !fds.contains("socket:"), "{fds}");
    stage.clean(&ended);
}

#[test]
fn the_program_keeps_the_callers_core_limit() {
    let mut stage = Stage::with(&["a"]);
    let inner = "ulimit -Sc | say soft; ulimit -Hc | say hard; echo | say ready; hang";
    let exec = stage.script(&[], inner);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -Sc 64; ulimit -Sc > wanted; ulimit -Hc >> wanted; exec \"$@\"", "sh", TOKENWELL]);
    shell.args(exec.get_args()).env_clear().env("PATH", "/usr/bin:/bin").current_dir(stage.path(""));
    let program = Program::start(&mut shell);
    stage.said("ready");
    let got = format!("{}\n{}\n", stage.said("soft"), stage.said("hard"));
    let wanted = fs::read_to_string(stage.path("wanted")).unwrap();
    if wanted.starts_with("0\n") {
        skipped::on_this_machine("core dumps are not allowed, so the limit of a program could only be 0");
    }
    assert_eq!(got, wanted);
    let limits = fs::read_to_string(format!("/proc/{}/limits", program.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "ours is 0 all the while");
    let ended = program.stop();
    stage.clean(&ended);
}

/// Signals 32 and 33, which glibc reserves: it ignores them in the processes that it spawns.
const LIBC_OWN: u64 = 0b11 << 31;
