//! The pure core: when to exchange, retry, publish and withdraw. It names no runtime, file, clock, secret or network.
//!
//! [`Renewal`] is the life of one credential, an automaton that takes an [`Event`] and answers with at most one
//! [`Effect`]. [`Fleet`] holds all of them: it knows the earliest wake, and it admits exchanges, so many at a time, none
//! while the host has asked for quiet, nearest expiry first. Time is an argument everywhere, chance is a seeded generator,
//! so a world of seeds can run years of it in seconds (`tests/core/simulation/`).

mod answer;
mod delivery;
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
mod term;

pub use answer::{Grant, Refusal, RefusalClass};
pub use event::{Attempt, Effect, Event, ExchangeOutcome, Health, NotWritten};
pub use fleet::Fleet;
pub use last_exchange::LastExchange;
pub use life::Renewal;
pub use memory::{Answered, ExchangeRecord, Memory, Recollection, Stamp, WrittenTerm};
pub use moment::Moment;
pub use origin::{Id, OriginId};
pub use policy::{OnExpiry, Policy, Share};
pub use term::Term;
