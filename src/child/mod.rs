//! Child processes, and orphans that this process adopts.
//!
//! The code that starts a child also waits for it, and the [`ChildRegistry`] holds the child until then. Any other child that
//! ends is an adopted orphan, and [`Orphans`] reaps it. The program of `tokenwell exec` is a child with a [`Supervisor`].

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
