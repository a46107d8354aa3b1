//! State shared by the server, the control endpoint and the handle, behind one lock that is never held across an await.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::answer::Answer;
use super::clock::Clock;
use super::details::{Presented, TEXT_CHARS_MAX, shortened};
use super::endpoint::Endpoint;
use super::journal::{Counters, ExchangeRecord, Journal, RequestOutcome};
use super::settings::Settings;
use super::user::{Families, Questionnaires};
use super::window::Window;
use crate::log_lines::ROUTINE;

/// Settings and records.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) script: VecDeque<Answer>,
    pub(super) window: Window,
    pub(super) clock: Clock,
    pub(super) journal: Journal,
    pub(super) families: Families,
    pub(super) questionnaires: Questionnaires,
    /// How many holds exist; while there are any, exchanges wait.
    holds: usize,
}

impl State {
    /// Returns the sandbox's wall clock in Unix seconds.
    pub(super) fn unix_seconds(&self) -> u64 {
        self.clock.unix_seconds(self.settings.clock_offset_seconds)
    }
}

/// The state, and what callers can wait for.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Invariant: changed only while `state` is locked, so that the journal and the counters are consistent.
    counters: watch::Sender<Counters>,
    /// Held by the exchange that is being decided.
    turn: tokio::sync::Mutex<()>,
    /// Notifies the exchange that holds `turn` that there are no holds.
    released: Notify,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        let state = State {
            settings,
            script: VecDeque::new(),
            window: Window::default(),
            clock: Clock::start(),
            journal: Journal::default(),
            families: Families::new(),
            questionnaires: Questionnaires::new(),
            holds: 0,
        };
        Self {
            state: Mutex::new(state),
            counters: watch::Sender::new(Counters::default()),
            turn: tokio::sync::Mutex::new(()),
            released: Notify::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A closure that panicked may have changed half of the settings, but then its test has failed already.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counters(&self) -> watch::Receiver<Counters> {
        self.counters.subscribe()
    }

    pub(super) fn keys_fetched(&self) {
        let _locked = self.lock();
        self.counters.send_modify(|counters| counters.keys_fetches += 1);
    }

    /// Makes exchanges wait until the returned value is dropped.
    pub(super) fn hold(self: &Arc<Self>) -> Hold {
        self.lock().holds += 1;
        Hold(Arc::clone(self))
    }

    /// Waits for the caller's turn to decide, which lasts until the returned value is dropped. Turns come in the order
    /// of calls, because tokio's mutex is fair. While there are holds, no turn begins.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        loop {
            let released = self.released.notified(); // registers for a release before the check
            if self.lock().holds == 0 {
                return turn;
            }
            released.await;
        }
    }

    /// Records the arrival of an exchange.
    pub(super) fn record_arrival(
        self: &Arc<Self>,
        endpoint: Endpoint,
        presented: Presented,
        user_agent: Option<&str>,
    ) -> OpenExchange {
        let Presented { project, key, details } = presented;
        let user_agent = user_agent.map(|user_agent| shortened(user_agent, TEXT_CHARS_MAX));
        let mut state = self.lock();
        self.counters.send_modify(|counters| counters.arrived(endpoint));
        let Counters { exchanges: ordinal, in_flight, .. } = *self.counters.borrow();
        let arrived = state.clock.elapsed();
        let outcome = RequestOutcome::Waiting;
        state.journal.push(ExchangeRecord {
            ordinal,
            arrived,
            endpoint,
            key,
            project,
            user_agent,
            details,
            in_flight,
            outcome,
        });
        OpenExchange { shared: Arc::clone(self), ordinal, endpoint, outcome: RequestOutcome::Abandoned }
    }
}

/// Holds back answers to exchanges until it is dropped. Arrivals are still recorded.
#[must_use = "dropping it releases the exchanges"]
pub struct Hold(Arc<Shared>);

impl Hold {
    /// Releases the exchanges in the order of their arrival. Dropping does the same.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.holds = state.holds.saturating_sub(1);
        if state.holds == 0 {
            self.0.released.notify_waiters();
        }
    }
}

/// An exchange in flight. If it is dropped without an outcome, the client left: hyper then drops its future.
pub(super) struct OpenExchange {
    shared: Arc<Shared>,
    ordinal: u64,
    endpoint: Endpoint,
    outcome: RequestOutcome,
}

impl OpenExchange {
    /// Records how the exchange ended. Must be called before the answer is sent, so that its receiver finds the record.
    pub(super) fn finish(mut self, outcome: RequestOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for OpenExchange {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let key = state.journal.of(self.ordinal).and_then(|record| {
            record.outcome = self.outcome;
            record.key
        });
        self.shared.counters.send_modify(|counters| counters.ended(self.outcome));
        drop(state);
        let key = key.map_or_else(|| "none".to_owned(), |key| key.to_string());
        let (ordinal, endpoint, outcome) = (self.ordinal, self.endpoint.name(), self.outcome);
        tracing::info!(name: ROUTINE, target: "tokenwell::sandbox", ordinal, endpoint, key, outcome = %outcome, "exchange");
    }
}
