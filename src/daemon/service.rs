//! What the service manager is told, and when (`Type=notify` and `Type=notify-reload`, `systemd.service(5)`).
//!
//! `READY=1` comes when every required token is on disk, and again after each reload. `WATCHDOG=1` comes from the loop and from
//! nowhere else, so that a loop that is stuck is killed. How long a start may take is the manager's to say
//! (`TimeoutStartSec=`): it is given more time as long as first tokens arrive, so that many credentials are no reason to
//! kill the unit, and no more while none does.

mod socket;

use std::{collections::VecDeque, io, mem, time::Duration};

use tracing::{info, warn};

use self::socket::Socket;
use super::{Daemon, reload::Why};
use crate::{
    clock,
    renewal::Moment,
    status::{self, Report},
};

/// What the service manager knows and what it is still to be told.
#[derive(Debug, Default)]
pub(super) struct Service {
    socket: Option<Socket>,
    /// What could not be sent yet, oldest first; at most [`UNSENT_MAX`].
    unsent: VecDeque<String>,
    send_again: Moment,
    /// Whether it was said that nothing can be sent.
    deaf: bool,
    watchdog: Option<Watchdog>,
    phase: Phase,
    /// The last `STATUS=`.
    sentence: String,
    changed: bool,
    not_before: Moment,
    /// The most required tokens that there were.
    tokens: usize,
}

#[derive(Debug)]
struct Watchdog {
    pause: Duration,
    due: Moment,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    #[default]
    Starting,
    /// The readiness of this process is that of a program which does not run yet.
    AwaitingProgram,
    Ready,
    Reloading,
    Stopping,
}

impl Service {
    /// Not ready before a program runs.
    pub(super) fn of_a_program() -> Self {
        Self { phase: Phase::AwaitingProgram, ..Self::default() }
    }

    /// There may be something else to tell.
    pub(super) fn note_change(&mut self) {
        self.changed = true;
    }

    /// When there is something to do for it.
    pub(super) fn due(&self) -> Option<Moment> {
        self.socket.as_ref()?;
        if !self.unsent.is_empty() {
            return Some(self.send_again);
        }
        let watchdog = self.watchdog.as_ref().map(|watchdog| watchdog.due);
        let sentence = self.changed.then_some(self.not_before);
        [watchdog, sentence].into_iter().flatten().min()
    }

    fn say(&mut self, now: Moment, message: String) {
        if self.socket.is_some() {
            if self.unsent.len() == UNSENT_MAX {
                self.unsent.pop_front();
            }
            self.unsent.push_back(message);
            self.send(now);
        }
    }

    /// Sends what there is, as far as the manager takes it.
    fn send(&mut self, now: Moment) {
        let Some(socket) = &self.socket else { return };
        while let Some(message) = self.unsent.front() {
            match socket.say(message) {
                Ok(()) if mem::take(&mut self.deaf) => info!("the service manager can be told again how it is"),
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.send_again = now + SEND_AGAIN;
                    return;
                }
                Err(error) => {
                    if !mem::replace(&mut self.deaf, true) {
                        warn!("cannot tell the service manager how it is: {error}");
                    }
                }
            }
            self.unsent.pop_front();
        }
    }

    fn is_to_be_fed(&mut self, now: Moment) -> bool {
        let Some(watchdog) = self.watchdog.as_mut().filter(|watchdog| now >= watchdog.due) else { return false };
        watchdog.due = now + watchdog.pause;
        true
    }
}

impl Daemon {
    /// Tells the service manager how it is from here on, if there is one. Of a command that ends soon it is not to know.
    pub fn tell_service_manager(&mut self) {
        match Socket::of_environment() {
            Ok(None) => return,
            Ok(socket) => self.service.socket = socket,
            Err(error) => warn!("cannot tell the service manager of `$NOTIFY_SOCKET` how it is: {error}"),
        }
        let pause = socket::silence_max().map(|silence| (silence / 2).max(WATCHDOG_PAUSE_MIN));
        self.service.watchdog = pause.map(|pause| Watchdog { pause, due: Moment::default() });
        self.service.changed = true;
    }

    /// The program that was waited for runs: what is ready may be called so.
    pub fn program_runs(&mut self) {
        if self.service.phase == Phase::AwaitingProgram {
            self.service.phase = Phase::Starting;
        }
    }

