//! Runs the doctor, reads its report, and checks that it contains no secret.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tokenwell::sandbox::{Sandbox, Settings};

use crate::{
    program::{Ended, Program, tokenwell},
    setting::Setting,
};

/// Returns a command `tokenwell check --online` with the configuration of a setting.
pub(crate) fn check(setting: &Setting) -> Command {
    let mut command = tokenwell(["check", "--online", "--config"]);
    command.arg(setting.path("tokenwell.yaml"));
    command
}

/// Runs the command, and checks its output for secrets.
pub(crate) fn run(setting: &mut Setting, command: &mut Command) -> Ended {
    let ended = Program::start(command).ended();
    setting.learn_tokens();
    for text in [&ended.stdout, &ended.stderr] {
        assert_eq!(setting.leaks.found_in(text), None, "in {} bytes", text.len());
        assert!(!text.contains("hunter22") && !text.contains("panicked"), "{text}");
    }
    assert!(setting.litter().is_empty(), "{:?}", setting.litter());
    ended
}

/// Returns the findings without the plan above them.
pub(crate) fn examination(ended: &Ended) -> &str {
    let begins = |symbol| ended.stdout.find(&format!("\n{symbol} pass  config "));
    begins('+').or_else(|| begins('✓')).map_or("", |at| &ended.stdout[at + 1..])
}

/// Returns the lines of one subject.
pub(crate) fn of<'e>(ended: &'e Ended, subject: &str) -> Vec<&'e str> {
    examination(ended).lines().filter(|line| line.get(8..).is_some_and(|rest| rest.starts_with(subject))).collect()
}

/// Returns the only line of a subject.
pub(crate) fn line<'e>(ended: &'e Ended, subject: &str) -> &'e str {
    let lines = of(ended, subject);
    assert_eq!(lines.len(), 1, "{subject} in {}{}", ended.stdout, ended.stderr);
    lines[0]
}

/// Returns the report without the values that vary by machine and time.
pub(crate) fn plain(setting: &Setting, text: &str, ports: &[(SocketAddr, &str)]) -> String {
    let mut text = text.replace(&setting.path("").display().to_string(), "DIR/");
    for (address, name) in ports {
        text = text.replace(&address.to_string(), name);
    }
    let lines: Vec<_> = text.lines().map(without_figures).collect();
    lines.join("\n")
}

/// Replaces times, free space, fingerprints and dates, recognized by the words around them.
fn without_figures(line: &str) -> String {
    // The server sends whole seconds, so the skew is sometimes one second less.
    let line = line.replace("in memory", "on a disk").replace("1h 59m 59s", "2h");
    let words: Vec<_> = line.split(' ').collect();
    let is = |at: Option<usize>, word: &str| at.and_then(|at| words.get(at)).is_some_and(|found| *found == word);
    let mut plain = Vec::new();
    for (n, word) in words.iter().enumerate() {
        let end = word.trim_end_matches(|c: char| c.is_ascii_punctuation()).len();
        if word.starts_with('(') && word.contains("ms)") {
            plain.push("(…ms)".to_owned() + word.split_once("ms)").unwrap().1);
        } else if is(n.checked_sub(1), "key") && is(n.checked_sub(2), "with") || is(n.checked_sub(1), "(until") {
            plain.push(format!("…{}", &word[end..]));
        } else if is(Some(n + 1), "free") || is(Some(n + 1), "free,") {
            plain.push("…".to_owned());
        } else if !(is(Some(n + 2), "free") || is(Some(n + 2), "free,")) {
            plain.push((*word).to_owned());
        }
    }
    plain.join(" ")
}

/// Returns all entries of a folder: names, modes, times and contents.
pub(crate) fn everything(folder: &Path) -> Vec<(PathBuf, u32, i64, i64, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            all.extend(everything(&path));
        }
        let content = if about.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        // The modification time of a folder changes when a file is created in it and removed again.
        let times = if about.is_dir() { (0, 0) } else { (about.mtime(), about.mtime_nsec()) };
        all.push((path, about.mode(), times.0, times.1, content));
    }
    all.sort();
    all
}

/// Returns a setting with the session lifetime that Descope projects usually have.
pub(crate) fn patient_setting(names: &[&str]) -> Setting {
    let mut setting = Setting::with(names);
    setting.sandbox = Sandbox::start(Settings { life: Duration::from_secs(600), ..Settings::default() }).unwrap();
    setting.configure(&setting.named(names));
    setting
}
