//! The environment of one test: a folder, a sandbox, a daemon, and the logs of both.

use std::{
    future::pending,
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokenwell::{
    config::{self, Config, Digest, Environment, Loaded, Mistakes},
    daemon::{Daemon, ReloadSource, Turn},
    sandbox::{Sandbox, Settings},
    secret::Secret,
    status::CredentialReport,
};
use tracing::Level;

use crate::{
    common::place::Place,
    log::{self, Line},
};

/// Runs a test in its own world, and checks that the log contains no secret and no unexpected error.
pub(crate) fn told(story: impl AsyncFnOnce(&mut World)) {
    static WORLDS: AtomicUsize = AtomicUsize::new(1);
    log::listen();
    let number = WORLDS.fetch_add(1, Ordering::Relaxed);
    log::belong_to(number);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(move || log::belong_to(number))
        .build()
        .unwrap();
    let runtime = Unwaited(Some(runtime));
    runtime.0.as_ref().unwrap().block_on(async {
        let mut world = World::new(number);
        story(&mut world).await;
        Box::pin(world.end()).await;
    });
}

/// A runtime that does not wait for its threads at the end, so that a failed test ends even if a thread hangs.
struct Unwaited(Option<tokio::runtime::Runtime>);

impl Drop for Unwaited {
    fn drop(&mut self) {
        self.0.take().unwrap().shutdown_background();
    }
}

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    place: Place,
    daemon: Option<Daemon>,
    number: usize,
    first_line: usize,
    errors: Vec<String>,
    tolerated: Vec<String>,
}

impl World {
    fn new(number: usize) -> Self {
        // The lifetime is long enough that no renewal falls due while a test counts exchanges, even on a slow machine.
        let life = Duration::from_secs(3600);
        let sandbox = Sandbox::start(Settings { life, ..Settings::default() }).unwrap();
        let (errors, tolerated) = (Vec::new(), Vec::new());
        let first_line = log::length();
        Self { sandbox, place: Place::new(), daemon: None, number, first_line, errors, tolerated }
    }

    // ---- configuration and daemon

    /// Returns a configuration with one credential for each file in `keys`.
    pub(crate) fn whole_folder(&self) -> String {
        let (keys, out) = (self.path("keys"), self.path("out/{name}.jwt"));
        let (keys, out) = (keys.display(), out.display());
        format!("credentialsFrom:\n  - {{accessKeyDirectory: {keys}, outputs: [{{path: \"{out}\"}}]}}\n")
    }

    /// Writes the configuration: the common part of all worlds, and `rest`.
    pub(crate) fn configure(&self, rest: &str) {
        let renew = "renew: {spacing: 100ms, retryFirst: 100ms, retryMax: 300ms, jitter: 0%, deniedEvery: 1h}\n";
        self.configure_with(renew, rest);
    }

    pub(crate) fn configure_with(&self, renew: &str, rest: &str) {
        let rest = format!("{renew}{rest}");
        self.put("tokenwell.yaml", &self.configuration(&self.sandbox.base_url(), &rest));
    }

    pub(crate) fn start(&mut self) {
        let source = config::ConfigSource::file(self.path("tokenwell.yaml"));
        let config = config::load(&source, &Environment::default()).unwrap_or_else(|wrong| panic!("{wrong}")).config;
        self.begin(config, move || config::load_with_digest(&source, &Environment::default()));
    }

    /// Starts the daemon such that its second read of the configuration file finds the content of `passing`. Every
    /// other read finds the real file.
    pub(crate) fn start_where_it_is_read_as(&mut self, passing: &str) {
        let (source, passing) = (config::ConfigSource::file(self.path("tokenwell.yaml")), self.path(passing));
        let config = config::load(&source, &Environment::default()).unwrap_or_else(|wrong| panic!("{wrong}")).config;
        let passing = Mutex::new(Some(config::ConfigSource::file(passing)));
        self.begin(config, move || {
            let now = passing.lock().unwrap().take();
            config::load_with_digest(now.as_ref().unwrap_or(&source), &Environment::default())
        });
    }

