//! Threads for work that blocks: files, and name look-ups.
//!
//! A runtime's own threads are started when work comes, and panic if the system allows no more. Here one thread does the work
//! that comes now and then, and a daemon keeps it from its start on ([`keep_thread`]). More are started when work waits, up to
//! four that get on; and one in the place of each that hangs, so that a disk that hangs stops no other work. Each kind of work
//! has a [`Lane`], which may hold so many threads and no more. Threads that are not kept end when they are idle. If the system
//! allows no more threads, work waits for those that there are, and the start is tried again: see [`Shortage`]. While all of
//! them hang, the work of other lanes is done on the thread of the runtime then.
//!
//! The threads belong to the thread that submits, which is the thread of the runtime. They inherit what it may do.

mod access;
mod job;
mod lane;
mod lanes;
mod not_done;
mod parts;
mod queue;
mod shortage;
#[cfg(test)]
mod tests;
mod workers;

pub use self::{
    access::{Access, HANG_AFTER, Hang, STUCK_AFTER, at_file, reaches},
    job::JobHandle,
    lane::Lane,
    lanes::{
        finish, hang_ended, hangs, is_out_of_reach, keep_thread, next_hang_in, run_within, shortage, shortage_changed,
        starved, submit,
    },
    not_done::NotDone,
    parts::{LeftOut, Part, PartsDone, run_parts},
    shortage::{LIMITS, Shortage},
};
