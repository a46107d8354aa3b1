//! The pure core: when to exchange, retry and publish. It names no runtime, file, clock, secret or network.

mod answer;
mod moment;
pub mod policy;

pub use answer::{Grant, Refusal};
pub use moment::Moment;
pub use policy::{OnExpiry, Policy, Share};
