//! The status server: reads GET and HEAD, knows nothing by itself, and asks the loop.
//!
//! ```text
//!   Server::next ── accept ──> connection ── route ──> Query ──> the loop
//!        ^                                                            │
//!        └──────────────── the query, in the loop's turn <─────────┘
//! ```
//!
//! It has no task of its own: it is driven by the loop that it asks, on the one thread there is. A loop that is stuck
//! accepts nobody, which is what a probe should find. Each connection is a task that can only wait for itself.
//!
//! `client.rs` is the other side: how a command asks a daemon.
//!
//! Bounds: [`CONNECTIONS_MAX`] connections, of which a accept_paced replaces the oldest that asks nothing (`connection_pool.rs`);
//! [`HEAD_BYTES_MAX`] of a request's head, and [`HEAD_TIMEOUT`] for it to arrive; [`CONNECTION_LIFE`] for a connection as a
//! whole, however slowly it reads.

mod bounds;
mod client;
mod connection;
mod connection_pool;
mod host_header;
mod listen;
mod listen_probe;
mod listener;
mod negotiation;
mod progress;
mod query;
mod reply;
mod routes;
mod server;
mod unix_socket;

pub use self::{
    client::{Address, RequestError, fetch_report},
    listen::{Listen, ListenError},
    listen_probe::{ListenProbe, listen_probe},
    listener::InheritedSocket,
    query::{Query, Readiness, Snapshot},
    server::Server,
};
