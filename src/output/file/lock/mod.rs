//! Claims: one process writes an output, one process writes a set, and one process uses a state directory.
//!
//! A process locks ranges of bytes of every folder with outputs: for a plain output the place that follows from the output's name, for a
//! set all of them, and for a state directory one place. So thousands of outputs cost one descriptor, and processes with different
//! outputs in one folder do not block each other. The kernel releases the locks when the process ends, however it ends.
//!
//! The folder itself is locked (`folder_range.rs`): no file in it is needed, which programs that read the whole folder would see, and no
//! descriptor that is open for writing, which would keep the file system from being remounted read-only. A user who may read the folder
//! may lock it.
//!
//! Where machines may share the file system, or a folder cannot be locked, the processes lock the file [`LOCK_FILE`] in it
//! (`anchor.rs`). The file stays: a process that removed it could remove one that a third process has just locked. These are classic
//! POSIX locks, which network file systems pass on to the server. They belong to the process, and the kernel drops them when the
//! process closes *any* descriptor of the file. Therefore the file of a folder is opened once. If it turns out to be open under another
//! path of the folder too, both descriptors are kept, and neither is closed while a lock in it is held. Only users that may write in
//! the folder may open the file.

mod anchor;
mod claims;
mod folder_range;
mod held;
mod identity;
mod lock_file;
mod locks;
mod old_file;
mod posix_range;

pub use self::{
    held::Held,
    lock_file::LOCK_FILE,
    locks::{Locks, holder, state_holder},
};
