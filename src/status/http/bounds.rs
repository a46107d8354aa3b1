//! Bounds of connections and of answers.

use std::time::Duration;

/// The limit on clients that wait for a newer token. Each takes a connection and a few hundred bytes, and half of the connections
/// stay free for probes and scrapers.
pub const WAITING_MAX: usize = 64;

/// The limit on concurrent connections.
pub(super) const CONNECTIONS_MAX: usize = 2 * WAITING_MAX;

/// The longest wait for a newer token. Proxies and firewalls cut connections that are silent for longer.
pub const WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// The limit on a request's first line and headers.
pub(super) const HEAD_BYTES_MAX: usize = 8 * 1024;

/// The time limit for a request's first line and headers, and between two requests.
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection is kept open; clients then open another.
pub(super) const CONNECTION_LIFE: Duration = Duration::from_secs(30);

/// The time for a response in progress after [`CONNECTION_LIFE`].
pub(super) const CONNECTION_GRACE: Duration = Duration::from_secs(5);

/// How long the loop may take to answer before it counts as stuck.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a reading of the configuration may take.
pub(super) const RELOAD_TIMEOUT: Duration = Duration::from_secs(25);

/// How long the inspection of the outputs may take before the result is "not ready".
pub(super) const READINESS_TIMEOUT: Duration = Duration::from_secs(2);
