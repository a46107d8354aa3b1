//! Supervises one program: forwards signals to it, restarts it after a rotation if configured, and stops it when this
//! process is stopped.
//!
//! The program stays in the process group of this process. In a terminal both are thus in the foreground, Ctrl-C and
//! Ctrl-Z reach the program from the terminal itself, and only signals that were sent to this process alone are forwarded.
//! A signal that another process sends to the whole group reaches the program twice: directly and forwarded.
//!
//! If this process is killed, the program keeps running. The kernel can end it too, but that must be requested between
//! fork and exec, which is impossible without `unsafe`. As the first process of a container, this process takes everything
//! in the container with it.

use std::{
    ffi::{OsStr, OsString},
    io,
    pin::Pin,
    process::ExitStatus,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::Command,
    time::{Sleep, sleep},
};
use tracing::{debug, info, warn};

use super::{CannotStart, ChildRegistry, OwnedChild, ReceivedSignal, Sender, Signals, name};

/// A program and its arguments.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its path, or a name that is looked up in `$PATH`.
    pub name: OsString,
    /// Passed unchanged.
    pub arguments: Vec<OsString>,
}

/// The action after a token was replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnRotation {
    /// None: the program notices by itself.
    Nothing,
    /// Sends a signal to the program.
    Signal(Signal),
    /// Stops the program and starts it again.
    Restart,
}

/// Supervises the program.
pub struct Supervisor {
    signals: Signals,
    children: ChildRegistry,
    on_rotation: OnRotation,
    /// The time between TERM and KILL.
    grace: Duration,
    supervised: Option<Supervised>,
}

/// The running program.
struct Supervised {
    owned: OwnedChild,
    phase: Phase,
    /// While it runs: until when rotations are deferred. While it is stopping: when it is killed. `None` after that time.
    timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// It runs.
    Running,
    /// It runs, and a rotation was deferred.
    RotationPending,
    /// It is stopping, and is then started again.
    Restarting,
    /// It is stopping, because this process is.
    Stopping,
}

/// The result of one turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// An event was handled.
    Handled,
    /// No program is running: call [`Supervisor::start`].
    Start,
    /// The program has ended and is not restarted.
    Ended(ExitStatus),
}

impl Supervisor {
    /// Returns a supervisor without a program. `grace` is the time between TERM and KILL.
    pub fn new(signals: Signals, children: ChildRegistry, on_rotation: OnRotation, grace: Duration) -> Self {
        Self { signals, children, on_rotation, grace, supervised: None }
    }

    /// Waits, while no program is running, for a signal that would have ended it. Cancel-safe.
    pub async fn termination_signal(&mut self) -> Signal {
        self.any_of(&[Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM]).await
    }

    /// Waits, after the program has ended, for TERM or INT, which end this process too. Cancel-safe.
    pub async fn stop_signal(&mut self) -> Signal {
        self.any_of(&[Signal::INT, Signal::TERM]).await
    }

    async fn any_of(&mut self, wanted: &[Signal]) -> Signal {
        loop {
            let ReceivedSignal { signal, .. } = self.signals.next().await;
            if wanted.contains(&signal) {
                return signal;
            }
        }
    }

    /// Starts the program with the environment of this process plus these variables. Variables with which a service manager
    /// addresses this process alone are removed.
    pub fn start<'e>(
        &mut self,
        program: &Program,
        variables: impl IntoIterator<Item = (&'e str, &'e OsStr)>,
    ) -> Result<(), CannotStart> {
        let mut command = Command::new(&program.name);
        command.args(&program.arguments);
        for name in SERVICE_MANAGER_VARIABLES {
            command.env_remove(name);
        }
        command.envs(variables);
        let cannot = |error| CannotStart { program: program.name.clone(), error };
        let owned = self.children.start(&mut command).map_err(cannot)?;
        info!(program = %program.name.display(), process = owned.child.id(), "program started");
        self.supervised =
            Some(Supervised { owned, phase: Phase::Running, timer: Some(Box::pin(sleep(QUIET_AFTER_START))) });
        Ok(())
    }

    /// Waits for the next event and handles it. Cancel-safe.
    pub async fn turn(&mut self) -> io::Result<Progress> {
        let Some(supervised) = &mut self.supervised else { return Ok(Progress::Start) };
        tokio::select! {
            status = supervised.owned.child.wait() => {
                let (status, phase) = (status?, supervised.phase);
                self.supervised = None;
                return Ok(ended(status, phase));
            }
            received = self.signals.next() => supervised.forward(received, self.grace),
            () = expired(&mut supervised.timer) => supervised.timer_expired(self.on_rotation, self.grace),
        }
        Ok(Progress::Handled)
    }

    /// Handles the replacement of a token. Shortly after its start a program may not handle the signal yet and would die of
    /// it, so the action is deferred. During a restart nothing more is needed: the next start uses the new token.
    pub fn rotated(&mut self) {
        let Some(supervised) = &mut self.supervised else { return };
        match supervised.phase {
            Phase::Running if supervised.timer.is_some() => supervised.phase = Phase::RotationPending,
            Phase::Running => supervised.handle_rotation(self.on_rotation, self.grace),
            Phase::RotationPending | Phase::Restarting | Phase::Stopping => {}
        }
    }

    /// Whether the program is stopping and is not restarted.
    pub fn is_stopping(&self) -> bool {
        self.supervised.as_ref().is_some_and(|supervised| supervised.phase == Phase::Stopping)
    }

    /// Stops the program, as TERM to this process does.
    pub fn stop(&mut self) {
        if let Some(supervised) = &mut self.supervised {
            supervised.end(Phase::Stopping, self.grace);
        }
    }
}