    fn begin(&mut self, config: Config, load: impl Fn() -> (Digest, Result<Loaded, Mistakes>) + Send + Sync + 'static) {
        let (file, load) = (Some(self.path("tokenwell.yaml")), Arc::new(load));
        self.daemon = Some(
            Daemon::start(
                config,
                ReloadSource {
                    file,
                    load,
                    log_changed: Arc::new(|_| ()),
                    placement: tokenwell::status::Placement::default(),
                },
            )
            .unwrap(),
        );
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.drain().await;
        }
    }

    fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().expect("the daemon runs")
    }

    // ---- waiting

    /// Runs turns of the daemon until the condition is true.
    pub(crate) async fn until(&mut self, what: &str, mut wanted: impl FnMut(&mut Self) -> bool) {
        let waiting = async {
            while !wanted(self) {
                self.turn().await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            let said: Vec<_> = self.lines().into_iter().filter(|line| line.level <= Level::INFO).collect();
            panic!("in vain: {what}\n{:#?}\n{said:#?}", self.daemon().report());
        }
    }

    /// Runs one turn of the daemon, or lets the sandbox or a thread make progress.
    async fn turn(&mut self) {
        let before = self.sandbox.counters();
        tokio::select! {
            turn = self.daemon.as_mut().expect("the daemon runs").turn() => assert_eq!(turn.unwrap(), Turn::Goes),
            _ = self.sandbox.until(|counters| *counters != before) => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }

    /// Runs turns of the daemon until a future is ready.
    pub(crate) async fn meanwhile<T>(&mut self, future: impl Future<Output = T>) -> T {
        let turning = async {
            loop {
                self.turn().await;
            }
        };
        tokio::select! {
            ready = future => ready,
            () = turning => pending().await,
        }
    }

    pub(crate) async fn until_fresh(&mut self, name: &str) {
        self.until(&format!("`{name}` is fresh"), |world| world.state(name) == Some("fresh")).await;
    }

    pub(crate) async fn until_exchanges(&mut self, exchanges: u64) {
        self.until(&format!("{exchanges} exchanges"), |world| world.exchanges() >= exchanges).await;
    }

    pub(crate) async fn until_said(&mut self, level: Level, text: &str) {
        self.until(&format!("`{text}` is said"), |world| world.said(level, text) > 0).await;
    }

    /// Adds a credential and waits for its token. Every action that was due at once has happened by then.
    pub(crate) async fn until_a_newcomer_is_fresh(&mut self, name: &str) {
        self.put_key(name, name);
        self.until_fresh(name).await;
    }

    /// Waits until the next action for this credential is due. The daemon runs no turn meanwhile.
    pub(crate) async fn until_due(&self, name: &str) {
        let due = self.report(name).and_then(|report| report.next_action?.at).expect("something is planned");
        #[expect(clippy::disallowed_methods, reason = "the report tells moments on the wall clock")]
        let left = due.duration_since(SystemTime::now()).unwrap_or_default();
        tokio::time::sleep(left + Duration::from_millis(1)).await;
    }

    // ---- inspection

    pub(crate) fn report(&self, name: &str) -> Option<CredentialReport> {
        self.daemon().report().credentials.into_iter().find(|report| report.name == name)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.daemon().report().credentials.into_iter().map(|report| report.name).collect()
    }

    pub(crate) fn state(&self, name: &str) -> Option<&'static str> {
        self.report(name).map(|report| report.state)
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.daemon().report().ready
    }

    pub(crate) fn guards_its_outputs(&self) -> bool {
        self.daemon().guards_its_outputs()
    }

    pub(crate) fn is_telling(&self) -> bool {
        self.daemon().is_telling()
    }

    pub(crate) fn exchanges(&self) -> u64 {
        self.sandbox.counters().exchanges
    }

    /// Counts the exchanges that arrived with this key.
    pub(crate) fn exchanges_with(&self, key: &Secret) -> usize {
        let print = key.fingerprint();
        self.sandbox.exchanges().iter().filter(|seen| seen.key == Some(print)).count()
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        log::since(self.first_line).into_iter().filter(|line| line.world == self.number).collect()
    }

    /// Counts the log messages with this text at this level. Ignores messages about a slow disk.
    pub(crate) fn said(&self, level: Level, text: &str) -> usize {
        let is_of_the_machine = |line: &Line| line.text.contains("the disk takes too long");
        let is_it = |line: &&Line| line.level == level && line.text.contains(text) && !is_of_the_machine(line);
        self.lines().iter().filter(is_it).count()
    }

    /// Returns the number of configurations that were applied after the first.
    pub(crate) fn applied_configurations(&self) -> usize {
        usize::try_from(self.daemon().report().configuration.applied).unwrap()
    }

    /// Returns the number of refused configurations.
    pub(crate) fn refused_configurations(&self) -> usize {
        usize::try_from(self.daemon().report().configuration.refusals).unwrap()
    }

    // ---- expected errors

    /// Expects at least one error that contains this text.
    pub(crate) fn expect_error(&mut self, text: &str) {
        self.errors.push(text.to_owned());
    }

    /// Permits errors that contain this text.
    pub(crate) fn tolerate_error(&mut self, text: &str) {
        self.tolerated.push(text.to_owned());
    }

    async fn end(mut self) {
        self.stop().await;
        assert!(self.litter().is_empty(), "litter: {:?}", self.litter());
        self.learn_tokens();
        let lines = log::since(self.first_line);
        for line in &lines {
            let ours = line.world == self.number || line.world == 0;
            if let Some(what) = self.leaks.found_in(&line.text) {
                panic!("{what} was said in a line of {} bytes at level {}", line.text.len(), line.level);
            }
            let mut expected = self.errors.iter().chain(&self.tolerated);
            let expected = expected.any(|error| line.text.contains(error.as_str()));
            assert!(!ours || line.level != Level::ERROR || expected, "an error: {}", line.text);
        }
        for error in &self.errors {
            assert!(self.said(Level::ERROR, error) > 0, "no such error was said: {error}");
        }
    }
}

impl Deref for World {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Place {
        &mut self.place
    }
}

/// Returns whether the wall clock has passed a moment.
pub(crate) fn has_passed(moment: SystemTime) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the report tells moments on the wall clock")]
    let now = SystemTime::now();
    now >= moment
}

/// Poll interval for changes that cause no turn, such as a file written by a thread.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Longest wait before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
