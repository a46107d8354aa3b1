//! Bounds of connections and of answers.

use std::time::Duration;

/// Connections at once.
pub(super) const CONNECTIONS_MAX: usize = 64;

/// Of a request's first line and headers.
pub(super) const HEAD_BYTES_MAX: usize = 8 * 1024;

/// For a request's first line and headers to arrive, and between two requests.
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection is kept; clients come back with the next.
pub(super) const CONNECTION_LIFE: Duration = Duration::from_secs(30);

/// What an answer has left then.
pub(super) const CONNECTION_GRACE: Duration = Duration::from_secs(5);

/// How long the loop may take to answer before it counts as stuck.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a look at the outputs may take before it counts as not ready.
pub(super) const READINESS_TIMEOUT: Duration = Duration::from_secs(2);
