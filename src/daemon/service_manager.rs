//! What the service manager is told, and when (`Type=notify` and `Type=notify-reload`, `systemd.service(5)`).
//!
//! `READY=1` comes when every required token is on disk, and again after each reload. `WATCHDOG=1` comes from the loop and from
//! nowhere else, so that a loop that is stuck is killed. How long a start may take is the manager's to say
//! (`TimeoutStartSec=`): it is given more time as long as first tokens arrive, so that many credentials are no reason to
//! kill the unit, and no more while none does.

pub(super) mod socket;

use std::{collections::VecDeque, io, mem, time::Duration};

use tracing::{info, warn};

use self::socket::Socket;
use crate::renewal::Moment;

/// What the service manager knows and what it is still to be told.
#[derive(Debug, Default)]
pub(super) struct Service {
    pub(super) socket: Option<Socket>,
    /// What could not be sent yet, oldest first; at most [`UNSENT_MAX`].
    pub(super) unsent: VecDeque<String>,
    pub(super) send_again: Moment,
    /// Whether it was said that nothing can be sent.
    pub(super) deaf: bool,
    pub(super) watchdog: Option<Watchdog>,
    pub(super) phase: Phase,
    /// The last `STATUS=`.
    pub(super) sentence: String,
    pub(super) changed: bool,
    pub(super) not_before: Moment,
    /// The most required tokens that there were.
    pub(super) tokens: usize,
}

#[derive(Debug)]
pub(super) struct Watchdog {
    pub(super) pause: Duration,
    pub(super) due: Moment,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Phase {
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

    pub(super) fn say(&mut self, now: Moment, message: String) {
        if self.socket.is_some() {
            if self.unsent.len() == UNSENT_MAX {
                self.unsent.pop_front();
            }
            self.unsent.push_back(message);
            self.send(now);
        }
    }

    /// Sends what there is, as far as the manager takes it.
    pub(super) fn send(&mut self, now: Moment) {
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

    pub(super) fn is_to_be_fed(&mut self, now: Moment) -> bool {
        let Some(watchdog) = self.watchdog.as_mut().filter(|watchdog| now >= watchdog.due) else { return false };
        watchdog.due = now + watchdog.pause;
        true
    }
}

/// When a message is sent again that the manager had no room for.
const SEND_AGAIN: Duration = Duration::from_millis(100);

/// More than a life has messages that matter, unless it is reloaded without end.
const UNSENT_MAX: usize = 32;
