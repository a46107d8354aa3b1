//! What a decision about one request may use: the settings and the time at its turn, and the shared state.

use std::time::Duration;

use super::reply::Reply;
use super::settings::Settings;
use super::state::{Shared, State};

/// What an endpoint decided.
pub(super) enum Decision {
    /// A reply with a session.
    Session(Reply),
    /// Another reply.
    Replied(Reply),
}

/// The settings and the time of one decision. Decisions are made one by one, so that nothing else changes the state of
/// refresh JWTs and answers between two of its calls.
pub(super) struct Context<'a> {
    shared: &'a Shared,
    settings: Settings,
    unix_seconds: u64,
    elapsed: Duration,
}

impl<'a> Context<'a> {
    pub(super) fn at_turn_of(shared: &'a Shared) -> Self {
        let state = shared.lock();
        let (settings, unix_seconds) = (state.settings.clone(), state.unix_seconds());
        Self { shared, settings, unix_seconds, elapsed: state.clock.now() }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the sandbox's wall clock.
    pub(super) fn unix_seconds(&self) -> u64 {
        self.unix_seconds
    }

    /// Returns the sandbox's time since its start.
    pub(super) fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Uses the state under its lock.
    pub(super) fn with_state<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.shared.lock())
    }
}
