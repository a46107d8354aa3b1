//! A local stand-in for Descope's API, for `tokenwell sandbox`, the demo and the tests.
//!
//! ```text
//! connection ─> routes ─┬─> exchange ─ script, outage, rate limit, request ─> mint ─> a session
//!                       ├─> keys (the JWKS to verify it)
//!                       └─> control (/sandbox: inspect, change, script)
//! ```
//!
//! It runs on its own thread with its own runtime, so that tests with and without a runtime, with paused time and of
//! the real binary use it in the same way. Its signing keys are public and worthless, so it listens on loopback only.
//!
//! Invariant: outside the request, an access key is only stored as its fingerprint.

mod act;
mod answer;
mod answer_json;
mod bearer;
mod body;
mod clock;
mod connection;
mod control;
mod descope;
mod exchange;
mod handle;
mod journal;
mod json;
mod mint;
mod reply;
mod response;
mod routes;
mod settings;
mod settings_json;
mod signing;
mod state;
pub mod values;
mod window;

pub use self::answer::{Answer, Shape};
pub use self::handle::Sandbox;
pub use self::journal::{Counters, ExchangeRecord, RequestOutcome};
pub use self::reply::{Headers, Reply};
pub use self::settings::{Accepted, Settings};
pub use self::signing::SigningKey;
pub use self::state::Hold;
pub use self::window::RateLimit;
