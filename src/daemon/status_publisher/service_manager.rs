//! Messages to the service manager and their schedule (`Type=notify` and `Type=notify-reload`, `systemd.service(5)`).
//!
//! `READY=1` is sent when every required token is on disk, and again after each reload. `WATCHDOG=1` is sent by the
//! loop only, so that the service manager kills a loop that is stuck. The unit limits how long a start may take
//! (`TimeoutStartSec=`); each new first token extends that limit, so that many credentials do not make a start fail.

mod socket;

use std::{collections::VecDeque, io, mem, time::Duration};

use tracing::{info, warn};

use self::socket::Socket;
use crate::{
    renewal::Moment,
    status::{self, Report},
};

/// What the service manager knows, and what it is still to be sent.
#[derive(Debug, Default)]
pub(in crate::daemon) struct ServiceManager {
    socket: Option<Socket>,
    /// Messages that the manager had no room for, oldest first; at most [`UNSENT_MAX`].
    unsent: VecDeque<String>,
    send_again: Moment,
    /// Whether the failure to send was logged.
    send_fails: bool,
    watchdog: Option<Watchdog>,
    phase: Phase,
    /// The last `STATUS=`.
    sentence: String,
    changed: bool,
    /// No `STATUS=` is sent before this.
    not_before: Moment,
    /// The largest number of required tokens so far.
    tokens: usize,
    /// When a start that is not over counts as slow; `None` once that was returned.
    slow_from: Option<Moment>,
}

#[derive(Debug)]
struct Watchdog {
    interval: Duration,
    due: Moment,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    #[default]
    Starting,
    /// The process is ready only when the program that it supervises runs.
    AwaitingProgram,
    Ready,
    Reloading,
    Stopping,
}

impl Phase {
    /// Whether the service manager waits for the end of the start.
    fn is_start(self) -> bool {
        match self {
            Self::Starting | Self::AwaitingProgram => true,
            Self::Ready | Self::Reloading | Self::Stopping => false,
        }
    }
}

impl ServiceManager {
    /// Reports readiness only after [`Self::program_runs`].
    pub(in crate::daemon) fn awaiting_program() -> Self {
        Self { phase: Phase::AwaitingProgram, ..Self::default() }
    }

    /// Connects to the service manager of the environment, if there is one.
    pub(in crate::daemon) fn connect(&mut self, now: Moment) -> io::Result<()> {
        if let Some(socket) = Socket::of_environment()? {
            self.attach(now, socket, socket::watchdog_timeout());
        }
        Ok(())
    }

    /// Whether there is a service manager.
    pub(in crate::daemon) fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// Notes that the last `STATUS=` may be out of date.
    pub(in crate::daemon) fn note_change(&mut self) {
        self.changed = true;
    }

    /// When there is something to send.
    pub(in crate::daemon) fn due(&self) -> Option<Moment> {
        self.socket.as_ref()?;
        let slow_from = self.slow_from.filter(|_| self.phase.is_start());
        if !self.unsent.is_empty() {
            return [Some(self.send_again), slow_from].into_iter().flatten().min();
        }
        let watchdog = self.watchdog.as_ref().map(|watchdog| watchdog.due);
        let sentence = self.changed.then_some(self.not_before);
        [watchdog, sentence, slow_from].into_iter().flatten().min()
    }

    /// Whether the start has become slow. Returns this once.
    pub(in crate::daemon) fn becomes_slow(&mut self, now: Moment) -> bool {
        self.phase.is_start() && self.slow_from.take_if(|slow_from| now >= *slow_from).is_some()
    }

    /// Notes that the supervised program runs.
    pub(in crate::daemon) fn program_runs(&mut self) {
        if self.phase == Phase::AwaitingProgram {
            self.phase = Phase::Starting;
        }
    }

    /// Whether the start is over as soon as every required token is on disk.
    pub(in crate::daemon) fn awaits_ready(&self) -> bool {
        self.socket.is_some() && self.phase == Phase::Starting
    }

