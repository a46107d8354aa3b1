//! The status server: answers GET and HEAD requests by querying the loop, and the client.
//!
//! ```text
//!   Server::next ── accept ──> connection ── route ──> Query ──> the loop
//!        ^                                                            │
//!        └──────────────── the query, in the loop's turn <────────────┘
//! ```
//!
//! The server has no task of its own: the loop that it queries also drives it, on the only thread. A loop that is stuck
//! accepts no connection, which a probe should detect. Each connection is a task that never delays another.
//!
//! `control/` is a second server, on a Unix socket for the daemon's user only, which also accepts requests to renew and to reload.
//!
//! `client.rs` is the other side, with which a command queries a daemon.
//!
//! A client may wait for a newer token (`tokens.rs`). The loop keeps its question, and answers it in the turn that finds another
//! generation on disk; a client that disconnects drops its question.
//!
//! Bounds, in `bounds.rs`: the number of connections, of which a new one evicts the oldest idle one (`connection_pool.rs`);
//! the size of a request's head and the time for it to arrive; and the life of a connection, however slowly its client
//! reads.

mod bounds;
mod client;
mod connection;
mod connection_pool;
mod control;
mod host_header;
mod host_pattern;
mod listen;
mod listen_probe;
mod listener;
mod negotiation;
mod port_holder;
mod progress;
mod query;
mod reply;
mod routes;
mod server;
mod token_request;
mod tokens;
mod unix_socket;

pub use self::{
    bounds::{WAIT_MAX, WAITING_MAX},
    client::{Address, RequestError, Unready, fetch_report, fetch_token, fetch_unready},
    connection_pool::ClosingConnections,
    control::{
        ClosedControl, ControlClient, ControlError, ControlListener, ControlRequest, ControlServer, ReloadOutcome,
        RenewalAnswer, control_report, control_socket, request_reload, request_renewal,
    },
    host_pattern::{AllowedHosts, HOST_LABEL_BYTES_MAX, HostPattern, NotAHost},
    listen::{Listen, ListenError, NotPassed},
    listen_probe::{ListenProbe, listen_probe},
    listener::InheritedSocket,
    port_holder::{PortHolder, SocketId, port_holder},
    query::{Query, Readiness, Snapshot, TokenAnswer, TokenQuestion, WantedToken},
    server::Server,
};
