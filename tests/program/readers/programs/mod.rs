//! The programs of `docs/readers.md`: each runs with the snippets of its section as printed, through rotations by the real
//! daemon.
//!
//! To add a program, write its section with snippets that have names (` ```yaml prometheus.yml `), and a test in the module of
//! its family:
//!
//! 1. [`installed`] or [`from_script`] finds the program, or skips the test;
//! 2. [`Stage::new`] reads the section, and [`Stage::snippet`] returns its snippets with the test's paths and addresses;
//! 3. [`Process::listening`] starts a server at a free port;
//! 4. [`Stage::start_daemon`] starts the daemon, before or after the program;
//! 5. [`Stage::through_rotations`] makes requests until enough tokens have arrived, and prints and judges the requests.
//!
//! A program that Debian does not have is installed by `tests/system/readers/run`: add it there too.

mod arrivals;
mod clients;
mod collectors;
mod found;
mod process;
mod prometheus;
mod proxies;
mod sections;
mod stage;

pub(crate) use found::{Found, from_script, installed};
pub(crate) use process::{Process, get};
pub(crate) use stage::{Pace, Shape, Stage};
