//! The stage of a program: its section of the page, a server that judges the tokens, and the daemon.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::PathBuf,
    time::Duration,
};

use super::{
    Found,
    arrivals::{Summary, Written},
    sections::{TOKENWELL, section},
};
use crate::{
    program::{Program, within_limit},
    server::{Server, Visits},
    setting::Setting,
    tls_front::TlsFront,
};

/// How the tokens stand in their directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// A single file, replaced by a rename.
    File,
    /// A set, which changes as a whole by its link `..data`.
    Set,
}

/// How often the daemon renews a token, for programs that read the file for each request, and for those that keep it for a minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    /// Each second.
    Quick,
    /// Each minute.
    Slow,
}

pub(crate) struct Stage {
    setting: Setting,
    server: Server,
    snippets: BTreeMap<String, String>,
    shape: Shape,
    pace: Pace,
    written: Written,
}

impl Stage {
    /// A stage for the program of this section of `docs/readers.md`.
    pub(crate) fn new(title: &str, shape: Shape) -> Self {
        Self::at_pace(title, shape, Pace::Quick)
    }

    /// The same with another pace of the renewals.
    pub(crate) fn at_pace(title: &str, shape: Shape, pace: Pace) -> Self {
        let mut setting = Setting::new();
        setting.sandbox.set(|settings| settings.life = pace.life());
        setting.put_key("billing", "billing");
        let server = Server::start(&setting.sandbox);
        Self { setting, server, snippets: section(title), shape, pace, written: Written::default() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.setting.path(name)
    }

    /// The address of the server, as `host:port`.
    pub(crate) fn server(&self) -> String {
        self.server.address().to_string()
    }

    /// The same server behind TLS. Its certificate, for `localhost`, is in the test's folder as `ca.pem`.
    pub(crate) fn tls_server(&self) -> String {
        let front = TlsFront::of(self.server.address());
        self.setting.put("ca.pem", &front.root);
        front.base_url
    }

    /// A snippet with the paths and the server's address of the test in place of the printed ones.
    pub(crate) fn snippet(&self, name: &str) -> String {
        let known: Vec<_> = self.snippets.keys().collect();
        let text = self.snippets.get(name).unwrap_or_else(|| panic!("there is no snippet {name}, only {known:?}"));
        let folder = self.path("").display().to_string();
        let folder = folder.trim_end_matches('/');
        text.replace("/var/run/secrets/descope", &format!("{folder}/keys"))
            .replace("/run/tokenwell", &format!("{folder}/out"))
            .replace("/etc/nginx/", &format!("{folder}/"))
            .replace("/run/haproxy.pid", &format!("{folder}/haproxy.pid"))
            .replace("127.0.0.1:8080", &self.server())
    }

    /// Writes a file into the test's folder.
    pub(crate) fn put(&self, name: &str, text: &str) -> PathBuf {
        self.setting.put(name, text);
        self.path(name)
    }

    /// Starts the daemon with the section's configuration, and waits until the token is on disk.
    pub(crate) fn start_daemon(&self) -> Program {
        self.start_daemon_with(|configuration| configuration)
    }

    /// The same with another port in the configuration.
    pub(crate) fn start_daemon_with(&self, change: impl Fn(String) -> String) -> Program {
        let mut configuration = change(self.snippet(TOKENWELL));
        if self.shape == Shape::Set {
            let folder = self.path("out");
            configuration = format!(
                "{configuration}sets: [{{directory: {}}}]
",
                folder.display()
            );
        }
        self.setting.configure_with(self.pace.renew(), &configuration);
        self.setting.ready()
    }

    /// The requests until now.
    pub(crate) fn visits(&self) -> Visits {
        self.server.visits()
    }

    /// Forgets the requests until now.
    pub(crate) fn forget(&self) {
        self.server.forget();
    }

    /// Makes requests until enough new tokens have arrived, one after the other, prints the numbers, and checks that every
    /// request had a whole token that was valid. A program that makes requests by itself needs none.
    pub(crate) fn through_rotations(&mut self, program: &Found, mut request: impl FnMut()) -> Summary {
        let what = format!("{} with a new token", program.title());
        for _ in 0..=ROTATIONS {
            let known = self.server.visits().tokens.len();
            within_limit(&what, self.pace.patience(), || {
                request();
                self.note_written();
                (self.server.visits().tokens.len() > known).then_some(())
            });
        }
        let summary = Summary::of(&self.server.visits(), &self.written);
        // libtest hides what a passing test prints by macros.
        let _ = writeln!(io::stderr(), "{} ({:?}): {summary}", program.title(), self.shape);
        assert!(summary.is_clean(), "{summary}: {:?}", summary.refused);
        summary
    }

    /// Ends the daemon, and checks its output: no failed hook, no secret.
    pub(crate) fn end(mut self, daemon: Program) {
        let ended = daemon.stop();
        assert!(!ended.stderr.contains("hook failed"), "{}", ended.stderr);
        self.setting.clean(&ended);
    }

    fn note_written(&mut self) {
        let configuration = self.snippet(TOKENWELL);
        let (_, rest) = configuration.split_once("path: ").unwrap();
        let path = rest.split([',', '}', '\n']).next().unwrap();
        let read = || Some((fs::read_to_string(path).ok()?, fs::metadata(path).ok()?.modified().ok()?));
        let Some((text, at)) = read() else { return };
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if let Some(token) = text.split(|c| !is_part(c)).find(|word| word.starts_with("eyJ")) {
            self.written.note(token, at);
        }
    }
}

/// The new tokens that a program must send after its first one.
const ROTATIONS: usize = 5;

impl Pace {
    /// A token lives longer than it is used, so that only a program that keeps it sends an expired one.
    fn life(self) -> Duration {
        match self {
            Self::Quick => Duration::from_secs(10),
            Self::Slow => Duration::from_secs(150),
        }
    }

    fn renew(self) -> &'static str {
        match self {
            Self::Quick => "renew: {at: 10%, spacing: 100ms, retryFirst: 100ms, retryMax: 300ms}\n",
            Self::Slow => "renew: {at: 40%, spacing: 100ms, retryFirst: 100ms, retryMax: 300ms}\n",
        }
    }

    /// How long a new token may take to arrive.
    fn patience(self) -> Duration {
        match self {
            Self::Quick => Duration::from_secs(30),
            Self::Slow => Duration::from_secs(180),
        }
    }
}
