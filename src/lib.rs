//! Tokenwell keeps fresh Descope session JWTs in files. This page is the tour of the source: the flow, the rooms, and the
//! invariants.
//!
//! # The flow
//!
//! ```text
//!   tokenwell.yaml ─> config ─┐                   ┌─ hints (inotify) ─ watch
//!                             v                   v
//!      TERM INT HUP USR1 ─> daemon: one loop that owns all state and sleeps on one alarm
//!                             │ ^
//!            events, in order │ │ effects: at most one in flight per credential, numbered
//!                             v │
//!                           renewal (pure): when to exchange, retry, write, remove
//!
//!   key file appears ─────── KeyAppeared ──> renewal
//!   renewal ── Exchange(n) ──> task: source ─> exchange ─> session ── Exchanged(n, grant | refusal) ──> renewal
//!   renewal ── Publish(n) ───> task: output ─> token file ─────────── Published(n) ───────────────────> renewal
//!   renewal ── Withdraw(n) ──> task: output ─> no file ────────────── Withdrawn(n) ───────────────────> renewal
//! ```
//!
//! # The rooms, in reading order
//!
//! ```text
//! build.rs         runs before the compiler: describes the build for `tokenwell --version`
//! fingerprint.rs   the hash that identifies an access key in logs and state
//! characters.rs    names characters that look like nothing, or like others
//! secret.rs        a text that prints as [secret] and is zeroed when dropped
//! file_id.rs       device and inode, which identify a file
//! irreplaceable.rs  what is never replaced or removed: anything but regular files and links to them
//! attributes.rs    mode, owner and group of a file, wanted and imposed
//! renewal/         the pure core: the life of a credential, and the fleet that admits exchanges; start with policy.rs
//! clock.rs         reads clocks, and provides the alarm that the loop sleeps on
//! log_lines/       lines for standard error: a bounded queue, the thread that writes it, and limits for lines that repeat
//! blocking/        threads for work that blocks: files, and name look-ups
//! replace_file.rs  replaces a small file without secrets as a whole
//! session/         parses JWTs and the fields of replies, and verifies signatures
//! exchange/        requests to an API: the HTTP client, whole replies, the rules of refusal, and the public keys
//! cluster/         calls to the Kubernetes API, from inside a pod: Secrets, a Lease, and workloads to restart
//! leadership/      PURE: which of several replicas leads, by a Lease; who stops, who takes over, and when
//! source/          ways to a session, one file a kind, and the exchange that all of them share
//! output/          writes a session to its outputs by numbered steps: single files, and sets that change as one
//! child/           child processes, adopted orphans, and the supervisor of `tokenwell exec`
//! hook/            actions after a write: a signal, a command, a POST to loopback
//! state/           what one process leaves to the next: the last exchange and the last write, without secrets
//! watch/           hints that folders may have changed, and reports of which token files were touched
//! status/          one report of plain data, published by server, web page, metrics, file and service manager
//! config/          converts YAML to a valid configuration, or to a list of mistakes with their lines
//! confine/         takes the access to other files and to system calls away from `run`
//! offline/         work without a daemon: desired credentials, tokens on disk, records, the set-up of security questions
//! daemon/          the loop: effects as tasks, signals, reload
//! doctor/          tries every step that a configuration needs, without a daemon: `check --online`
//! sandbox/         a local stand-in for Descope's API (cargo feature `sandbox`, on by default)
//! cli/             one file a command: converts arguments to an intent, and runs it
//! main.rs          arguments, command, exit code
//! ```
//!
//! A room may import only rooms above it in this list, and not all of them: `tests/tidy/walls.rs` has the tables of which
//! room may import which, which may name which crate, and which files may use clocks, files, network and secrets. `cargo
//! test --test tidy` checks the sources against these tables, and this map against `ls src`.
//!
//! # Invariants
//!
//! Invariant: the loop owns all state of the daemon. Its parts share no `Arc<Mutex<…>>`: a task gets the data that it
//! needs and answers with an event. There are few locks, each in one place: for the lines for standard error
//! (`log_lines/output.rs`), the queue of blocking work (`blocking/`), the records that wait for the state file
//! (`daemon/record_store.rs`), the changes that `wait` is told of
//! (`watch/change_notices.rs`), the public keys that concurrent exchanges share (`exchange/trust/mod.rs`), the look-ups that
//! outlive their requests (`exchange/resolver.rs`), the steps of a request (`exchange/timeline.rs`), the claims of outputs and the order of writers of one set
//! (`output/file/lock/`), the children (`child/registry.rs`), and in the sandbox.
//!
//! Invariant: no thread but one waits for standard error, so a log that is not read stops nothing. All lines, panics and
//! the errors of commands included, go through `log_lines/`.
//!
//! Invariant: only `renewal/` decides when to exchange, write or remove. Timers elsewhere only end a wait, or trigger an
//! inspection of files or a request for public keys. (The doctor, `check --online`, is not a daemon: it makes one exchange
//! per key, with the daemon's spacing, records it in the state directory for the next daemon, and discards the session.)
//!
//! Invariant: the spacing between two exchanges of a credential is asserted in the one function that starts exchanges,
//! `Renewal::exchange`. Signals, retries, hints, reloads and changed keys all use it.
//!
//! Invariant: every effect is answered by exactly one event, also if its task panics. An answer whose number is not in
//! flight is late and is ignored.
//!
//! Invariant: work that blocks runs on the threads of `blocking/`, of which a daemon keeps one from its start on. Others
//! exist only while work waits or a disk hangs. The loop needs no other thread, and no failure to start one stops it. Work
//! that is at a file says so (`blocking::at_file`), so that a disk that hangs is reported by the file's path.
//!
//! Invariant: only `clock.rs` reads clocks. Time is an argument, and decisions use the type `Moment`: the boot clock, which
//! counts suspend and cannot be set. The wall clock is for display, and for replies without a `Date` header. (The sandbox
//! stands in for another machine and has its own clock.)
//!
//! Invariant: the core never gets a key or a JWT, only fingerprints and durations, so it can be printed whole. The files
//! that call `Secret::expose` are listed in `tests/tidy/walls.rs`.
//!
//! Invariant: only `exchange/` sends requests to other machines, and it never follows a redirect, which would send the key
//! elsewhere. `cluster/` asks the Kubernetes API by the same client, which then trusts the cluster's authority only and uses no
//! proxy. A hook may post to loopback, without secrets. Only `status/http/` (and the sandbox) answers requests.
//!
//! Invariant: before its first thread starts, `run` gives up access to all other files, and the right to start programs
//! unless a hook runs commands. The files that a daemon may access follow from its configuration: `confine/needs.rs`.
//!
//! Invariant: the allocator in `main.rs` zeroes every freed buffer. A longer-lived secret, such as a token, is a `Secret`,
//! of which there is one copy.
//!
//! Invariant: a token file is replaced as a whole or not at all, and a failed write keeps the old content. The same holds
//! for all files of a set together.
//!
//! Invariant: one process at a time writes an output or a set. Another process is on standby: it logs which process holds
//! the output, retries, and makes no exchange for a credential while other processes hold all its outputs.
//!
//! Invariant: a `Config` is always valid. The conversion from text is the only validation; it reports every mistake in one
//! run, and a bad file is refused as a whole. Only `confine/`, `offline/`, `daemon/`, `doctor/` and `cli/` import `config/`.
//!
//! # Decisions that may surprise you
//!
//! - `config/` reads fields by hand instead of deriving `Deserialize`: serde stops at the first mistake, takes the last of
//!   two equal keys, repeats values in its errors, and does not know the lines. So the JSON Schema is not derived either:
//!   `config/schema/` describes the fields a second time, and every test of the reader also checks the schema.
//! - `source/` does not watch and `watch/` does not read. A hint only makes the loop inspect everything:
//!   `daemon/disk_scan.rs`.
//! - `fingerprint.rs` is separate from `secret.rs`, so that the core can import the one without the other.
//! - `watch/` reads inotify itself, on the loop: the crate `notify` has a thread of its own, and subscribes to each opening of a
//!   file, which in folders that applications read at every request would wake the daemon each time. `wait`, which ends soon,
//!   uses the crate. The inputs and the outputs have an instance each, because a daemon writes its outputs itself.
//! - `session/` is the token, not a schedule; `renewal/` is the schedule and has no HTTP.
//! - The status server has no task of its own: the loop drives it, and answers the queries of its connections.
//! - `sandbox/` is not in `tests/`: newcomers, the demo and the tests use the same one. It shares no code with `exchange/`,
//!   so that the two cannot have the same bug.
//! - There are no mocks, and no traits for them: tests use the sandbox, real sockets, real files, and a simulated world for
//!   the core (`tests/README.md`).
//! - The library exists for `main.rs` and the tests. It has no stable API for other crates.

pub mod attributes;
pub mod blocking;
pub mod characters;
pub mod child;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod confine;
pub mod daemon;
pub mod doctor;
pub mod exchange;
pub mod file_id;
pub mod fingerprint;
pub mod hook;
pub mod irreplaceable;
pub mod leadership;
pub mod log_lines;
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
