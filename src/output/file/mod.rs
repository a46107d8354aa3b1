//! Outputs that are files: put in place by numbered steps that no reader and no crash can see half done.
//! A file by itself is `write.rs`; files that change as one are a set, `set/`.

mod candidates;
mod error;
mod folder;
mod imposed_note;
mod inspect;
mod lock;
mod look;
mod name;
mod not_kept;
mod obstacle;
mod ownership;
mod probe;
mod protected_keys;
mod publish;
mod recover;
mod remove;
mod set;
mod step;
mod sweep;
mod target;
mod write;
mod written_token;

use super::render::{self, Content, RenderError};

pub use error::{RemoveError, SweepError, WriteError};
pub(super) use imposed_note::note;
pub use inspect::{Condition, FileStamp};
pub(super) use inspect::{inspect, is_unchanged_since, watched_files, watched_folders};
pub use lock::{Held, LOCK_FILE, Locks, holder, state_holder};
pub use obstacle::obstacle;
pub use probe::{Probed, Room, is_in_memory, is_mount_point, probe};
pub use protected_keys::ProtectedKeys;
pub(super) use publish::{publish, withdraw};
pub(super) use recover::{find_token, fingerprints, is_intact, make_folder, token, tokens};
pub use remove::{Removed, remove};
pub use set::{SetStep, remove_set_observed, write_set_observed};
pub use step::Step;
pub use sweep::{Swept, sweep, tidy};
pub(super) use target::FileOutput;
pub use target::{ExistingFolder, Expected, FileTarget, OnModeIgnored, SetFolder};
pub use write::{Published, Written, write, write_observed};