impl Supervised {
    /// Forwards a signal. The first TERM or INT starts the grace time. Ctrl-C does not: the program got it from the terminal,
    /// and an interactive program continues after it.
    fn forward(&mut self, ReceivedSignal { signal, sender }: ReceivedSignal, grace: Duration) {
        match sender {
            Sender::Terminal => {
                debug!("the program gets {} from the terminal directly", name(signal));
                return;
            }
            // For example `kill 0` in a script, which is meant for the processes of the script.
            Sender::Process(number) if self.owned.child.id() == u32::try_from(number).ok() => {
                debug!("the program itself sent {}; it is not sent back", name(signal));
                return;
            }
            Sender::Kernel | Sender::Process(_) => {}
        }
        if matches!(signal, Signal::TERM | Signal::INT) && self.phase != Phase::Stopping {
            info!("forwarding {}; the program has {} to end", name(signal), humantime::format_duration(grace));
            (self.phase, self.timer) = (Phase::Stopping, Some(Box::pin(sleep(grace))));
        }
        self.send(signal);
    }

    fn timer_expired(&mut self, on_rotation: OnRotation, grace: Duration) {
        self.timer = None;
        match self.phase {
            Phase::Running => {}
            Phase::RotationPending => self.handle_rotation(on_rotation, grace),
            Phase::Restarting | Phase::Stopping => {
                warn!("the program has not ended within {}; it is killed", humantime::format_duration(grace));
                self.send(Signal::KILL);
            }
        }
    }

    /// Performs the action after a rotation.
    fn handle_rotation(&mut self, on_rotation: OnRotation, grace: Duration) {
        self.phase = Phase::Running;
        match on_rotation {
            OnRotation::Nothing => {}
            OnRotation::Signal(signal) => self.send(signal),
            OnRotation::Restart => self.end(Phase::Restarting, grace),
        }
    }

    fn end(&mut self, phase: Phase, grace: Duration) {
        (self.phase, self.timer) = (phase, Some(Box::pin(sleep(grace))));
        self.send(Signal::TERM);
    }

    /// Sends a signal to the program. Until the program was waited for, its number cannot be reused, even if it has ended.
    fn send(&self, signal: Signal) {
        let number = self.owned.child.id().and_then(|number| i32::try_from(number).ok());
        let Some(pid) = number.and_then(Pid::from_raw) else { return };
        match kill_process(pid, signal) {
            Ok(()) => debug!("sent {} to the program", name(signal)),
            Err(error) => warn!("cannot send {} to the program: {error}", name(signal)),
        }
    }
}

fn ended(status: ExitStatus, phase: Phase) -> Progress {
    match phase {
        Phase::Restarting => {
            info!("restarting the program because a token was replaced");
            Progress::Start
        }
        Phase::Running | Phase::RotationPending | Phase::Stopping => {
            info!("the program has ended: {status}");
            Progress::Ended(status)
        }
    }
}

async fn expired(timer: &mut Option<Pin<Box<Sleep>>>) {
    match timer {
        Some(timer) => timer.await,
        None => std::future::pending().await,
    }
}

/// The variables that `sd_notify(3)`, `sd_watchdog_enabled(3)` and `sd_listen_fds(3)` read.
const SERVICE_MANAGER_VARIABLES: [&str; 6] =
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/// How long rotations are deferred after a start. Rotations that come together thus cause one restart.
const QUIET_AFTER_START: Duration = Duration::from_secs(1);
