//! The calls to the Kubernetes API over real TLS sockets, against a model of the API server (`api_server.rs`, `store.rs`).
//!
//! The model has what observations of a real server of version 1.37 describe: versions, field managers, dry runs, rights by name, a
//! namespace that ends, tokens that expire, limits of size. Other answers are set by the test. No test here compares it with a real server.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod api_server;
mod faults;
mod leases;
mod pod;
mod refusals;
mod secrets;
mod store;
