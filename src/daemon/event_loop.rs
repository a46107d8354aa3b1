//! The loop and its state. The files in this folder handle its events: they ask the owners of the state, step the pure
//! core, start tasks and write log lines.

mod answers;
mod clocks;
mod control;
mod drain;
mod effects;
mod hangs;
mod hooks;
mod output_monitor;
mod prior_state;
mod readiness;
mod reconcile;
mod refresh_tokens;
mod refusal_lines;
mod reload;
mod report;
mod scans;
mod service;
mod standby;
mod state_directory;
mod status_publisher;
mod tls_files;
mod token_length;
mod tokens;
mod verification;

use std::{collections::BTreeMap, io, path::Path, sync::Arc};

use tracing::{debug, info};

use super::{
    control_socket::ControlSocket,
    credentials::Credentials,
    disk_scan::{DiskScan, ScanRequest, ScannedSource},
    event_log::EventLog,
    exchange_effect::ExchangeContext,
    hang_monitor::HangMonitor,
    host_holds::HostHolds,
    input_monitor::InputMonitor,
    output_access::OutputAccess,
    output_monitor::OutputMonitor,
    processes::Processes,
    readiness_index::ReadinessIndex,
    reconciler::Reconciler,
    refresh_warnings::RefreshWarnings,
    reloader::{ReloadSource, Reloader, Why},
    signals::{Request, Signals},
    status_publisher::StatusPublisher,
    tasks::{Done, Task, Tasks},
    tls_files::TlsFiles,
    verifier::Verifier,
};
use crate::{
    blocking,
    clock::{self, Alarm, WallClockWatch},
    config::{Config, Digest},
    confine::Confinement,
    exchange::ClientError,
    renewal::{Event, Fleet, Moment},
    status::{DaemonIdentity, Query},
    watch::Touched,
};

/// The daemon. The command that calls [`Daemon::turn`] owns it.
pub struct Daemon {
    config: Config,
    reloader: Reloader,
    context: Arc<ExchangeContext>,
    fleet: Fleet,
    credentials: Credentials,
    reconciler: Reconciler,
    verifier: Verifier,
    refresh_warnings: RefreshWarnings,
    event_log: EventLog,
    host_holds: HostHolds,
    tasks: Tasks,
    signals: Signals,
    processes: Processes,
    monitor: OutputMonitor,
    readiness: ReadinessIndex,
    hangs: HangMonitor,
    access: OutputAccess,
    alarm: Alarm,
    wall_clock: WallClockWatch,
    inputs: InputMonitor,
    tls_files: TlsFiles,
    /// Why the earlier state of a credential, by its name, cannot be taken over.
    untaken: BTreeMap<String, String>,
    /// When the daemon started.
    started: Moment,
    publisher: StatusPublisher,
    control: ControlSocket,
}

/// Why a daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No client can be built: there are no CA roots, or `caFile` is unusable.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The kernel refused signals or a timer.
    #[error("cannot set up signals and timers")]
    Kernel(#[from] io::Error),
}

/// The result of a turn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Turn {
    /// An event was handled.
    Goes,
    /// TERM or INT came; holds the sender.
    Stop(String),
}

impl Daemon {
    /// Handles signals from now on, makes folders, removes the leftovers of an earlier crash, and scans the key files.
    /// Reaps orphans as the first process of a container. Must be called within a current-thread tokio runtime.
    pub fn start(config: Config, source: ReloadSource) -> Result<Self, StartError> {
        Self::assemble(config, source, Processes::of_daemon()?, Signals::listen()?)
    }

    /// Starts beside a program that this process supervises: the supervisor handles signals, and orphans are reaped in
    /// any case. The program is to be started by [`Self::children`].
    pub fn start_beside_a_program(config: Config, source: ReloadSource) -> Result<Self, StartError> {
        let mut daemon = Self::assemble(config, source, Processes::of_supervisor()?, Signals::of_somebody_else())?;
        daemon.publisher = StatusPublisher::awaiting_program();
        Ok(daemon)
    }

    fn assemble(
        config: Config,
        source: ReloadSource,
        processes: Processes,
        signals: Signals,
    ) -> Result<Self, StartError> {
        let tls_files = config.http.tls_files().map(|file| (file.to_owned(), Digest::of_file(file))).collect();
        let context = Arc::new(ExchangeContext::new(&config, None)?);
        let mut daemon = Self {
            fleet: Fleet::new(config.in_flight_max, fastrand::u64(..)),
            context,
            reloader: Reloader::new(source, clock::now()),
            credentials: Credentials::default(),
            reconciler: Reconciler::default(),
            verifier: Verifier::default(),
            refresh_warnings: RefreshWarnings::default(),
            event_log: EventLog::default(),
            host_holds: HostHolds::default(),
            tasks: Tasks::default(),
            signals,
            processes,
            monitor: OutputMonitor::default(),
            readiness: ReadinessIndex::default(),
            hangs: HangMonitor::default(),
            access: OutputAccess::default(),
            alarm: Alarm::new()?,
            wall_clock: WallClockWatch::new(),
            inputs: InputMonitor::new(),
            tls_files: TlsFiles::before_clients(tls_files),
            untaken: BTreeMap::new(),
            started: clock::now(),
            publisher: StatusPublisher::default(),
            control: ControlSocket::default(),
            config,
        };
        let DaemonIdentity { host, pod, namespace, instance } = daemon.identity();
        info!(
            version = env!("CARGO_PKG_VERSION"),
            host,
            pod,
            namespace,
            instance,
            project = %daemon.config.project,
            api = %daemon.config.base_url,
            credentials = daemon.config.credentials.len(),
            key_folders = daemon.config.key_directories.len(),
            "starting"
        );
        daemon.compare_clocks();
        daemon.reconcile();
        daemon.settle_readiness();
        Ok(daemon)
    }

