//! The loop that drives the renewals: it owns all state, effects are tasks, and their answers come back as events.
//!
//! [`Daemon::turn`] takes one happening (an answer, an alarm, a signal, a hint that a file changed) and lets the pure core
//! decide. What a command wants of the daemon (to run for ever, to get every token once, to show a table) is the command's
//! own loop around `turn`.

mod answers;
mod effects;
mod hooks;
mod memory;
mod output_monitor;
mod published_times;
mod readiness;
mod reconcile;
mod reload;
mod report;
mod service;
mod skew;
mod status_publisher;
mod trust;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::Semaphore, task, time};
use tracing::{debug, info, warn};

use super::{
    credential_state::CredentialState,
    disk_scan::{DiskScan, ScanRequest},
    exchange_effect::ExchangeContext,
    input_state::InputState,
    log_throttle::{Emit, LogThrottle},
    output_monitor::OutputMonitor,
    reconcile::Listing,
    reloads::{Reloads, Why},
    signals::{Request, Signals},
    skew::Skew,
    status_publisher::StatusPublisher,
    tasks::{Done, Task, Tasks},
};
use crate::{
    child::{ChildRegistry, Orphans},
    clock::{self, Alarm},
    config::{Config, Credential, Digest, Loaded, LogSettings, Mistakes},
    confine::Confinement,
    exchange::ClientError,
    output::{Locks, ProtectedKeys},
    renewal::{Event, Fleet, Id, LastExchange, Moment},
    status::Question,
    watch::{ChangeWatcher, FolderWatcher, Touched},
};

/// The daemon's state, owned by whoever turns it.
pub struct Daemon {
    config: Config,
    source: Source,
    confinement: Option<Confinement>,
    context: Arc<ExchangeContext>,
    fleet: Fleet,
    kept: HashMap<Id, CredentialState>,
    names: BTreeMap<String, Id>,
    /// What keeps the spacing of those that left, should they come back.
    last_exchanges: HashMap<String, (LastExchange, Moment)>,
    listings: BTreeMap<PathBuf, Listing>,
    /// Credentials that wait for a write of their predecessors to end.
    wanted: Option<Vec<Credential>>,
    /// Whose session had fallen due when it was taken over.
    overdue: BTreeSet<Id>,
    /// Whose newest session has a signature that could not be looked at yet.
    unverified: BTreeSet<Id>,
    /// Whose state file cannot be written.
    unkept: BTreeSet<Id>,
    /// Of the last reply that told the server's time; and whether it was said to be large.
    skew: Option<Skew>,
    skew_said: bool,
    tasks: Tasks,
    writers: Arc<Semaphore>,
    /// The outputs that this process has for itself.
    locks: Arc<Locks>,
    /// Where the keys were when last looked at.
    protected_keys: Arc<ProtectedKeys>,
    signals: Signals,
    /// Of requests to renew every session.
    renew_requests: LogThrottle,
    /// The children of this process, be they the daemon's or a command's.
    children: ChildRegistry,
    /// Where this is the first process of a container, or stands in for a program.
    orphans: Option<Orphans>,
    watch: FolderWatcher,
    change_watcher: ChangeWatcher,
    monitor: OutputMonitor,
    alarm: Alarm,
    inputs: InputState,
    /// When it began.
    started: Moment,
    reloads: Reloads,
    publisher: StatusPublisher,
    announced_ready: bool,
    /// Who kept it from being ready when last asked.
    first_unready: Option<Id>,
}

/// Where the configuration comes from, to read it again.
#[derive(Clone)]
pub struct Source {
    /// The file to watch; none in the file-less form.
    pub file: Option<PathBuf>,
    /// Reads it, and says what it held; blocking.
    pub load: Arc<dyn Fn() -> (Digest, Result<Loaded, Mistakes>) + Send + Sync>,
    /// Is called where a new configuration says something else of the log.
    pub log_changed: Arc<dyn Fn(&LogSettings) + Send + Sync>,
}

/// Why a daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No client: no CA roots, an unusable `caFile`.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The kernel refused signals or a timer.
    #[error("cannot set up signals and timers")]
    Kernel(#[from] io::Error),
}

