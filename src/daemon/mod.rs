//! The loop that drives the renewals: it owns all state, effects are tasks, and their answers come back as events.
//!
//! [`Daemon::turn`] takes one happening (an answer, an alarm, a signal, a hint that a file changed) and lets the pure core
//! decide. What a command wants of the daemon (to run for ever, to get every token once, to show a table) is the command's
//! own loop around `turn`.

pub mod clock;

mod advice;
mod answers;
mod effects;
mod exchange_effect;
mod faces;
mod grounds;
mod guard;
mod history;
mod hooks;
mod kept;
mod membership;
mod memory;
mod news;
mod next;
mod readiness;
mod refusals;
mod reload;
mod reporting;
mod service;
mod signals;
mod skew;
mod span;
pub mod standing;
mod storm;
mod survey;
mod tasks;
mod told;
pub mod trial;
mod trust;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::{sync::Semaphore, task, time};
use tracing::{debug, info, warn};

pub use self::skew::Skew;
use self::{
    clock::Alarm,
    exchange_effect::Host,
    faces::Faces,
    grounds::Grounds,
    guard::Guard,
    history::History,
    kept::Kept,
    membership::Listing,
    reload::{Reloads, Why},
    service::Service,
    signals::{Request, Signals},
    storm::{Storm, Word},
    survey::{Scope, Survey},
    tasks::{Done, Task, Tasks},
};
use crate::{
    child::{Family, Orphans},
    config::{Config, Credential, Loaded, LogSettings, Mark, Mistakes},
    confine::Confinement,
    exchange::ClientError,
    output::{Locks, Spared},
    renewal::{Event, Fleet, Id, Moment, Past},
    status::{Durations, Question},
    watch::{Sentry, Touched, Watch},
};

/// The daemon's state, owned by whoever turns it.
pub struct Daemon {
    config: Config,
    source: Source,
    confinement: Option<Confinement>,
    host: Arc<Host>,
    fleet: Fleet,
    kept: HashMap<Id, Kept>,
    names: BTreeMap<String, Id>,
    /// What keeps the spacing of those that left, should they come back.
    pasts: HashMap<String, (Past, Moment)>,
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
    spared: Arc<Spared>,
    signals: Signals,
    /// Of requests to renew every session.
    nudges: Storm,
    /// The children of this process, be they the daemon's or a command's.
    family: Family,
    /// Where this is the first process of a container, or stands in for a program.
    orphans: Option<Orphans>,
    /// How often readers got a token that they did not have.
    rotations: u64,
    watch: Watch,
    sentry: Sentry,
    guard: Guard,
    alarm: Alarm,
    grounds: Grounds,
    /// When it began.
    started: Moment,
    reloads: Reloads,
    /// How long exchanges took.
    durations: Durations,
    history: History,
    faces: Faces,
    service: Service,
    announced_ready: bool,
    /// Who kept it from being ready when last asked.
    laggard: Option<Id>,
}