    /// Refuses configurations that need more than the process may do.
    pub fn stay_within(&mut self, confinement: Option<Confinement>) {
        self.reloader.stay_within(confinement);
    }

    /// Waits for the next event and handles it. Cancel-safe: an event that was not taken comes again.
    pub async fn turn(&mut self) -> io::Result<Turn> {
        self.begin_effects();
        self.keep_status_file();
        self.inform_service_manager();
        self.alarm.set(self.next_wake())?;
        let happening = tokio::select! {
            (task, done) = self.tasks.next() => Happening::Ended(task, Box::new(done)),
            (request, sender) = self.signals.next() => Happening::Asked(request, sender),
            () = self.inputs.hint() => Happening::Hint,
            touched = self.monitor.touched() => Happening::OutputsTouched(touched),
            question = self.publisher.question() => Happening::Query(question),
            request = self.control.request() => Happening::Query(request),
            () = blocking::shortage_changed() => Happening::ThreadsChanged,
            () = blocking::hang_ended() => Happening::HangEnded,
            number = self.processes.orphan_reaped() => Happening::OrphanReaped(number),
            () = self.wall_clock.set() => Happening::WallClockSet,
            rung = self.alarm.rung() => rung.map(|()| Happening::Alarm)?,
        };
        self.compare_clocks();
        match happening {
            Happening::Ended(task, done) => self.ended(task, *done),
            Happening::Hint => self.scan_disk(),
            Happening::OutputsTouched(touched) => self.touched(&touched),
            Happening::Query(question) => self.answer(question),
            Happening::WallClockSet => debug!("the wall clock was set"),
            Happening::Alarm => self.wake(),
            Happening::ThreadsChanged => self.note_change(),
            Happening::HangEnded => self.notice_hangs(),
            Happening::OrphanReaped(process) => debug!(process, "an orphan has ended"),
            Happening::Asked(Request::Reload, sender) => {
                self.event_log.reload_requested(clock::now(), &sender);
                self.load(Why::Requested);
                self.scan_disk();
            }
            Happening::Asked(Request::RenewAll, sender) => {
                self.event_log.renewal_requested(clock::now(), &sender, self.credentials.len());
                self.request_renewal_of_all();
            }
            Happening::Asked(Request::Stop, sender) => return Ok(Turn::Stop(sender)),
        }
        self.settle_readiness();
        self.event_log.log_ended_sessions();
        self.wake_waiting_clients();
        Ok(Turn::Goes)
    }

    fn next_wake(&self) -> Option<Moment> {
        let poll = self.inputs.due();
        let faces = [self.status_file_due(), self.publisher.service_manager_due(), self.publisher.server_due()];
        [self.fleet.next_wake(), poll, self.monitor.cleanup_due(), self.refresh_warnings.due(), self.hangs_due()]
            .into_iter()
            .chain(faces)
            .flatten()
            .min()
    }

    fn wake(&mut self) {
        let now = clock::now();
        self.notice_hangs();
        let woken = self.fleet.wake(now);
        for id in &woken {
            self.notice_end(*id, now);
        }
        self.notice_doubts(&woken, now);
        if self.inputs.due().is_some_and(|due| now >= due) {
            self.scan_disk();
        }
        self.retry_server(now);
        self.notice_due_refresh_tokens(now);
        self.tidy(now);
        self.reconciler.forget_old_exchanges(now);
    }

    /// Scans the files that steer the daemon; at once, or when the scan in flight has ended.
    fn scan_disk(&mut self) {
        if !self.inputs.begins() {
            return;
        }
        let scope = ScanRequest {
            sources: self
                .credentials
                .all()
                .map(|(id, state)| ScannedSource {
                    id,
                    credential: Arc::clone(state.credential()),
                    reader: state.key().reader().clone(),
                    version: state.key().version(),
                })
                .collect(),
            key_directories: self.config.key_directories.clone(),
            config_file: self.reloader.file().map(Path::to_owned),
            newcomers: self.newcomers(),
            tls_files: self.config.http.tls_files().map(Path::to_owned).collect(),
            tls_key: self.config.http.client_certificate.as_ref().map(|files| files.key.clone()),
            sockets: [self.publisher.socket_file(), self.control.file()]
                .into_iter()
                .flatten()
                .map(Path::to_owned)
                .collect(),
        };
        let (context, locks) = (Arc::clone(&self.context), Arc::clone(self.access.locks()));
        self.tasks
            .start(Task::DiskScan, async move { Done::DiskScanned(DiskScan::take(scope, &context, &locks).await) });
    }

    fn request_renewal_of_all(&mut self) {
        let now = clock::now();
        for id in self.credentials.ids() {
            self.fleet.handle(now, id, Event::RenewRequested);
        }
    }
}

enum Happening {
    Ended(Task, Box<Done>),
    Asked(Request, String),
    Hint,
    OutputsTouched(Touched),
    Query(Query),
    WallClockSet,
    Alarm,
    /// A shortage of threads has begun or ended.
    ThreadsChanged,
    /// An access to a file has ended that was hanging.
    HangEnded,
    OrphanReaped(u32),
}
