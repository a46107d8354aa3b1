//! Processes that are ours, and those that are left to us.

mod family;

pub use family::{Family, Kin};
