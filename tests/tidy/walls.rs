//! The walls: tables to read, and to change when the house changes.

use crate::uses::Use;

/// Each room with those that it may import, all of which stand above it.
pub(crate) const ROOMS: &[(&str, &[&str])] = &[
    ("fingerprint", &[]),
    ("secret", &["fingerprint"]),
    ("file_id", &[]),
    ("attributes", &[]),
    ("renewal", &["fingerprint"]),
    ("clock", &["renewal"]),
    ("log_lines", &["clock", "renewal"]),
    ("blocking", &["clock", "renewal"]),
    ("replace_file", &["blocking"]),
    ("session", &["renewal", "secret"]),
    ("exchange", &["blocking", "renewal", "replace_file", "secret", "session"]),
    ("source", &["blocking", "clock", "exchange", "fingerprint", "renewal", "replace_file", "secret", "session"]),
    ("output", &["attributes", "blocking", "file_id", "fingerprint", "secret", "session"]),
    ("child", &[]),
    ("hook", &["blocking", "child", "secret", "session", "source"]),
    ("state", &["attributes", "blocking", "fingerprint", "renewal", "replace_file", "session"]),
    ("watch", &["blocking", "file_id"]),
    ("status", &["file_id", "renewal", "replace_file"]),
    ("config", &["blocking", "exchange", "file_id", "hook", "output", "renewal", "session", "source", "status"]),
    ("confine", &["blocking", "config", "hook", "output", "status"]),
    (
        "offline",
        &[
            "blocking",
            "clock",
            "config",
            "exchange",
            "fingerprint",
            "output",
            "renewal",
            "secret",
            "session",
            "source",
            "state",
            "watch",
        ],
    ),
    (
        "daemon",
        &[
            "attributes",
            "blocking",
            "clock",
            "config",
            "confine",
            "child",
            "exchange",
            "fingerprint",
            "hook",
            "log_lines",
            "offline",
            "output",
            "renewal",
            "session",
            "source",
            "state",
            "status",
            "watch",
        ],
    ),
    (
        "doctor",
        &[
            "blocking",
            "clock",
            "config",
            "exchange",
            "fingerprint",
            "hook",
            "offline",
            "output",
            "renewal",
            "session",
            "source",
            "state",
            "status",
        ],
    ),
    ("sandbox", &["fingerprint", "log_lines", "secret"]),
    (
        "cli",
        &[
            "blocking",
            "child",
            "clock",
            "config",
            "confine",
            "daemon",
            "doctor",
            "fingerprint",
            "hook",
            "log_lines",
            "offline",
            "output",
            "renewal",
            "sandbox",
            "secret",
            "session",
            "status",
        ],
    ),
    ("main", &["cli"]),
];

/// Imports that close a circle of files inside a room, and are excused.
pub(crate) struct Circle {
    /// A file, or the files of a folder.
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// Why it does no harm.
    pub(crate) why: &'static str,
}

impl Circle {
    pub(crate) fn is_of(&self, from: &str, to: &str) -> bool {
        self.to == to && (self.from == from || self.from.ends_with('/') && from.starts_with(self.from))
    }
}

/// The list stays empty unless a circle is harmless and says why.
pub(crate) const CIRCLES: &[Circle] = &[];

/// Faces that hold items beside what they re-export. The list only shrinks.
pub(crate) const MIXED_FACES: &[&str] = &[];

/// Owners in `daemon/` with a field that other files can reach. The list only shrinks.
pub(crate) const OPEN_OWNERS: &[&str] = &[];

/// Words that were replaced, each with what to write instead.
pub(crate) const WORDS: &[(&str, &str)] = &[
    ("Kept", "`CredentialState`, or the role of the record"),
    ("Storm", "`LogThrottle`"),
    ("Errand", "`ExchangeJob`"),
    ("Glance", "`ReadinessProbe`"),
    ("Faces", "`StatusPublisher`"),
    ("Crowd", "`ConnectionPool`"),
    ("Vacancy", "`ListenProbe`"),
    ("Sentry", "`ChangeWatcher`"),
    ("Spared", "`ProtectedKeys`"),
    ("Kin", "`OwnedChild`"),
    ("Ward", "`Supervised`"),
    ("Nudged", "`RenewRequested`"),
    ("Chore", "`DiskTask`"),
    ("Survey", "`DiskScan`"),
    ("Teller", "`ReportSource`"),
    ("laggard", "`first_unready`"),
    ("farewell", "removal"),
    ("untold", "`suppressed`"),
    ("seen off", "reaped"),
    ("whoever", "the reader's role"),
    ("Whoever", "the reader's role"),
    ("nobody", "no one, or the process"),
];

