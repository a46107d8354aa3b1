//! All that the server, the control endpoint and the handle share, behind one lock that is never held over an await.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::answer::Answer;
use super::bearer::Bearer;
use super::clock::Clock;
use super::seen::{Counters, Journal, RequestOutcome, Seen};
use super::settings::Settings;
use super::window::Window;

/// What the sandbox is told and what it remembers.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) script: VecDeque<Answer>,
    pub(super) window: Window,
    pub(super) clock: Clock,
    pub(super) journal: Journal,
    /// How many hold the exchanges back.
    holds: usize,
}

impl State {
    /// The sandbox's time of day in Unix seconds.
    pub(super) fn unix_seconds(&self) -> u64 {
        self.clock.unix_seconds(self.settings.clock_offset_seconds)
    }
}

/// The state, and what can be waited for.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Invariant: changed only while `state` is locked, so that the journal and the counters tell one story.
    counters: watch::Sender<Counters>,
    /// Whoever has it may judge an exchange.
    turn: tokio::sync::Mutex<()>,
    /// Tells whoever has the turn that nobody holds the exchanges back.
    let_go: Notify,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        let (script, window, journal) = (VecDeque::new(), Window::default(), Journal::default());
        let state = Mutex::new(State { settings, script, window, clock: Clock::start(), journal, holds: 0 });
        Self {
            state,
            counters: watch::Sender::new(Counters::default()),
            turn: tokio::sync::Mutex::new(()),
            let_go: Notify::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A caller's closure that panicked may have changed half of the settings; its test has failed already.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counters(&self) -> watch::Receiver<Counters> {
        self.counters.subscribe()
    }

    pub(super) fn keys_fetched(&self) {
        let _locked = self.lock();
        self.counters.send_modify(|counters| counters.keys_fetches += 1);
    }

    /// Exchanges wait from here until the answer is dropped.
    pub(super) fn hold(self: &Arc<Self>) -> Hold {
        self.lock().holds += 1;
        Hold(Arc::clone(self))
    }

    /// Waits until it is the caller's turn, which lasts until the answer is dropped: while exchanges are held back, it is
    /// nobody's. Turns come in the order of asking, for tokio's mutex is fair.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        loop {
            let let_go = self.let_go.notified(); // from here on it hears of a release, whether it waits yet or not
            if self.lock().holds == 0 {
                return turn;
            }
            let_go.await;
        }
    }

    /// Writes the arrival of an exchange down.
    pub(super) fn arrived(self: &Arc<Self>, bearer: Option<&Bearer>, user_agent: Option<&str>) -> Visit {
        let key = bearer.map(|bearer| bearer.key.fingerprint());
        let project = bearer.map(|bearer| shortened(&bearer.project, PROJECT_CHARS_MAX));
        let user_agent = user_agent.map(|user_agent| shortened(user_agent, USER_AGENT_CHARS_MAX));
        let mut state = self.lock();
        self.counters.send_modify(Counters::arrived);
        let Counters { exchanges: ordinal, in_flight, .. } = *self.counters.borrow();
        let arrived = state.clock.elapsed();
        let outcome = RequestOutcome::Waiting;
        state.journal.push(Seen { ordinal, arrived, key, project, user_agent, in_flight, outcome });
        Visit { shared: Arc::clone(self), ordinal, outcome: RequestOutcome::Abandoned }
    }
}

/// Keeps exchanges from being answered until it is dropped. They arrive and are seen all the same.
#[must_use = "dropping it lets the exchanges go"]
pub struct Hold(Arc<Shared>);

impl Hold {
    /// Lets the exchanges go in the order of their arrival: what dropping does, by a name.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.holds = state.holds.saturating_sub(1);
        if state.holds == 0 {
            self.0.let_go.notify_waiters();
        }
    }
}

/// An exchange in flight. Dropped without an outcome it was abandoned: hyper drops its future when the client goes.
pub(super) struct Visit {
    shared: Arc<Shared>,
    ordinal: u64,
    outcome: RequestOutcome,
}

impl Visit {
    /// Writes down how the exchange ended. Called before the answer leaves, so that who has the answer finds it here.
    pub(super) fn ended(mut self, outcome: RequestOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let key = state.journal.of(self.ordinal).and_then(|seen| {
            seen.outcome = self.outcome;
            seen.key
        });
        self.shared.counters.send_modify(|counters| counters.ended(self.outcome));
        drop(state);
        let key = key.map_or_else(|| "none".to_owned(), |key| key.to_string());
        tracing::info!(target: "tokenwell::sandbox", ordinal = self.ordinal, key, outcome = %self.outcome, "exchange");
    }
}

fn shortened(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

const PROJECT_CHARS_MAX: usize = 64;
const USER_AGENT_CHARS_MAX: usize = 200;
