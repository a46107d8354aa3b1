//! What the service manager is told, and when (`Type=notify` and `Type=notify-reload`, `systemd.service(5)`).
//!
//! `READY=1` comes when every required token is on disk, and again after each reload. `WATCHDOG=1` comes from the loop and from
//! nowhere else, so that a loop that is stuck is killed. How long a start may take is the manager's to say
//! (`TimeoutStartSec=`): it is given more time as long as first tokens arrive, so that many credentials are no reason to
//! kill the unit, and no more while none does.

use std::time::Duration;

use tracing::warn;

use super::Daemon;
use crate::{
    clock,
    daemon::{
        reloads::Why,
        service_manager::{
            Phase, Watchdog,
            socket::{self, Socket},
        },
    },
    renewal::Moment,
    status::{self, Report},
};

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
