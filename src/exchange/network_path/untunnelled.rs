//! The reasons why a proxy gives no tunnel that works.

use std::time::Duration;

/// Why a proxy opened no tunnel, or none that works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Untunnelled {
    /// The proxy answered `CONNECT` with this status.
    Refused {
        /// The status.
        status: u16,
        /// The schemes of `Proxy-Authenticate`, as in `Negotiate`; empty without that header.
        schemes: Vec<String>,
    },
    /// The proxy answered `CONNECT` with success, and then sent something else than TLS: a page, as captive portals do.
    Page,
    /// The proxy answered `CONNECT` with success, and then closed or reset the connection before TLS was established.
    Cut {
        /// Description of the error.
        why: String,
    },
    /// The proxy does not speak HTTP, or closed the connection.
    Broken {
        /// Description of the error.
        why: String,
    },
    /// The TLS handshake with the proxy itself failed.
    Untrusted {
        /// Description of the error.
        why: String,
    },
    /// The proxy opened the tunnel in a way that the HTTP library does not read.
    Unsupported {
        /// What the answer is like; follows the word "with".
        what: String,
    },
    /// The proxy took longer than this.
    Slow(Duration),
}
