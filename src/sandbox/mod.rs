//! A local stand-in for Descope's API, for `tokenwell sandbox`, the demo and the tests.
//!
//! ```text
//! connection ─> routes ─┬─> exchange ─ script, outage, rate limit ─> request ─> mint ─> a session
//!                       ├─> keys (the JWKS to verify it)
//!                       └─> control (/sandbox: inspect, change, script)
//!
//! request ─┬─> access_key
//!          ├─> user/ ── a refresh JWT: refresh, security questions, rotation and lock-outs
//!          └─> oauth/ ─ a client or an assertion
//! ```
//!
//! It runs on its own thread with its own runtime, so that tests with and without a runtime, with paused time and of
//! the real binary use it in the same way. Its signing keys are public and worthless, so it listens on loopback only,
//! unless a trial on several machines asks for more.
//!
//! Invariant: outside its request, a secret is only stored as a fingerprint, and an answer as a keyed hash.

mod access_key;
mod act;
mod answer;
mod bearer;
mod body;
mod clock;
mod connection;
mod context;
mod control;
mod descope;
mod details;
mod endpoint;
mod exchange;
mod handle;
mod journal;
mod mint;
mod oauth;
mod reply;
mod request;
mod request_json;
mod response;
mod routes;
mod secret_file;
mod settings;
mod signing;
mod state;
mod user;
pub mod values;
mod window;

pub use self::answer::{Answer, Shape};
pub use self::details::{ClientAuthentication, Details, GrantType};
pub use self::endpoint::Endpoint;
pub use self::handle::Sandbox;
pub use self::journal::{Counters, ExchangeRecord, RequestOutcome};
pub use self::reply::{Headers, Reply};
pub use self::secret_file::fingerprint_in;
pub use self::settings::{Accepted, EXAMPLE_PROJECT, Settings};
pub use self::signing::SigningKey;
pub use self::state::Hold;
pub use self::window::RateLimit;