    /// Says once that this process is about to end.
    pub fn announce_stopping(&mut self) {
        if self.service.phase != Phase::Stopping {
            self.service.phase = Phase::Stopping;
            // The last writes may take a while.
            let watchdog = if self.service.watchdog.is_some() { "\nWATCHDOG=1" } else { "" };
            self.service.say(clock::now(), format!("STOPPING=1\nSTATUS=stopping{watchdog}"));
        }
    }

    /// Says whatever is due.
    pub(super) fn inform_service_manager(&mut self) {
        if self.service.socket.is_none() {
            return;
        }
        let now = clock::now();
        self.service.send(now);
        if self.is_first_ready() {
            self.service.phase = Phase::Ready;
            let sentence = self.next_sentence(now, &self.report());
            self.service.say(now, format!("READY=1\nSTATUS={sentence}"));
        }
        // Where the manager does not read, there is no use in more of these.
        if self.service.unsent.is_empty() && self.service.is_to_be_fed(now) {
            self.service.say(now, "WATCHDOG=1".to_owned());
        }
        if self.service.unsent.is_empty() && self.service.changed && now >= self.service.not_before {
            self.tell_sentence(now);
        }
    }

    /// A reading of the configuration begins. The first one of all is part of the start.
    pub(super) fn announce_reloading(&mut self, why: Why) {
        if self.service.phase == Phase::Ready && why != Why::Started {
            self.service.phase = Phase::Reloading;
            let micros = clock::monotonic().as_micros();
            self.service.say(clock::now(), format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
        }
    }

    /// The reading has ended, be it that what was read is refused: the daemon goes on either way.
    pub(super) fn announce_reloaded(&mut self) {
        if self.service.phase == Phase::Reloading {
            self.service.phase = Phase::Ready;
            self.service.say(clock::now(), "READY=1".to_owned());
        }
    }

    /// Where no credential is known, none is written, and nothing else tells that it is ready.
    fn is_first_ready(&self) -> bool {
        let waits = self.service.phase == Phase::Starting && self.inputs.scanned;
        waits && (self.announced_ready || self.names.is_empty()) && self.is_ready(clock::now())
    }

    fn tell_sentence(&mut self, now: Moment) {
        let before = self.service.sentence.clone();
        let report = self.report();
        let sentence = self.next_sentence(now, &report);
        let tokens = report.credentials.iter().filter(|credential| credential.required && credential.ready).count();
        let came = tokens > self.service.tokens;
        self.service.tokens = self.service.tokens.max(tokens);
        let more_time = match self.service.phase {
            Phase::Starting | Phase::AwaitingProgram if came => {
                format!("\nEXTEND_TIMEOUT_USEC={}", START_EXTENSION.as_micros())
            }
            Phase::Starting | Phase::AwaitingProgram | Phase::Ready | Phase::Reloading => String::new(),
            Phase::Stopping => return,
        };
        if sentence != before || !more_time.is_empty() {
            self.service.say(now, format!("STATUS={sentence}{more_time}"));
        }
    }

    fn next_sentence(&mut self, now: Moment, report: &Report) -> String {
        let credentials = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.service.changed = false;
        self.service.not_before = now + STATUS_PAUSE + STATUS_PAUSE_A_CREDENTIAL.saturating_mul(credentials);
        self.service.sentence = status::sentence(report);
        self.service.sentence.clone()
    }
}

/// The least time between two `STATUS=`, and what each credential adds, for all of them are looked at.
const STATUS_PAUSE: Duration = Duration::from_secs(1);
const STATUS_PAUSE_A_CREDENTIAL: Duration = Duration::from_millis(1);

/// How long a start may take from each first token on: what systemd allows by default. It never shortens what the unit allows.
const START_EXTENSION: Duration = Duration::from_secs(90);

/// However short the manager's patience is.
const WATCHDOG_PAUSE_MIN: Duration = Duration::from_millis(1);

/// When a message is sent again that the manager had no room for.
const SEND_AGAIN: Duration = Duration::from_millis(100);

/// More than a life has messages that matter, unless it is reloaded without end.
const UNSENT_MAX: usize = 32;
