//! Tokenwell keeps fresh Descope session JWTs in files. This page is the tour: the flow, the rooms, and what holds
//! everywhere.
//!
//! # The flow
//!
//! ```text
//!   tokenwell.yaml ─> config ─┐                   ┌─ hints (inotify) ─ watch
//!                             v                   v
//!      TERM INT HUP USR1 ─> daemon: one loop that owns all state and sleeps on one alarm
//!                             │ ^
//!            events, in order │ │ effects: at most one under way per credential, numbered
//!                             v │
//!                           renewal (pure): when to exchange, retry, write, remove
//!
//!   key file appears ─────── KeyAppeared ──> renewal
//!   renewal ── Exchange(n) ──> task: key ─> exchange ─> session ── Exchanged(n, grant | refusal) ──> renewal
//!   renewal ── Publish(n) ───> task: output ─> token file ──────── Published(n) ───────────────────> renewal
//!   renewal ── Withdraw(n) ──> task: output ─> no file ─────────── Withdrawn(n) ───────────────────> renewal
//! ```
//!
//! # The rooms, in reading order
//!
//! ```text
//! fingerprint.rs  what may be said of an access key instead of the key
//! secret.rs       a text that prints as [secret] and is zeroed when dropped
//! file_id.rs      device and inode: which file a path leads to
//! replace_file.rs  a small file without secrets, replaced whole
//! renewal/        the pure core: one credential's life, and the fleet that admits exchanges; begin with policy.rs
//! clock.rs        the one place that reads clocks, and the alarm that the loop sleeps on
//! session/        the JWT taken apart, and whether the project signed it
//! exchange/       an access key becomes a session or a refusal: the one HTTP client and the pure parser of replies
//! source/         ways to a session, one file a kind: access keys in files, read with a bound
//! output/         a session becomes files, by the numbered steps of write.rs, or of set/ for those that change as one
//! child/          processes that are ours, and those that are left to us
//! hook/           what follows a write: a signal, a command, a POST to loopback
//! state/          what one process leaves to the next: when it asked, what it wrote; no secret
//! watch/          hints that folders of keys may have changed, and word of who touched which token file
//! status/         one report of plain data on how everything is, and its faces: server, page, metrics, file
//! config/         YAML as written becomes a configuration as meant, or a list of mistakes with their lines
//! confine/        files elsewhere and system calls that `run` takes away from itself
//! offline/        what needs no daemon: the credentials there should be, their tokens on disk, what an earlier process left
//! daemon/         the loop: effects as tasks, signals, reload
//! doctor/         every step that a configuration needs, tried without a daemon: `check --online`
//! sandbox/        a local stand-in for Descope's API (cargo feature `sandbox`, on by default)
//! cli/            one file a command: text becomes intent, the command's own loop around the daemon's
//! main.rs         arguments, command, exit code
//! ```
//!
//! Imports run upwards in this list and never down, and not every upward one is allowed: `tests/tidy/walls.rs` is the
//! table of who may know whom, who may name which crate, and who may touch clocks, files, network and secrets. `cargo
//! test --test tidy` reads the sources and holds them to it, so this page cannot drift far.
//!
//! # What holds everywhere
//!
//! Invariant: the loop owns all state of the daemon. There is no `Arc<Mutex<…>>` between its parts: a task gets what it
//! needs, and answers with an event. Few locks exist, each in one file: the desk where the loop and the threads of
//! inotify meet (`watch/queue.rs`), the public keys that exchanges under way share (`exchange/trust/mod.rs`), the outputs
//! that this process has for itself and the turns of those that write to one set (`output/file/lock/`), the children
//! (`child/registry.rs`), and the sandbox.
//!
//! Invariant: only `renewal/` decides when something is exchanged, written or removed; there is no second place. Timers
//! elsewhere give something up, or look again: at the files on disk, at the project's public keys. (The doctor, `check
//! --online`, is no daemon: it asks once with each key, spaced as the daemon would, notes that where the next daemon looks,
//! and throws the session away.)
//!
//! Invariant: the spacing between two exchanges of a credential is asserted at the one place where exchanges begin,
//! `Renewal::exchange`. Signals, retries, hints, reloads and changed keys all come through it.
//!
//! Invariant: every effect is answered by exactly one event, also when its task panics. An answer with a number that is
//! not under way is late and is ignored.
//!
//! Invariant: there is no clock outside `clock.rs`. Time is an argument, of type `Moment` where it decides: the
//! boot clock, which counts suspend and which nobody can set. The wall clock is for display and for replies that tell
//! no time. (The sandbox plays another machine and has a clock of its own.)
//!
//! Invariant: the core never sees a key or a JWT, only fingerprints and lengths of time, so it can be printed whole.
//! The few files that call `Secret::expose` are listed in `tests/tidy/walls.rs`.
//!
//! Invariant: no request leaves the machine but from `exchange/`, and none follows a redirect, which would carry the key
//! elsewhere. A hook may post to loopback; it carries no secret. None is answered outside `status/http/` (and the sandbox).
//!
//! Invariant: `run` gives up files elsewhere and the running of programs before its first thread starts, unless a hook runs
//! commands: whatever a daemon is to touch comes of its configuration and stands in `confine/needs.rs`.
//!
//! Invariant: a freed buffer is zeroed, whoever had it: the allocator of `main.rs` sees to that. What lives on, such as a
//! token, is a `Secret`, and there is one copy of it.
//!
//! Invariant: a token file is replaced whole or not at all, and what fails keeps what was there. The files of a set are
//! one in this.
//!
//! Invariant: one process writes an output, or a set. A second one is told who the first is, and goes on trying.
//!
//! Invariant: a `Config` cannot be wrong. Turning text into it is the only validation, it tells every mistake in one
//! run, and a bad file is refused whole. Only `confine/`, `daemon/`, `cli/` and `config/` itself know of it.
//!
//! # Where this house is not what you expect
//!
//! - `config/` asks for fields by hand instead of deriving `Deserialize`: serde stops at the first mistake, takes the
//!   last of two equal keys, repeats values in its errors, and does not know the lines. So the schema for editors is not
//!   derived either: `config/schema/` tells the fields a second time, and every test of the reader holds the two together.
//! - `source/` does not watch and `watch/` does not read. A hint only makes the loop look at everything:
//!   `daemon/disk_scan.rs`.
//! - `fingerprint.rs` is not in `secret.rs`, so that the core can import the one without the other.
//! - `watch/` has two inotify instances: `notify` asks for each opening of a file, which for the folders that apps read at
//!   every request would be a wake-up for each of them. `watch/change_watcher.rs` asks for changes only.
//! - `session/` is a noun: it holds no schedule. `renewal/` holds no HTTP.
//! - The status server has no task of its own: the loop drives it, and answers what its connections ask.
//! - `sandbox/` is not in `tests/`: newcomers, the demo and the tests use the same one. It shares no code with
//!   `exchange/`, so that the two cannot be wrong in the same way.
//! - There are no mocks and no traits for them: tests use the sandbox, real sockets, real files, and a simulated world
//!   for the core (`tests/README.md`).
//! - The library is for `main.rs` and the tests. It promises nothing to other crates.

pub mod child;
pub mod cli;
pub mod clock;
pub mod config;
pub mod confine;
pub mod daemon;
pub mod doctor;
pub mod exchange;
pub mod file_id;
pub mod fingerprint;
pub mod hook;
pub mod offline;
pub mod output;
pub mod renewal;
pub mod replace_file;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub mod session;
pub mod source;
pub mod state;
pub mod status;
pub mod watch;
