//! A standard error that takes nothing: the log reader stalls, is gone, or the disk behind it is full.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, PipeReader, PipeWriter, Write as _, pipe},
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::CommandExt as _},
    },
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tokenwell::{clock, sandbox::Answer};

use crate::{
    client::Server,
    program::{Program, TOKENWELL, once, run, tokenwell, within},
    setting::Setting,
    skipped,
};

#[test]
fn a_log_that_is_not_read_stops_nothing() {
    for flags in [OFlag::empty(), OFlag::O_NONBLOCK] {
        let setting = renewing();
        let (_reader, writer) = full_pipe();
        // Another process that shares the pipe may have set the flag.
        fcntl(&writer, FcntlArg::F_SETFL(flags)).unwrap();
        let mut child = Running::start(&mut run(&setting.path("")), writer);
        setting.until("renewals", |counters| counters.sessions >= 30);
        let server = Server::Unix(setting.path("socket"));
        assert_eq!(server.get("/livez").status, 200);
        assert_eq!(server.get("/readyz").status, 200);
        assert!(server.get("/metrics").body.contains("\ntokenwell_log_lines_suppressed_total 0\n"));
        assert_eq!(child.stop(), Some(0), "TERM works although no line can be written");
    }
}

#[test]
fn a_socket_that_is_not_read_stops_nothing() {
    let setting = renewing();
    let (_reader, mut ours) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    while ours.write(&[b'x'; 1024]).is_ok() {}
    ours.set_nonblocking(false).unwrap();
    let mut child = Running::start(&mut run(&setting.path("")), OwnedFd::from(ours));
    setting.until("renewals", |counters| counters.sessions >= 30);
    assert_eq!(child.stop(), Some(0), "TERM works although no line can be written");
}

#[test]
fn a_reader_that_comes_back_learns_what_is_missing() {
    let setting = renewing();
    // Some lines in each millisecond.
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(2));
    let (reader, writer) = full_pipe();
    let mut child = Running::start(run(&setting.path("")).env("TOKENWELL_LOG", "trace"), writer);
    let server = || Server::Unix(setting.path("socket"));
    within("the socket", || UnixStream::connect(setting.path("socket")).ok());
    let suppressed = || {
        let report: Value = serde_json::from_str(&server().get("/status").body).unwrap();
        report["logLinesSuppressed"].as_u64().unwrap()
    };
    let missing = within("dropped lines", || Some(suppressed()).filter(|lines| *lines > 0));
    let mut lines = BufReader::new(reader).lines().map(Result::unwrap).skip_while(|line| line.starts_with(FILLER));
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap()).unwrap();
    let says = |line: &Value, text: &str| line["message"].as_str().unwrap().contains(text);
    assert!((0..5).any(|_| says(&next(), "starting")), "the oldest lines are kept");
    let summary = std::iter::repeat_with(next).find(|line| says(line, "are missing here")).unwrap();
    assert!(summary["suppressed"].as_u64().unwrap() >= missing, "{summary}");
    assert_eq!(summary["level"], "WARN");
    assert!(server().get("/metrics").body.lines().any(|line| {
        line.strip_prefix("tokenwell_log_lines_suppressed_total ")
            .is_some_and(|lines| lines.parse::<u64>().unwrap() >= missing)
    }));
    // The others are not read, and do not hold the end.
    assert_eq!(child.stop(), Some(0));
}

#[test]
fn commands_end_with_their_codes_although_no_line_fits() {
    let setting = Setting::with(&["a"]);
    let code = |command: &mut Command| {
        let (_reader, writer) = full_pipe();
        Running::start(command, writer).ended()
    };
    let with_config = |command: &str, config: &str| {
        let mut command = tokenwell([command, "--config"]);
        command.arg(setting.path(config));
        command
    };
    assert_eq!(code(&mut once(&setting.path(""), "30s")), Some(0));
    assert!(setting.path("out/a.jwt").exists());
    setting.put("wrong.yaml", "projectId: [\n");
    for command in ["run", "once", "check", "wait", "status"] {
        assert_eq!(code(&mut with_config(command, "wrong.yaml")), Some(2), "{command}");
    }
    assert_eq!(code(&mut tokenwell(["run", "--unknown"])), Some(2));
    assert_eq!(code(with_config("wait", "tokenwell.yaml").args(["--timeout", "0s"])), Some(0));
    let mut exec = with_config("exec", "tokenwell.yaml");
    assert_eq!(code(exec.args(["--", "/bin/sh", "-c", "exit 7"])), Some(7));
}

