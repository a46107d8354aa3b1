//! The settings of HTTP requests.

use std::{path::PathBuf, time::Duration};

/// The settings of `http`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpSettings {
    /// Time limit for the complete request, from connecting to the last byte of the reply (`http.timeout`).
    pub timeout: Duration,
    /// Time limit for name look-up, TCP and TLS (`http.connectTimeout`).
    pub connect_timeout: Duration,
    /// A PEM file with additional roots (`http.caFile`).
    pub ca_file: Option<PathBuf>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), connect_timeout: Duration::from_secs(3), ca_file: None }
    }
}
