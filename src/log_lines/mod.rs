//! Lines for standard error, which no caller waits for.
//!
//! Standard error is a pipe, a socket, a terminal or a file, and each can stop taking bytes: a log collector that stalls, a
//! terminal after Ctrl-S, a disk that hangs. So lines are put into a queue, bounded in lines and in bytes, and one thread
//! writes them. A line that finds no room is dropped and counted, and a summary line takes the place of those that are
//! missing. At the end of the process the remaining lines are written for a bounded time.
//!
//! `tracing-appender` has a queue too. It is bounded in lines but not in bytes, starts its thread when it is built, which is
//! too early for a process that confines itself first, and panics if the system refuses that thread.
//!
//! Lines that repeat are limited by call site, see `repeats.rs`.

mod destination;
mod lines;
mod output;
mod queue;
mod repeats;
mod summary;

pub use self::{
    lines::Lines,
    output::{FlushAtEnd, admit, defer_thread, dropped, flush, set_format, start_thread, write},
    repeats::{Line, ROUTINE},
    summary::Summary,
};