#[test]
fn a_closed_or_full_standard_error_costs_no_token() {
    for end in ["2>&-", "2>/dev/full"] {
        let setting = renewing();
        let mut command = Command::new("/bin/sh");
        let config = setting.path("tokenwell.yaml");
        command.env_clear().args(["-c", &format!("exec {TOKENWELL} run --config {} {end}", config.display())]);
        let mut child = Running::start(&mut command, File::open("/dev/null").unwrap());
        setting.until("renewals", |counters| counters.sessions >= 20);
        let report: Value = serde_json::from_str(&Server::Unix(setting.path("socket")).get("/status").body).unwrap();
        let is_full = end == "2>/dev/full";
        assert_eq!(report["logLinesSuppressed"].as_u64().unwrap() > 0, is_full, "{end}");
        assert_eq!(child.stop(), Some(0), "{end}");
    }
}

#[test]
fn errors_are_printed_where_no_thread_can_start() {
    let setting = Setting::with(&["a"]);
    setting.put("wrong.yaml", "projectId: [\n");
    if !nix::unistd::geteuid().is_root() {
        return skipped::without_root("only root may become another user");
    }
    let mut command = Command::new("prlimit");
    // Root has no such limit.
    command.args(["--nproc=0", TOKENWELL, "check", "--config"]).arg(setting.path("wrong.yaml")).uid(65_534);
    let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(setting.path("")).status().unwrap();
    assert!(opened.success());
    let ended = Program::start(&mut command).ended();
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("error: ") && !ended.stderr.contains("panicked"), "{}", ended.stderr);
}

#[test]
fn a_slow_reader_gets_every_line_of_a_command() {
    let names: Vec<String> = (0..40).map(|n| format!("c{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let setting = Setting::with(&names);
    let (reader, writer) = full_pipe();
    let mut child = Running::start(once(&setting.path(""), "30s").env("TOKENWELL_LOG", "trace"), writer);
    // A few lines at a time.
    let lines = BufReader::with_capacity(512, reader).lines().map(Result::unwrap);
    let lines: Vec<String> = lines.skip_while(|line| line.starts_with(FILLER)).collect();
    assert_eq!(child.ended(), Some(0));
    assert!(lines.iter().all(|line| serde_json::from_str::<Value>(line).is_ok()), "no line is torn");
    assert!(!lines.iter().any(|line| line.contains("are missing here")));
    let written = |name: &str| {
        let credential = format!("\"credential\":\"{name}\"");
        lines.iter().any(|line| line.contains("\"token written\"") && line.contains(&credential))
    };
    assert!(names.iter().all(|name| written(name)), "{} lines", lines.len());
}

#[test]
fn tokens_that_end_in_one_pause_are_one_line() {
    let names: Vec<String> = (0..60).map(|n| format!("c{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut setting = Setting::with(&names);
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(12));
    setting.configure_with("renew: {at: 95%, retryFirst: 30s, retryMax: 60s}\n", &setting.named(&names));
    let program = setting.ready();
    program.signal(Signal::SIGSTOP);
    setting.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    let ready = clock::now();
    within("the end of every token", || (clock::now().since(ready) > Duration::from_secs(13)).then_some(()));
    program.signal(Signal::SIGCONT);
    program.until_said("60 tokens on disk have expired", 1);
    program.until_said("57 more like this: Descope's API fails: HTTP 503", 1);
    let ended = program.stop();
    let errors: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("\"ERROR\"")).collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].contains("\"count\":60") && errors[0].contains("c00, c01"), "{}", errors[0]);
    let warnings = ended.stderr.lines().filter(|line| line.contains("\"WARN\"")).count();
    assert_eq!(warnings, 4, "three refusals and the summary of the others: {}", ended.stderr);
    setting.clean(&ended);
}

/// A daemon's setting with some renewals in each second, and a status socket.
fn renewing() -> Setting {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let setting = Setting::with(&names);
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(20));
    let status = format!("status: {{listen: \"unix:{}\"}}\n", setting.path("socket").display());
    setting.configure_with(&format!("renew: {{at: 5%, spacing: 100ms}}\n{status}"), &setting.named(&names));
    setting
}

/// A pipe without room.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    let size = usize::try_from(fcntl(&writer, FcntlArg::F_GETPIPE_SZ).unwrap()).unwrap();
    let line = format!("{FILLER:.<1023}\n");
    for _ in 0..size / line.len() {
        writer.write_all(line.as_bytes()).unwrap();
    }
    (reader, writer)
}

/// The program with standard error as given. Dropping it kills it.
struct Running(Child);

impl Running {
    fn start(command: &mut Command, stderr: impl Into<Stdio>) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        // The command would keep its end of the pipe open.
        command.stderr(Stdio::null());
        Self(child)
    }

    fn stop(&mut self) -> Option<i32> {
        kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), Signal::SIGTERM).unwrap();
        self.ended()
    }

    fn ended(&mut self) -> Option<i32> {
        within("the end of the program", || self.0.try_wait().unwrap()).code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const FILLER: &str = "filler";