    /// Sends `READY=1`: the start is over.
    pub(in crate::daemon) fn started(&mut self, now: Moment, report: &Report) {
        self.phase = Phase::Ready;
        self.update_sentence(now, report);
        self.send(now, format!("READY=1\nSTATUS={}", self.sentence));
    }

    /// Sends `RELOADING=1`, once the start is over. `monotonic` is the time on `CLOCK_MONOTONIC`.
    pub(in crate::daemon) fn reload_begins(&mut self, now: Moment, monotonic: Duration) {
        if self.phase == Phase::Ready {
            self.phase = Phase::Reloading;
            self.send(now, format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic.as_micros()));
        }
    }

    /// Sends `READY=1` after a reload, also if the configuration was refused.
    pub(in crate::daemon) fn reload_ended(&mut self, now: Moment) {
        if self.phase == Phase::Reloading {
            self.phase = Phase::Ready;
            self.send(now, "READY=1".to_owned());
        }
    }

    /// Sends `STOPPING=1` once.
    pub(in crate::daemon) fn stop(&mut self, now: Moment) {
        if self.phase != Phase::Stopping {
            self.phase = Phase::Stopping;
            // The last writes may take a while.
            let watchdog = if self.watchdog.is_some() { "\nWATCHDOG=1" } else { "" };
            self.send(now, format!("STOPPING=1\nSTATUS=stopping{watchdog}"));
        }
    }

    /// Sends the messages that the manager had no room for.
    pub(in crate::daemon) fn flush(&mut self, now: Moment) {
        let Some(socket) = &self.socket else { return };
        while let Some(message) = self.unsent.front() {
            match socket.send(message) {
                Ok(()) if mem::take(&mut self.send_fails) => info!("the service manager can be notified again"),
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.send_again = now + SEND_AGAIN;
                    return;
                }
                Err(error) => {
                    if !mem::replace(&mut self.send_fails, true) {
                        warn!("cannot notify the service manager: {error}");
                    }
                }
            }
            self.unsent.pop_front();
        }
    }

    /// Sends `WATCHDOG=1` if it is due. A manager that does not read gets no more of them.
    pub(in crate::daemon) fn feed_watchdog(&mut self, now: Moment) {
        let Some(watchdog) = self.watchdog.as_mut().filter(|watchdog| self.unsent.is_empty() && now >= watchdog.due)
        else {
            return;
        };
        watchdog.due = now + watchdog.interval;
        self.send(now, "WATCHDOG=1".to_owned());
    }

    /// Whether [`Self::update`] is due.
    pub(in crate::daemon) fn wants_update(&self, now: Moment) -> bool {
        self.socket.is_some() && self.unsent.is_empty() && self.changed && now >= self.not_before
    }

    /// Sends a new `STATUS=`, and more time for the start if first tokens have arrived.
    pub(in crate::daemon) fn update(&mut self, now: Moment, report: &Report) {
        let is_new = self.update_sentence(now, report);
        let tokens = report.credentials.iter().filter(|credential| credential.required && credential.ready).count();
        let more_arrived = tokens > self.tokens;
        self.tokens = self.tokens.max(tokens);
        let more_time = match self.phase {
            Phase::Starting | Phase::AwaitingProgram if more_arrived => {
                format!("\nEXTEND_TIMEOUT_USEC={}", START_EXTENSION.as_micros())
            }
            Phase::Starting | Phase::AwaitingProgram | Phase::Ready | Phase::Reloading => String::new(),
            Phase::Stopping => return,
        };
        if is_new || !more_time.is_empty() {
            self.send(now, format!("STATUS={}{more_time}", self.sentence));
        }
    }

    fn attach(&mut self, now: Moment, socket: Socket, watchdog_timeout: Option<Duration>) {
        self.slow_from = Some(now + SLOW_AFTER);
        let interval = watchdog_timeout.map(|timeout| (timeout / 2).max(WATCHDOG_INTERVAL_MIN));
        self.watchdog = interval.map(|interval| Watchdog { interval, due: Moment::default() });
        self.socket = Some(socket);
        self.changed = true;
    }

    fn send(&mut self, now: Moment, message: String) {
        if self.socket.is_some() {
            if self.unsent.len() == UNSENT_MAX {
                self.unsent.pop_front();
            }
            self.unsent.push_back(message);
            self.flush(now);
        }
    }

    /// Returns whether the sentence is another one.
    fn update_sentence(&mut self, now: Moment, report: &Report) -> bool {
        let credentials = u32::try_from(report.credentials.len()).unwrap_or(u32::MAX);
        self.changed = false;
        self.not_before = now + STATUS_PAUSE + STATUS_PAUSE_PER_CREDENTIAL.saturating_mul(credentials);
        let sentence = match self.phase {
            Phase::Starting | Phase::AwaitingProgram => status::sentence_of_start(report),
            Phase::Ready | Phase::Reloading | Phase::Stopping => status::sentence(report),
        };
        let is_new = sentence != self.sentence;
        self.sentence = sentence;
        is_new
    }
}

