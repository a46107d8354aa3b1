//! Processes that are ours, and those that are left to us.
//!
//! A child of ours is waited for by whoever started it and is known to the [`ChildRegistry`] until then. Whatever else ends as a
//! child of this process was left to it, and [`Orphans`] sees it off. One child may be more than that: the program that
//! `tokenwell exec` stands in for, which the [`Supervisor`] keeps.

mod exit_code;
mod orphans;
mod registry;
mod signals;
mod supervisor;

pub use exit_code::{CannotStart, code, code_after};
pub use orphans::Orphans;
pub use registry::{ChildRegistry, OwnedChild};
pub use rustix::process::Signal;
pub use signals::{ReceivedSignal, Sender, Signals, UnknownSignal, name, parse};
pub use supervisor::{OnRotation, Program, Progress, Supervisor};