/// Files and folders where such a word is still in use: the Unix user `nobody`, or prose that waits for its rewrite. The
/// list only shrinks.
pub(crate) const WORDS_ELSEWHERE: &[(&str, &str)] = &[
    ("deploy/prometheus/", "nobody"),
    ("tests/common/", "nobody"),
    ("tests/core/", "Whoever"),
    ("tests/core/", "nobody"),
    ("tests/core/", "whoever"),
    ("tests/rooms/", "nobody"),
    ("tests/system/", "nobody"),
];

/// Each crate of Cargo.toml with the rooms that may name it.
pub(crate) const CRATES: &[(&str, &[&str])] = &[
    ("base64", &["exchange", "hook", "output", "sandbox", "session"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("fastrand", &["cli", "clock", "daemon", "offline", "output", "renewal"]),
    ("futures_util", &["child", "cli", "daemon", "watch"]),
    ("glob", &["config"]),
    ("http", &["exchange", "sandbox", "status"]),
    ("http_body_util", &["sandbox", "status"]),
    ("httpdate", &["exchange", "sandbox"]),
    (
        "humantime",
        &[
            "child", "cli", "config", "daemon", "doctor", "exchange", "hook", "output", "sandbox", "session", "source",
            "state", "status",
        ],
    ),
    ("hyper", &["sandbox", "status"]),
    ("hyper_util", &["exchange", "sandbox", "status"]),
    // Only its version matters: see Cargo.toml.
    ("idna_adapter", &[]),
    ("landlock", &["confine"]),
    ("listenfd", &["status"]),
    ("minijinja", &["output"]),
    ("nix", &["child", "config", "confine", "output"]),
    ("notify", &["watch"]),
    ("prometheus_client", &["status"]),
    ("reqwest", &["exchange", "hook"]),
    ("ring", &["config", "sandbox", "secret", "session"]),
    (
        "rustix",
        &[
            "child",
            "cli",
            "clock",
            "config",
            "doctor",
            "hook",
            "log_lines",
            "offline",
            "output",
            "source",
            "state",
            "status",
            "watch",
        ],
    ),
    ("rustls", &["exchange", "hook", "session"]),
    ("rustls_native_certs", &["exchange"]),
    ("seccompiler", &["confine"]),
    ("serde", &["config", "exchange", "output", "session", "source", "state", "status"]),
    ("serde_json", &["cli", "config", "exchange", "hook", "output", "sandbox", "session", "source", "state", "status"]),
    ("serde_yaml", &["config"]),
    ("signal_hook", &["child", "cli", "daemon", "doctor"]),
    ("signal_hook_tokio", &["child", "cli", "daemon"]),
    ("tempfile", &["cli", "output", "state", "status"]),
    (
        "thiserror",
        &[
            "blocking", "child", "cli", "config", "confine", "daemon", "exchange", "hook", "offline", "output",
            "sandbox", "session", "source", "state", "status",
        ],
    ),
    (
        "tokio",
        &[
            "blocking", "child", "cli", "clock", "daemon", "doctor", "exchange", "hook", "offline", "sandbox",
            "source", "status", "watch",
        ],
    ),
    ("tokio_rustls", &["exchange"]),
    (
        "tracing",
        &[
            "blocking",
            "child",
            "cli",
            "confine",
            "daemon",
            "exchange",
            "log_lines",
            "output",
            "sandbox",
            "status",
            "watch",
        ],
    ),
    ("tracing_subscriber", &["cli"]),
    ("x509_cert", &["exchange", "session"]),
    ("zeroizing_alloc", &["main"]),
    ("zeroize", &["exchange", "hook", "output", "sandbox", "secret", "session", "source"]),
];

/// What the core may name of the standard library.
pub(crate) const PURE: &[&str] = &["std::collections", "std::fmt", "std::num", "std::ops", "std::time::Duration"];

/// Something that only a few places may do.
pub(crate) struct Wall {
    /// The message for code that breaks it.
    pub(crate) rule: &'static str,
    /// What those places name and no other.
    names: &'static [&'static str],
    /// Files and folders.
    pub(crate) doors: &'static [&'static str],
    pub(crate) why: &'static str,
}