/// The least time between two `STATUS=`, and what each credential adds, because a report reads all of them.
const STATUS_PAUSE: Duration = Duration::from_secs(1);
const STATUS_PAUSE_PER_CREDENTIAL: Duration = Duration::from_millis(1);

/// How long a start may take after each first token: systemd's default. It never shortens what the unit allows.
const START_EXTENSION: Duration = Duration::from_secs(90);

/// How long a start may take until the log says what it waits for: a person who typed `systemctl start` sees nothing else.
const SLOW_AFTER: Duration = Duration::from_secs(10);

/// The least interval of the watchdog, however short its timeout is.
const WATCHDOG_INTERVAL_MIN: Duration = Duration::from_millis(1);

/// How long to wait before a message is sent again that the manager had no room for.
const SEND_AGAIN: Duration = Duration::from_millis(100);

/// More messages than the life of a process needs, unless it reloads endlessly.
const UNSENT_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use serde_json::json;

    use super::*;

    struct Manager {
        _folder: tempfile::TempDir,
        socket: UnixDatagram,
    }

    impl Manager {
        fn of(service_manager: &mut ServiceManager, watchdog_timeout: Option<Duration>) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("notify");
            let socket = UnixDatagram::bind(&path).unwrap();
            socket.set_nonblocking(true).unwrap();
            service_manager.attach(at(0), Socket::to(path.as_os_str()).unwrap(), watchdog_timeout);
            Self { _folder: folder, socket }
        }

        fn received(&self) -> Vec<String> {
            let mut buffer = [0; 1024];
            let next =
                || self.socket.recv(&mut buffer).ok().map(|size| String::from_utf8_lossy(&buffer[..size]).into());
            std::iter::from_fn(next).collect()
        }
    }

    fn at(seconds: u64) -> Moment {
        Moment::since_boot(Duration::from_secs(seconds))
    }

    /// A report on three required credentials, of which so many are ready.
    fn report(ready: usize) -> Report {
        let at = "2026-01-02T14:00:00Z";
        let credential = |n| {
            let state = if n < ready { "fresh" } else { "starting" };
            json!({
                "name": format!("c{n}"), "required": true, "state": state, "since": null, "ready": n < ready,
                "remedy": null, "keyFingerprint": null, "tokenKeyFingerprint": null, "issuedAt": null, "expiresAt": null,
                "renewAt": null, "lastSuccessAt": null, "keyTrouble": null, "exchanges": 0, "writes": 0, "failures": 0,
                "lastRefusal": null, "nextAction": null, "lastEvent": null, "outputs": [], "hooks": [],
            })
        };
        serde_json::from_value(json!({
            "version": 1, "ready": ready == 3, "at": at, "startedAt": at, "programVersion": "1", "processId": 1,
            "projectId": "P2", "baseUrl": "http://localhost", "clockSkewSeconds": null, "troubles": [],
            "configuration": {"file": null, "since": at, "refused": null},
            "credentials": (0..3).map(credential).collect::<Vec<_>>(),
        }))
        .unwrap()
    }

    #[test]
    fn the_messages_of_a_life_are_sent_in_order() {
        let mut service_manager = ServiceManager::awaiting_program();
        let manager = Manager::of(&mut service_manager, None);
        assert!(!service_manager.awaits_ready());
        service_manager.program_runs();
        assert!(service_manager.awaits_ready());
        service_manager.reload_begins(at(1), Duration::from_secs(1));
        service_manager.started(at(2), &report(3));
        service_manager.reload_begins(at(3), Duration::from_secs(3));
        service_manager.reload_ended(at(4));
        service_manager.reload_ended(at(5));
        service_manager.stop(at(6));
        service_manager.stop(at(7));
        let received = manager.received();
        let first_lines: Vec<_> = received.iter().filter_map(|message| message.lines().next()).collect();
        assert_eq!(first_lines, ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
    }

    #[test]
    fn only_a_new_first_token_extends_the_start() {
        let mut service_manager = ServiceManager::default();
        let manager = Manager::of(&mut service_manager, None);
        let extends = |service_manager: &mut ServiceManager, seconds, ready| {
            service_manager.note_change();
            assert!(service_manager.wants_update(at(seconds)));
            service_manager.update(at(seconds), &report(ready));
            assert!(!service_manager.wants_update(at(seconds + 60)), "nothing has changed since");
            manager.received().iter().any(|message| message.contains("EXTEND_TIMEOUT_USEC=90000000"))
        };
        assert!(!extends(&mut service_manager, 100, 0));
        assert!(extends(&mut service_manager, 200, 1));
        assert!(!extends(&mut service_manager, 300, 0));
        assert!(!extends(&mut service_manager, 400, 1), "it is no first token");
        assert!(extends(&mut service_manager, 500, 2));
        service_manager.started(at(600), &report(3));
        manager.received();
        assert!(!extends(&mut service_manager, 700, 3));
    }

    #[test]
    fn a_start_becomes_slow_once_and_only_before_its_end() {
        for mut service_manager in [ServiceManager::default(), ServiceManager::awaiting_program()] {
            let _manager = Manager::of(&mut service_manager, None);
            service_manager.update(at(1), &report(0));
            assert_eq!(service_manager.due(), Some(at(10)), "the loop wakes for it");
            assert!(!service_manager.becomes_slow(at(9)));
            assert!(service_manager.becomes_slow(at(10)));
            assert_eq!(service_manager.due(), None);
            assert!(!service_manager.becomes_slow(at(20)));
        }
        let mut service_manager = ServiceManager::default();
        let _manager = Manager::of(&mut service_manager, None);
        service_manager.started(at(9), &report(3));
        assert_eq!((service_manager.due(), service_manager.becomes_slow(at(10))), (None, false));
        let mut unmanaged = ServiceManager::default();
        assert_eq!((unmanaged.due(), unmanaged.becomes_slow(at(10))), (None, false), "without a service manager");
    }

    #[test]
    fn the_watchdog_is_fed_at_half_of_its_timeout() {
        let mut service_manager = ServiceManager::default();
        let manager = Manager::of(&mut service_manager, Some(Duration::from_secs(10)));
        for second in 0..20 {
            service_manager.feed_watchdog(at(100 + second));
        }
        assert_eq!(manager.received(), vec!["WATCHDOG=1"; 4]);
    }

    #[test]
    fn messages_wait_in_order_for_a_manager_that_does_not_read() {
        let mut service_manager = ServiceManager::default();
        let manager = Manager::of(&mut service_manager, Some(Duration::from_secs(1)));
        let mut sent = 0;
        while service_manager.unsent.is_empty() {
            assert!(sent < 100_000, "the queue of a socket is bounded");
            service_manager.send(at(100), format!("{sent}"));
            sent += 1;
        }
        assert!(service_manager.becomes_slow(at(100)));
        assert_eq!(service_manager.due(), Some(at(100) + SEND_AGAIN));
        service_manager.feed_watchdog(at(100));
        assert!(!service_manager.wants_update(at(100)), "more messages would be of no use");
        let mut received = manager.received();
        service_manager.flush(at(101));
        received.extend(manager.received());
        assert_eq!(received, (0..sent).map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(service_manager.due(), Some(Moment::default()), "the watchdog");
    }
}
