//! Threads for work that blocks: files, and name look-ups.
//!
//! A runtime's own threads are started when work comes, and panic if the system allows no more. Here each kind of work has a
//! [`Lane`] with its own queue and its own few threads, so that a disk that hangs under one kind does not stop the others.
//! A daemon starts one thread of each lane at its start and keeps it ([`keep_threads`]). More are started when work waits,
//! up to the lane's limit, and end when they are idle. If the system allows no more threads, work waits for those that
//! there are, and the start is tried again: see [`Shortage`]. The work of a lane without any thread is done on the thread of the
//! runtime then.
//!
//! The lanes belong to the thread that submits, which is the thread of the runtime. Its threads inherit what it may do.

mod access;
mod job;
mod lane;
mod lanes;
mod not_done;
mod parts;
mod shortage;
#[cfg(test)]
mod tests;
mod workers;

pub use self::{
    access::{Access, HANG_AFTER, Hang, STUCK_AFTER, at_file, reaches},
    job::JobHandle,
    lane::Lane,
    lanes::{
        finish, hang_ended, hangs, is_out_of_reach, keep_threads, next_hang_in, run_within, shortage, shortage_changed,
        start_thread, starved, submit,
    },
    not_done::NotDone,
    parts::{LeftOut, Part, PartsDone, run_parts},
    shortage::{LIMITS, Shortage},
};
