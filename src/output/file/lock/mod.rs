//! Claims: one process writes an output, one process writes a set, and one process uses a state directory.
//!
//! Every folder with outputs has a file [`LOCK_FILE`], in which a process locks ranges of bytes: for a plain output one byte,
//! whose offset follows from the output's name, for a set the whole file, and for a state directory one byte. So thousands of outputs cost one descriptor,
//! processes with different outputs in one folder do not block each other, and the kernel names the process that holds a
//! range. The kernel releases the lock when the process ends, however it ends. The file stays: a process that removed it could
//! remove one that a third process has just locked.
//!
//! These are classic POSIX locks. They belong to the process, and the kernel drops them when the process closes *any*
//! descriptor of the file. Therefore the file of a folder is opened once. If it turns out to be open under another path of the
//! folder too, both descriptors are kept, and neither is closed while a lock in it is held.
//!
//! Only users that may write in the folder may open the file, and readers may not: a reader that locked it could keep tokens
//! from being renewed.

mod file;
mod held;
mod locks;
mod range;

pub use self::{
    file::LOCK_FILE,
    held::Held,
    locks::{Locks, holder, state_holder},
};