/// What a turn came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Something happened and was dealt with.
    Goes,
    /// TERM or INT: stop, for this reason.
    Stop(String),
}

impl Daemon {
    /// Takes signals over, prepares folders, sweeps what an earlier crash left, and looks at the key files. As the first
    /// process of a container it sees orphans off. Must be called within a current-thread tokio runtime.
    pub fn start(config: Config, source: Source) -> Result<Self, StartError> {
        let children = ChildRegistry::default();
        let orphans = Orphans::of_first_process(&children)?;
        Self::assemble(config, source, Signals::listen()?, children, orphans)
    }

    /// The same for a command that stands in for a program: signals are left to it, and orphans are seen off wherever it
    /// runs. The program is to be started by [`Self::children`].
    pub fn start_beside_a_program(config: Config, source: Source) -> Result<Self, StartError> {
        let children = ChildRegistry::default();
        let orphans = Orphans::adopt(children.clone())?;
        let mut daemon = Self::assemble(config, source, Signals::of_somebody_else(), children, Some(orphans))?;
        daemon.publisher = StatusPublisher::awaiting_program();
        Ok(daemon)
    }

    fn assemble(
        config: Config,
        source: Source,
        signals: Signals,
        children: ChildRegistry,
        orphans: Option<Orphans>,
    ) -> Result<Self, StartError> {
        let context = Arc::new(ExchangeContext::new(&config, None)?);
        let mut daemon = Self {
            fleet: Fleet::new(config.in_flight_max, fastrand::u64(..)),
            context,
            source,
            confinement: None,
            kept: HashMap::new(),
            names: BTreeMap::new(),
            last_exchanges: HashMap::new(),
            listings: BTreeMap::new(),
            wanted: None,
            overdue: BTreeSet::new(),
            unverified: BTreeSet::new(),
            unkept: BTreeSet::new(),
            skew: None,
            skew_said: false,
            tasks: Tasks::default(),
            writers: Arc::new(Semaphore::new(WRITERS_MAX)),
            locks: Arc::default(),
            protected_keys: Arc::default(),
            signals,
            renew_requests: LogThrottle::default(),
            children,
            orphans,
            watch: FolderWatcher::new(),
            change_watcher: ChangeWatcher::default(),
            monitor: OutputMonitor::default(),
            alarm: Alarm::new()?,
            inputs: InputState::default(),
            started: clock::now(),
            reloads: Reloads::new(clock::now()),
            publisher: StatusPublisher::default(),
            announced_ready: false,
            first_unready: None,
            config,
        };
        info!(
            version = env!("CARGO_PKG_VERSION"),
            project = %daemon.config.project,
            api = %daemon.config.base_url,
            credentials = daemon.config.credentials.len(),
            key_folders = daemon.config.key_directories.len(),
            "starting"
        );
        let desired = daemon.desired();
        daemon.reconcile(desired);
        Ok(daemon)
    }

    /// Tells it what the process has left itself: a configuration that needs more is refused.
    pub fn stay_within(&mut self, confinement: Option<Confinement>) {
        self.confinement = confinement;
    }

    /// Waits for the next happening and deals with it. Cancel-safe: what was not taken happens again.
    pub async fn turn(&mut self) -> io::Result<Turn> {
        self.begin_effects();
        self.keep_status_file();
        self.inform_service_manager();
        self.alarm.set(self.next_wake())?;
        let happening = tokio::select! {
            (task, done) = self.tasks.next() => Happening::Ended(task, Box::new(done)),
            (request, sender) = self.signals.next() => Happening::Asked(request, sender),
            () = self.watch.hint() => Happening::Hint,
            touched = self.change_watcher.touched() => Happening::OutputsTouched(touched),
            question = self.publisher.question() => Happening::Question(question),
            number = next_orphan(&mut self.orphans) => Happening::OrphanReaped(number),
            rung = self.alarm.rung() => rung.map(|()| Happening::Alarm)?,
        };
        match happening {
            Happening::Ended(task, done) => self.ended(task, *done),
            Happening::Hint => self.scan_disk(),
            Happening::OutputsTouched(touched) => self.touched(&touched),
            Happening::Question(question) => self.answer(question),
            Happening::Alarm => self.wake(),
            Happening::OrphanReaped(process) => debug!(process, "an orphan has ended"),
            Happening::Asked(Request::Reload, sender) => {
                self.say_reload_is_asked_for(&sender);
                self.load(Why::Requested);
                self.scan_disk();
            }
            Happening::Asked(Request::RenewAll, sender) => {
                self.say_renewal_is_asked_for(&sender);
                self.request_renewal_of_all();
            }
            Happening::Asked(Request::Stop, sender) => return Ok(Turn::Stop(sender)),
        }
        Ok(Turn::Goes)
    }

