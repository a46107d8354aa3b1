//! The one program that this process stands in for: it gets our signals, is started anew where a rotation asks for that,
//! and ends when we are told to.
//!
//! It stays in our process group. In a terminal it is thus in the foreground with us, Ctrl-C and Ctrl-Z reach it from the
//! terminal itself, and we pass on only what was sent to us alone. Whoever sends a signal to the whole group sends it to
//! the program twice: once himself and once through us.
//!
//! If we are killed, the program goes on. That it should die with us can be asked of the kernel only between fork and exec,
//! which is not possible without `unsafe`. As the first process of a container we take everything with us.

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
    /// Its path, or a name to be found by `$PATH`.
    pub name: OsString,
    /// Handed over as they are.
    pub arguments: Vec<OsString>,
}

/// What is done when a token was replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnRotation {
    /// The program looks for itself.
    Nothing,
    /// It is told.
    Signal(Signal),
    /// It is ended and started anew.
    Restart,
}

/// Keeps the program.
pub struct Supervisor {
    signals: Signals,
    children: ChildRegistry,
    on_rotation: OnRotation,
    /// Between TERM and KILL.
    grace: Duration,
    supervised: Option<Supervised>,
}

/// The program as it runs.
struct Supervised {
    owned: OwnedChild,
    phase: Phase,
    /// While it runs: until when it is not bothered with a rotation. When it was told to end: when it is killed. `None` if that
    /// has passed.
    timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// It runs.
    Running,
    /// It runs, and is to hear of a rotation.
    RotationPending,
    /// It was told to end, and another one follows.
    Restarting,
    /// It was told to end, as we were.
    Stopping,
}

/// What a turn came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Something happened and was dealt with.
    Handled,
    /// There is no program: [`Supervisor::start`] it.
    Start,
    /// It has ended, and that is the end.
    Ended(ExitStatus),
}

impl Supervisor {
    /// One without a program yet. `grace` is what a program is given between TERM and KILL.
    pub fn new(signals: Signals, children: ChildRegistry, on_rotation: OnRotation, grace: Duration) -> Self {
        Self { signals, children, on_rotation, grace, supervised: None }
    }

    /// While there is no program: waits for a signal that would have ended it. Cancel-safe.
    pub async fn termination_signal(&mut self) -> Signal {
        loop {
            let ReceivedSignal { signal, .. } = self.signals.next().await;
            if [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM].contains(&signal) {
                return signal;
            }
        }
    }

    /// Starts the program in our own environment, without what a service manager said in it to us alone, and these variables.
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

    /// Waits for the next happening and deals with it. Cancel-safe.
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

    /// A token was replaced. A program that began a moment ago may not know the signal yet and would die of it, so that waits
    /// too. What comes while the program is about to be started anew is in the environment of the next.
    pub fn rotated(&mut self) {
        let Some(supervised) = &mut self.supervised else { return };
        match supervised.phase {
            Phase::Running if supervised.timer.is_some() => supervised.phase = Phase::RotationPending,
            Phase::Running => supervised.handle_rotation(self.on_rotation, self.grace),
            Phase::RotationPending | Phase::Restarting | Phase::Stopping => {}
        }
    }

    /// Whether the program was told to end, and no other follows.
    pub fn is_stopping(&self) -> bool {
        self.supervised.as_ref().is_some_and(|supervised| supervised.phase == Phase::Stopping)
    }

    /// Ends the program, as TERM to us does.
    pub fn stop(&mut self) {
        if let Some(supervised) = &mut self.supervised {
            supervised.end(Phase::Stopping, self.grace);
        }
    }
}

impl Supervised {
    /// Hands a signal on. TERM and INT begin the grace, the first of them; Ctrl-C does not, for the program has it from the
    /// terminal, and one that asks questions goes on after it.
    fn forward(&mut self, ReceivedSignal { signal, sender }: ReceivedSignal, grace: Duration) {
        match sender {
            Sender::Terminal => {
                debug!("the program has {} from the terminal", name(signal));
                return;
            }
            // As `kill 0` in a script does, which means the processes of the script.
            Sender::Process(number) if self.owned.child.id() == u32::try_from(number).ok() => {
                debug!("the program itself sent {}; it is not sent back", name(signal));
                return;
            }
            Sender::Kernel | Sender::Process(_) => {}
        }
        if matches!(signal, Signal::TERM | Signal::INT) && self.phase != Phase::Stopping {
            info!("{} is passed on; the program has {} to end", name(signal), humantime::format_duration(grace));
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

    /// Does what is to be done when a token was replaced.
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

    /// Sends a signal to this very process: as long as it was not waited for it keeps its number, be it a number without a
    /// process.
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
            info!("the program is started anew, for a token was replaced");
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

/// What `sd_notify(3)`, `sd_watchdog_enabled(3)` and `sd_listen_fds(3)` read.
const SERVICE_MANAGER_VARIABLES: [&str; 6] =
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/// How long a program is left in peace after its start. Rotations that come together thus make one restart.
const QUIET_AFTER_START: Duration = Duration::from_secs(1);
