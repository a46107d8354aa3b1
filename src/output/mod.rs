//! A session becomes files: rendered, then put in place by numbered steps that no reader and no crash can see half done.

mod error;
mod folder;
mod left;
mod look;
mod name;
mod ownership;
mod remove;
mod render;
mod sweep;
mod write;

use std::path::PathBuf;

pub use error::{RemoveError, Step, SweepError, WriteError};
pub use left::{Left, left, make_folder};
pub use remove::{Removed, remove};
pub use sweep::{Swept, sweep};
pub use write::{Written, write, write_observed};

/// One file that holds a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// Where; absolute.
    pub path: PathBuf,
    /// How the session is written.
    pub format: Format,
    /// Permission bits, at most 0o777.
    pub mode: u32,
    /// The owner's uid, if it is to be set.
    pub owner: Option<u32>,
    /// The group's gid, if it is to be set.
    pub group: Option<u32>,
}

/// How a session is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// The JWT's bytes alone.
    #[default]
    Jwt,
}

/// The mode of an output that names none.
pub const MODE_DEFAULT: u32 = 0o640;
