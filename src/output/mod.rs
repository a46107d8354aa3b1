//! Outputs: a session is rendered in a format, then put into a target.
//!
//! The rest of the program uses an [`Output`] and its verbs. Each kind of target has a room of its own: files in
//! `file/`.

pub mod file;
mod render;
mod target;
mod token_length;
mod verbs;

pub use file::{Condition, ExistingFolder, FileStamp, FileTarget, Held, LOCK_FILE, Locks, ProtectedKeys, SetFolder};
pub use file::{
    OnModeIgnored, Probed, Published, RemoveError, Removed, Room, Step, Swept, WriteError, Written, is_in_memory,
    is_mount_point, state_holder,
};
pub use render::{
    Content, Field, Format, Quotes, RENDERED_BYTES_MAX, RenderError, SpacedToken, SpecialCharacter, Spelling,
    TEMPLATE_BYTES_MAX, TEMPLATE_WORDS, Template, TemplateMistake, UnquotableValue, UsedAs, Variable, spelling,
};
pub use target::{Address, Target};
pub use token_length::{Excess, LengthLimit, excesses};
pub use verbs::{Output, claim_ahead, find, fingerprints_in, publish, sweep, tidy, withdraw};
