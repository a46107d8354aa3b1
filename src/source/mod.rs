//! Access keys in files: read afresh for every exchange, with a bound, and never quoted in an error.

mod list;
mod read;
mod text;

pub use list::{ListError, list};
pub use read::{KeyError, Unusable, read, writable_by_others};

/// The most bytes that a key file may hold, white space included. Descope's keys have about seventy.
pub const KEY_FILE_BYTES_MAX: usize = 8 * 1024;

/// The most keys that one folder may hold.
pub const KEYS_PER_FOLDER_MAX: usize = 20_000;
