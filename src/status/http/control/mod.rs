//! The control socket: `tokenwell renew` and `tokenwell reload` ask the daemon by it. It is a Unix socket in the state directory,
//! which only the daemon's user and root may use.
//!
//! ```text
//!   ControlServer::next ── accept, user ──> connection ── route ──> ControlRequest ──> the loop
//! ```
//!
//! It has the bounds of the status server.

mod client;
mod request;
mod routes;
mod server;
mod socket;

pub(super) use self::routes::ControlRouter;
pub use self::{
    client::{ControlError, control_report, control_socket, request_reload, request_renewal},
    request::{ControlClient, ControlRequest, ReloadOutcome, RenewalAnswer},
    server::{ClosedControl, ControlListener, ControlServer},
};