impl Wall {
    /// Whether it has something to say of this.
    pub(crate) fn keeps(&self, found: &Use) -> bool {
        self.names.iter().any(|name| found.is_of(name))
    }
}

/// Clocks, files, network and secrets, each behind a wall.
pub(crate) const WALLS: &[Wall] = &[
    Wall {
        rule: "a clock is read",
        names: &["std::time::SystemTime::now", "std::time::Instant", "tokio::time::Instant", "rustix::time"],
        doors: &["src/clock.rs", "src/sandbox/clock.rs"],
        why: "time is an argument everywhere else; std's Instant stops during suspend, and the wall clock jumps",
    },
    Wall {
        rule: "a timer is set",
        names: &["tokio::time", "std::thread::sleep"],
        doors: &[
            "src/blocking/",
            "src/child/supervisor.rs",
            "src/cli/child_process.rs",
            "src/cli/demo.rs",
            "src/cli/status.rs",
            "src/cli/tokens.rs",
            "src/daemon/event_loop/status_publisher.rs",
            "src/daemon/event_loop.rs",
            "src/daemon/record_store.rs",
            "src/doctor/",
            "src/exchange/client.rs",
            "src/exchange/trust/mod.rs",
            "src/exchange/network_path/",
            "src/hook/",
            "src/offline/questions_setup.rs",
            "src/offline/wait.rs",
            "src/sandbox/",
            "src/status/http/",
            "src/watch/folder_watcher.rs",
            "src/watch/change_watcher.rs",
        ],
        why: "renewal/ decides when things happen, and the loop sleeps on one alarm; other timers only give something up",
    },
    Wall {
        rule: "a file is touched",
        names: &[
            "std::fs",
            "std::os::unix::fs",
            "tokio::fs",
            "rustix::fs",
            "nix::fcntl",
            "nix::sys::stat",
            "nix::unistd",
            "tempfile",
            ".canonicalize",
            ".exists",
            ".try_exists",
            ".is_dir",
            ".read_dir",
            ".read_link",
            ".symlink_metadata",
        ],
        doors: &[
            "src/child/signals.rs",
            "src/cli/demo/",
            "src/cli/logging/journal.rs",
            "src/cli/man.rs",
            "src/cli/source.rs",
            "src/cli/same_config.rs",
            "src/config/resolve.rs",
            "src/config/text.rs",
            "src/config/value/owner.rs",
            "src/confine/",
            "src/clock.rs",
            "src/daemon/disk_scan.rs",
            "src/doctor/",
            "src/exchange/roots.rs",
            "src/file_id.rs",
            "src/exchange/trust/cache.rs",
            "src/hook/pid_file.rs",
            "src/hook/process.rs",
            "src/source/",
            "src/output/",
            "src/replace_file.rs",
            "src/sandbox/secret_file.rs",
            "src/state/ledger.rs",
            "src/state/probe.rs",
            "src/status/file.rs",
            "src/status/http/listen_probe.rs",
            "src/status/http/listener.rs",
            "src/status/http/port_holder.rs",
            "src/status/http/unix_socket.rs",
            "src/status/process.rs",
            "src/watch/change_watcher.rs",
        ],
        why: "files hang, fill up and change under the reader: the rooms that own them know how, others ask these",
    },
    Wall {
        rule: "the network is used",
        names: &[
            "reqwest",
            "hyper",
            "hyper_util",
            "http_body_util",
            // Not `tokio::net::unix::pipe`, which leads nowhere.
            "tokio::net::TcpListener",
            "tokio::net::TcpSocket",
            "tokio::net::TcpStream",
            "tokio::net::ToSocketAddrs",
            "tokio::net::UdpSocket",
            "tokio::net::UnixDatagram",
            "tokio::net::UnixListener",
            "tokio::net::UnixSocket",
            "tokio::net::UnixStream",
            "tokio::net::lookup_host",
            "std::net::TcpStream",
            "std::net::TcpListener",
            "std::net::UdpSocket",
            "std::net::ToSocketAddrs",
            "std::os::linux::net",
            "std::os::unix::net",
            "rustix::net",
        ],
        doors: &[
            "src/daemon/status_publisher/service_manager/socket.rs",
            "src/exchange/",
            "src/hook/post/",
            "src/sandbox/",
            "src/status/http/",
        ],
        why: "one client makes all exchanges, with its bounds and its answer to redirects; hooks post to loopback only, one server answers, one client asks it, and the service manager is told how it is",
    },
    Wall {
        rule: "the environment is read",
        names: &["std::env"],
        doors: &[
            "src/cli/child_process.rs",
            "src/cli/demo.rs",
            "src/cli/logging.rs",
            "src/cli/logging/journal.rs",
            "src/cli/terminal/screen.rs",
            "src/cli/shell.rs",
            "src/config/environment.rs",
            "src/clock.rs",
            "src/daemon/status_publisher/service_manager/socket.rs",
            "src/exchange/proxy.rs",
        ],
        why: "what a variable means is decided in one place and can be told in `--help`",
    },
    Wall {
        rule: "something is printed",
        names: &["println!", "print!", "eprintln!", "eprint!", "dbg!", "std::io::stdout", "std::io::stderr"],
        doors: &[
            "src/cli/child_process.rs",
            "src/cli/demo.rs",
            "src/cli/logging/destination.rs",
            "src/cli/logging/journal.rs",
            "src/cli/terminal/screen.rs",
            "src/cli/print.rs",
            "src/cli/sandbox.rs",
            "src/log_lines/destination.rs",
        ],
        why: "results go to stdout, logs and errors to stderr, which no caller waits for: log_lines/ sees to it",
    },
    Wall {
        rule: "a secret is exposed",
        names: &[".expose", "crate::secret::Secret::expose"],
        doors: &[
            "src/cli/demo/",
            "src/cli/exec/variables.rs",
            "src/exchange/proxy.rs",
            "src/exchange/trust/mod.rs",
            "src/hook/command_output.rs",
            "src/offline/prior_state.rs",
            "src/offline/token_life.rs",
            "src/output/render/",
            "src/sandbox/oauth/",
            "src/sandbox/user/refresh_token.rs",
            "src/source/access_key.rs",
            "src/source/answers.rs",
            "src/source/assertion.rs",
            "src/source/oauth.rs",
            "src/source/public_key.rs",
            "src/source/refresh_token.rs",
            "src/source/token_chain.rs",
            "src/source/word.rs",
        ],
        why: "each of these places is where a key or a token could leak, and is to be read as such",
    },
    Wall {
        rule: "state is shared behind a lock",
        names: &[
            "std::sync::Mutex",
            "std::sync::RwLock",
            "std::sync::Condvar",
            "tokio::sync::Mutex",
            "tokio::sync::RwLock",
            "std::cell::RefCell",
        ],
        doors: &[
            "src/blocking/",
            "src/child/registry.rs",
            "src/daemon/record_store.rs",
            "src/exchange/trust/mod.rs",
            "src/log_lines/output.rs",
            "src/output/file/lock/",
            "src/sandbox/state.rs",
            "src/source/reader.rs",
            "src/watch/queue.rs",
        ],
        why: "the loop owns all state of the daemon; effects get what they need and answer with an event",
    },
    Wall {
        rule: "a thread or a process is started",
        names: &["std::thread", "std::process::Command", "tokio::process", "std::process::exit", "std::process::abort"],
        doors: &[
            "src/blocking/",
            "src/child/",
            "src/cli/child_process.rs",
            "src/cli/demo/reader.rs",
            "src/hook/command.rs",
            "src/log_lines/output.rs",
            "src/sandbox/handle.rs",
            "src/watch/watch_thread.rs",
        ],
        why: "threads that nobody bounds and exits that skip the drain are found at night",
    },
    Wall {
        rule: "a thread of the runtime is used for blocking work",
        names: &["tokio::task::spawn_blocking", "tokio::task::block_in_place", "tokio::fs", "tokio::net::lookup_host"],
        doors: &[],
        why: "the runtime panics if the system allows no more threads; the lanes of blocking/ keep theirs and wait",
    },
];
