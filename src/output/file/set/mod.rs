//! A set: a folder whose files change as one, in generations, as the kubelet does it.
//!
//! ```text
//! DIR/..2026_11_23_15_22_01.kqzvbtah/   a generation: every file of the set, whole
//! DIR/..data -> ..2026_11_23_15_22_01.kqzvbtah
//! DIR/billing.jwt -> ..data/billing.jwt
//! ```
//!
//! A reader that opens `..data` once as a folder, and the files through it, has files of one generation. One that opens
//! `DIR/billing.jwt` has the newest file, whole. A write is of one credential: its files are new in the next generation,
//! and all others are the same as before. So a credential in trouble holds up no other.
//!
//! 1. Look. If the files, their links and `..data` are as wanted, stop. If only links are not, go to step 10.
//! 2. Make missing folders, the set's own with the set's mode and group. One that another program made gets them if the configuration
//!    names a mode.
//! 3. Make the folder of a new generation: exclusively, and for this process alone.
//! 4. For each file of the write: create it exclusively, write the content, set owner and group, then the mode, sync.
//! 5. Carry every other file over from the current generation: by a hard link, or a copy where that is refused.
//! 6. Set the group of the generation's folder, then its mode, so that readers may enter, and sync it.
//! 7. Make the new `..data` under a fresh temporary name. A link that an earlier crash left under another name does no harm.
//! 8. Rename it over `..data`: the moment of truth. Readers have the old generation or the new one, each whole.
//! 9. Sync the set's folder.
//! 10. Make or repair the links by which readers know the files, each in one step. Remove those whose file is gone.
//! 11. Remove old generations, but for the last few: a reader may have opened one just before step 8. The daemon removes these later, each
//!     `keepPrevious` after it was replaced.
//!
//! Steps 1 to 8: any failure removes the new generation and leaves the old one current. A crash leaves a folder and a link
//! at most, which [`super::sweep`] finds.
//!
//! Steps 9 to 11: the write has succeeded. A link that cannot be made is an error of that file, which readers do not find;
//! the next attempt makes the link only. What else goes wrong is logged.
//!
//! A removal (`onExpiry: remove`) makes a generation without the file, removes its link, and then all older generations:
//! an ended token is to be had nowhere.
//!
//! Nothing outside the folder is followed or removed, wherever its links lead; in the folder, only entries with our
//! exact names and owner are removed. Two concurrent writes to one set would undo each other: [`super::Locks`] prevents
//! them.

mod current;
mod directory;
mod generation;
mod link;
mod member;
mod name;
mod old;
mod outer;
mod probe;
mod remove;
mod replace;
mod step;
mod steps;
mod write;

pub use self::step::SetStep;
pub(super) use self::{
    current::{current, standing},
    old::sweep,
    probe::{in_place_of_data, probe},
};
pub use self::{remove::remove_set_observed, write::write_set_observed};