    /// Stops: starts nothing more and lets the writes at hand come to their end, for [`DRAIN_MAX`] at most.
    pub async fn drain(mut self) {
        self.announce_stopping();
        self.tasks.stop_all_but_writes();
        let writes = async {
            while self.tasks.writing().next().is_some() {
                self.tasks.next().await;
            }
        };
        if time::timeout(DRAIN_MAX, writes).await.is_err() {
            warn!("a write still hangs; it is given up");
        }
        self.leave_status_file().await;
    }

    fn next_wake(&self) -> Option<Moment> {
        let poll = self.inputs.scan.is_idle().then_some(self.inputs.poll_at);
        let faces = [self.status_file_due(), self.publisher.service_manager_due()];
        [self.fleet.next_wake(), poll, self.tidy_at()].into_iter().chain(faces).flatten().min()
    }

    fn wake(&mut self) {
        let now = clock::now();
        for id in self.fleet.wake(now) {
            self.notice_end(id, now);
        }
        if self.inputs.scan.is_idle() && now >= self.inputs.poll_at {
            self.scan_disk();
        }
        self.tidy(now);
        self.last_exchanges.retain(|_, (_, kept_until)| now < *kept_until);
    }

    /// Looks at everything on disk that steers the daemon; at once, or when the look that is under way has ended.
    fn scan_disk(&mut self) {
        if !self.inputs.scan.begin() {
            return;
        }
        let scope = ScanRequest {
            key_files: self.kept.values().map(|kept| kept.credential.key_file.clone()).collect(),
            key_directories: self.config.key_directories.iter().map(|directory| directory.path.clone()).collect(),
            config_file: self.source.file.clone(),
            newcomers: self.newcomers(),
            status_socket: self.publisher.socket_file().map(Path::to_owned),
        };
        let (context, locks) = (Arc::clone(&self.context), Arc::clone(&self.locks));
        self.tasks.start(Task::DiskScan, async move {
            task::spawn_blocking(move || Done::DiskScanned(DiskScan::take(&scope, &context.ledger, &locks)))
                .await
                .unwrap_or(Done::Lost)
        });
    }

    fn say_renewal_is_asked_for(&mut self, sender: &str) {
        let (message, credentials) = ("asked to renew every session", self.names.len());
        match self.renew_requests.note(clock::now(), message) {
            Emit::Now(suppressed) => info!(sender, credentials, suppressed, "{message}"),
            Emit::Suppress => debug!(sender, credentials, "{message}"),
        }
    }

    fn request_renewal_of_all(&mut self) {
        let now = clock::now();
        for id in self.names.values() {
            self.fleet.handle(now, *id, Event::RenewRequested);
        }
    }
}

enum Happening {
    Ended(Task, Box<Done>),
    Asked(Request, String),
    Hint,
    OutputsTouched(Touched),
    Question(Question),
    Alarm,
    OrphanReaped(u32),
}

async fn next_orphan(orphans: &mut Option<Orphans>) -> u32 {
    match orphans {
        Some(orphans) => orphans.reaped().await,
        None => std::future::pending().await,
    }
}

/// The most threads that a daemon needs for files and name look-ups; a runtime should allow so many.
pub const BLOCKING_THREADS_MAX: usize = 64;

/// Writes under way at once.
const WRITERS_MAX: usize = 16;

/// How long writes may take after the daemon was told to stop.
const DRAIN_MAX: Duration = Duration::from_secs(10);