/// Where the configuration comes from, to read it again.
#[derive(Clone)]
pub struct Source {
    /// The file to watch; none in the file-less form.
    pub file: Option<PathBuf>,
    /// Reads it, and says what it held; blocking.
    pub load: Arc<dyn Fn() -> (Mark, Result<Loaded, Mistakes>) + Send + Sync>,
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
        let family = Family::default();
        let orphans = Orphans::of_first_process(&family)?;
        Self::assemble(config, source, Signals::listen()?, family, orphans)
    }

    /// The same for a command that stands in for a program: signals are left to it, and orphans are seen off wherever it
    /// runs. The program is to be started by [`Self::family`].
    pub fn start_beside_a_program(config: Config, source: Source) -> Result<Self, StartError> {
        let family = Family::default();
        let orphans = Orphans::adopt(family.clone())?;
        let mut daemon = Self::assemble(config, source, Signals::of_somebody_else(), family, Some(orphans))?;
        daemon.service = Service::of_a_program();
        Ok(daemon)
    }

    fn assemble(
        config: Config,
        source: Source,
        signals: Signals,
        family: Family,
        orphans: Option<Orphans>,
    ) -> Result<Self, StartError> {
        let host = Arc::new(Host::new(&config, None)?);
        let mut daemon = Self {
            fleet: Fleet::new(config.in_flight_max, fastrand::u64(..)),
            host,
            source,
            confinement: None,
            kept: HashMap::new(),
            names: BTreeMap::new(),
            pasts: HashMap::new(),
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
            spared: Arc::default(),
            signals,
            nudges: Storm::default(),
            family,
            orphans,
            rotations: 0,
            watch: Watch::new(),
            sentry: Sentry::default(),
            guard: Guard::default(),
            alarm: Alarm::new()?,
            grounds: Grounds::default(),
            started: clock::now(),
            reloads: Reloads::new(clock::now()),
            durations: Durations::default(),
            history: History::default(),
            faces: Faces::default(),
            service: Service::default(),
            announced_ready: false,
            laggard: None,
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
        daemon.settle(desired);
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
            touched = self.sentry.touched() => Happening::OutputsTouched(touched),
            question = self.faces.question() => Happening::Question(question),
            number = next_orphan(&mut self.orphans) => Happening::OrphanSeenOff(number),
            rung = self.alarm.rung() => rung.map(|()| Happening::Alarm)?,
        };
        match happening {
            Happening::Ended(task, done) => self.ended(task, *done),
            Happening::Hint => self.survey(),
            Happening::OutputsTouched(touched) => self.touched(&touched),
            Happening::Question(question) => self.answer(question),
            Happening::Alarm => self.wake(),
            Happening::OrphanSeenOff(process) => debug!(process, "an orphan has ended"),
            Happening::Asked(Request::Reload, sender) => {
                self.say_reload_is_asked_for(&sender);
                self.load(Why::Asked);
                self.survey();
            }
            Happening::Asked(Request::RenewAll, sender) => {
                self.say_renewal_is_asked_for(&sender);
                self.nudge_all();
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
        let poll = self.grounds.survey.is_idle().then_some(self.grounds.poll_at);
        let faces = [self.status_file_due(), self.service.due()];
        [self.fleet.next_wake(), poll, self.tidy_at()].into_iter().chain(faces).flatten().min()
    }

    fn wake(&mut self) {
        let now = clock::now();
        for id in self.fleet.wake(now) {
            self.notice_end(id, now);
        }
        if self.grounds.survey.is_idle() && now >= self.grounds.poll_at {
            self.survey();
        }
        self.tidy(now);
        self.pasts.retain(|_, (_, kept_until)| now < *kept_until);
    }

    /// Looks at everything on disk that steers the daemon; at once, or when the look that is under way has ended.
    fn survey(&mut self) {
        if !self.grounds.survey.begin() {
            return;
        }
        let scope = Scope {
            key_files: self.kept.values().map(|kept| kept.credential.key_file.clone()).collect(),
            key_directories: self.config.key_directories.iter().map(|directory| directory.path.clone()).collect(),
            config_file: self.source.file.clone(),
            newcomers: self.newcomers(),
            status_socket: self.status_socket(),
        };
        let (host, locks) = (Arc::clone(&self.host), Arc::clone(&self.locks));
        self.tasks.start(Task::Survey, async move {
            task::spawn_blocking(move || Done::Surveyed(Survey::take(&scope, &host.ledger, &locks)))
                .await
                .unwrap_or(Done::Lost)
        });
    }

    fn say_renewal_is_asked_for(&mut self, sender: &str) {
        let (message, credentials) = ("asked to renew every session", self.names.len());
        match self.nudges.note(clock::now(), message) {
            Word::Told(untold) => info!(sender, credentials, untold, "{message}"),
            Word::Untold => debug!(sender, credentials, "{message}"),
        }
    }

    fn nudge_all(&mut self) {
        let now = clock::now();
        for id in self.names.values() {
            self.fleet.handle(now, *id, Event::Nudged);
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
    OrphanSeenOff(u32),
}

async fn next_orphan(orphans: &mut Option<Orphans>) -> u32 {
    match orphans {
        Some(orphans) => orphans.seen_off().await,
        None => std::future::pending().await,
    }
}

/// The most threads that a daemon needs for files and name look-ups; a runtime should allow so many.
pub const BLOCKING_THREADS_MAX: usize = 64;

/// Writes under way at once.
const WRITERS_MAX: usize = 16;

/// How long writes may take after the daemon was told to stop.
const DRAIN_MAX: Duration = Duration::from_secs(10);
