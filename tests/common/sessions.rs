//! Waits for work that takes long on a slow machine.

use std::time::Duration;

use tokenwell::sandbox::Sandbox;

/// Waits until so many sessions were given since the start, however long that takes, as long as one comes after the other.
pub(crate) fn until_sessions(sandbox: &Sandbox, sessions: u64) {
    let mut given = sandbox.counters().sessions;
    while given < sessions {
        let seen = sandbox.until_within(PATIENCE, move |counters| counters.sessions > given);
        given = seen.unwrap_or_else(|| panic!("no session after {given} of {sessions}")).sessions;
    }
}

/// Only there to fail a test. The first session may have thousands of keys to be read before it.
const PATIENCE: Duration = Duration::from_secs(120);
