//! The real binary's `demo` with its output in a pipe: it prints events, prints no secret, ends on request and leaves no
//! files.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A demo whose temporary folder is in the test's folder.
struct Demo {
    temporary: tempfile::TempDir,
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tokenwell"))
            .arg("demo")
            .args(arguments)
            .env("TMPDIR", temporary.path())
            // The demo ignores the variables of real projects.
            .env("DESCOPE_PROJECT_ID", "P2other")
            .env("DESCOPE_BASE_URL", "https://api.descope.invalid")
            .env_remove("TOKENWELL_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { temporary, child, output }
    }

    /// Reads until a line contains this text, and returns everything that was read.
    fn until(&mut self, wanted: &str) -> String {
        let mut read = String::new();
        while !read.lines().last().is_some_and(|line| line.contains(wanted)) {
            assert!(self.output.read_line(&mut read).unwrap() > 0, "`{wanted}` never came:\n{read}");
        }
        read
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Returns the rest of the output, the exit status, standard error, and the folder.
    fn end(mut self) -> (String, ExitStatus, String, tempfile::TempDir) {
        let (mut rest, mut complaints) = (String::new(), String::new());
        self.output.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        (rest, self.child.wait().unwrap(), complaints, self.temporary)
    }
}

fn assert_empty(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Whether an exchange meets an outage that lasts less than a second depends on when the first tokens were written; the
/// demo of ten seconds shows it.
#[test]
fn it_narrates_ends_by_itself_and_leaves_nothing_behind() {
    let (output, status, complaints, temporary) = Demo::start(&["--for", "3s"]).end();
    assert!(status.success(), "{status}\n{complaints}\n{output}");
    assert_eq!(complaints, "");
    assert_empty(temporary.path());
    let told = [
        "a sandbox for Descope's API listens on http://127.0.0.1:",
        "billing  first token written",
        "search   first token written",
        "the access key of `billing` is rotated in the mounted Secret",
        "the API is down for",
        "the API is back",
        "that was all: a new key and an outage",
        "the demo is over",
        "no token file was ever missing, torn or expired",
        "check --project-id",
        "run --project-id",
    ];
    for part in told {
        assert!(output.contains(part), "`{part}` is not told:\n{output}");
    }
    // No access key (`K2…`), no JWT (`eyJ…`), no escape code.
    for secret in ["K2", "eyJ", "\x1b"] {
        assert!(!output.contains(secret), "{output}");
    }
}

#[test]
fn ten_seconds_show_a_key_changed_and_an_outage_survived() {
    let (output, status, complaints, temporary) = Demo::start(&["--for", "10s"]).end();
    assert!(status.success(), "{status}\n{complaints}\n{output}");
    // The events of each story are in order; on a slow machine the stories may interleave.
    let stories: [&[&str]; 3] = [
        &[
            "the access key of `billing` is rotated in the mounted Secret",
            "billing  the key file has a new access key: ",
            "billing  token of the new key written",
        ],
        &[
            "the API is down for",
            "Descope's API fails: HTTP 503, as staged; the old token is valid for another",
            "recovered: new token written",
        ],
        &["the API is down for", "the API is back", "recovered: new token written", "that was all"],
    ];
    for story in stories {
        story.iter().fold(output.as_str(), |rest, part| {
            let (_, rest) = rest.split_once(part).unwrap_or_else(|| panic!("`{part}` never came:\n{output}"));
            rest
        });
    }
    assert!(output.contains("no token file was ever missing, torn or expired"), "{output}");
    assert_empty(temporary.path());
}

#[test]
fn an_interrupt_ends_it_and_cleans_up() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut demo = Demo::start(&[]);
        let told = demo.until("first token written");
        let folder =
            fs::read_dir(demo.temporary.path()).unwrap().next().expect("a folder while it runs").unwrap().path();
        assert!(told.contains(&folder.join("tokens").display().to_string()), "{told}");
        let data = fs::read_link(folder.join("secret/..data")).unwrap();
        assert!(data.to_string_lossy().starts_with("..2"), "{data:?}");
        assert_eq!(fs::read_link(folder.join("secret/billing")).unwrap(), Path::new("..data/billing"));
        demo.signal(signal);
        let (output, status, complaints, temporary) = demo.end();
        assert_eq!((status.code(), complaints.as_str()), (Some(0), ""), "{output}");
        assert!(output.contains("exchanges"), "{output}");
        assert_empty(temporary.path());
    }
}

#[test]
fn it_ends_when_its_reader_is_gone() {
    let mut demo = Demo::start(&[]);
    demo.until("first token written");
    let Demo { temporary, mut child, output } = demo;
    drop(output);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_empty(temporary.path());
}
