//! The intervals between exchanges.

use std::time::Duration;

use tokenwell::{sandbox::Sandbox, secret::Secret};

/// Asserts that there were two exchanges with this key (or with any, if `None`), and that no two came closer than this.
pub(crate) fn spaced(sandbox: &Sandbox, key: Option<&Secret>, least: Duration) {
    let key = key.map(Secret::fingerprint);
    let seen: Vec<_> = sandbox
        .exchanges()
        .into_iter()
        .filter(|seen| key.is_none() || seen.key == key)
        .map(|seen| seen.arrived)
        .collect();
    assert!(seen.len() > 1, "one exchange has no distance");
    assert!(seen.windows(2).all(|pair| pair[1] >= pair[0] + least), "{seen:?}");
}
