//! The pure core: when to exchange, retry, publish and withdraw. It names no runtime, file, clock, secret or network.
//!
//! [`Renewal`] is the state machine of one credential: it takes an [`Event`] and returns at most one [`Effect`].
//! [`Fleet`] holds all of them. It knows the earliest wake-up and admits exchanges: a limited number at a time, none
//! while the host has asked for quiet, nearest expiry first. Time is an argument everywhere and randomness a seeded
//! generator, so thousands of seeds can simulate years in seconds (`tests/core/simulation/`).

mod answer;
mod delivery;
mod doubts;
mod event;
mod fleet;
mod last_exchange;
mod life;
mod memory;
mod moment;
mod origin;
mod pace;
pub mod policy;
mod repair;
mod stamp;
mod term;

pub use answer::{Grant, Refusal, RefusalClass};
pub use event::{Attempt, Effect, Event, ExchangeOutcome, Health, NotWritten};
pub use fleet::Fleet;
pub use last_exchange::LastExchange;
pub use life::Renewal;
pub use memory::{Answered, ExchangeRecord, Memory, RecalledSession, Recollection, WrittenTerm};
pub use moment::Moment;
pub use origin::{Id, OriginId};
pub use policy::{OnExpiry, Policy, Share};
pub use stamp::{ClocksDisagree, Stamp};
pub use term::Term;
