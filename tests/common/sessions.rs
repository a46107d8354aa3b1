//! Waits for work that takes long on a slow machine.

use std::time::Duration;

use tokenwell::sandbox::Sandbox;

/// Waits until the sandbox has granted this many sessions since its start, however long it takes, as long as they keep
/// coming.
pub(crate) fn until_sessions(sandbox: &Sandbox, sessions: u64) {
    let mut given = sandbox.counters().sessions;
    while given < sessions {
        let seen = sandbox.until_within(PATIENCE, move |counters| counters.sessions > given);
        given = seen.unwrap_or_else(|| panic!("no session after {given} of {sessions}")).sessions;
    }
}

/// This limit only serves to fail a test. Thousands of keys may have to be read before the first session.
const PATIENCE: Duration = Duration::from_secs(120);
