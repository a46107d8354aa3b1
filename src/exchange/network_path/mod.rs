//! The network path to the API, tested step by step. The client uses the same path by the same rules.
//!
//! ```text
//! NetworkPath::of ─> look_up ─> connect ─> tunnel (where a proxy applies) ─> handshake
//! ```
//!
//! No secret is ever sent on it: the connection is closed after the test.

mod anchors;
mod connect;
mod handshake;
mod refusal_words;
mod retrace;
mod route;
mod tunnel;
mod untunnelled;

pub use anchors::{Anchors, Authority};
pub use connect::{Connected, LookUpError, NoConnection, NotConnected};
pub use handshake::{Handshake, HandshakeError};
pub use refusal_words::Cause;
pub(in crate::exchange) use refusal_words::NAME_SERVERS;
pub use route::{NetworkPath, Route};
pub use tunnel::Tunnel;
pub use untunnelled::Untunnelled;
