//! Log lines for systemd's journal, with a socket in its place.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    os::{
        fd::OwnedFd,
        unix::{fs::MetadataExt as _, net::UnixStream},
    },
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tokenwell::sandbox::Answer;

use crate::{
    program::{once, run},
    setting::Setting,
};

/// Starts a command whose standard error is a socket, which `$JOURNAL_STREAM` names unless another one is connected there.
fn start(command: &mut Command, is_journal: bool) -> (Child, BufReader<UnixStream>) {
    let (journal, stderr) = UnixStream::pair().unwrap();
    let stderr = File::from(OwnedFd::from(stderr));
    let found = stderr.metadata().unwrap();
    let inode = if is_journal { found.ino() } else { found.ino() + 1 };
    command.env("JOURNAL_STREAM", format!("{}:{inode}", found.dev())).env_remove("TOKENWELL_LOG");
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
    // The command holds the other end too, and the reader would not see the end of the stream.
    command.stderr(Stdio::null());
    (child, BufReader::new(journal))
}

/// The lines up to the first one with this text.
fn until_line(journal: &mut BufReader<UnixStream>, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in journal.lines() {
        lines.push(line.unwrap());
        if lines.last().unwrap().contains(text) {
            return lines;
        }
    }
    panic!("no `{text}` in {lines:#?}")
}

fn until_ready(setting: &Setting, is_journal: bool) -> Vec<String> {
    let (mut child, mut journal) = start(&mut run(&setting.path("")), is_journal);
    let lines = until_line(&mut journal, "ready: every required token is on disk");
    child.kill().unwrap();
    child.wait().unwrap();
    lines
}

fn configure(setting: &Setting, format: &str) {
    setting.sandbox.script([Answer::status(503), Answer::denied()]);
    let renew = "renew: {spacing: 100ms, retryFirst: 100ms, deniedEvery: 1s}\n";
    setting.configure_with(renew, &format!("log: {{format: {format}}}\n{}", setting.named(&["a"])));
}

/// The level of a line that begins with the priority of it.
fn level_of(line: &str) -> (&str, &str) {
    let (priority, rest) = line.split_at_checked(3).unwrap();
    let level = match priority {
        "<3>" => "ERROR",
        "<4>" => "WARN",
        "<6>" => "INFO",
        _ => panic!("no priority: {line}"),
    };
    (level, rest)
}

#[test]
fn the_journal_gets_text_without_time_and_colours() {
    for format in ["auto", "text"] {
        let setting = Setting::with(&["a"]);
        configure(&setting, format);
        let lines = until_ready(&setting, true);
        for line in &lines {
            let (level, rest) = level_of(line);
            assert!(rest.starts_with(&format!("{level} ")), "{line}");
            assert!(!rest.contains('\u{1b}') && !rest.contains('{'), "{line}");
            let hours = rest.split_whitespace().any(|word| word.ends_with('Z') && word.contains(':'));
            assert!(!hours || rest.contains("ready"), "{line}");
        }
        let found = |start: &str, end: &str| lines.iter().any(|line| line.starts_with(start) && line.contains(end));
        assert!(found("<4>WARN ", " credential=\"a\""), "{lines:#?}");
        assert!(found("<4>WARN ", " class=\"failed\""), "{lines:#?}");
        assert!(found("<3>ERROR ", " credential=\"a\""), "{lines:#?}");
        assert!(found("<6>INFO token written ", " credential=\"a\""), "{lines:#?}");
    }
}

#[test]
fn json_in_the_journal_must_be_asked_for() {
    let setting = Setting::with(&["a"]);
    configure(&setting, "json");
    for line in until_ready(&setting, true) {
        let (level, rest) = level_of(&line);
        assert_eq!(serde_json::from_str::<Value>(rest).unwrap()["level"], level, "{line}");
    }
}

#[test]
fn a_stream_that_is_not_the_journals_gets_json() {
    let setting = Setting::with(&["a"]);
    configure(&setting, "auto");
    for line in until_ready(&setting, false) {
        assert!(serde_json::from_str::<Value>(&line).unwrap()["timestamp"].is_string(), "{line}");
    }
}

#[test]
fn errors_and_warnings_of_commands_have_priorities() {
    let setting = Setting::with(&["a"]);
    setting.configure(&format!("nonsense: 1\nother: 2\n{}", setting.named(&["a"])));
    let (mut child, journal) = start(&mut once(&setting.path(""), "30s"), true);
    let lines: Vec<_> = journal.lines().map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(lines.len() > 1 && lines.iter().all(|line| level_of(line).0 == "ERROR"), "{lines:#?}");
}
