//! Processes that are ours, and those that are left to us.
//!
//! A child of ours is waited for by whoever started it and is known to the [`Family`] until then. Whatever else ends as a
//! child of this process was left to it, and [`Orphans`] sees it off. One child may be more than that: the program that
//! `tokenwell exec` stands in for, which the [`Supervisor`] keeps.

mod ending;
mod family;
mod orphans;
mod signals;
mod supervisor;

pub use ending::{CannotStart, code, code_after};
pub use family::{Family, Kin};
pub use orphans::Orphans;
pub use rustix::process::Signal;
pub use signals::{Arrived, NotASignal, Sender, Signals, name, parse};
pub use supervisor::{OnRotation, Program, Supervisor, Turn};
