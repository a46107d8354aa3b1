//! The walls: tables to read, and to change when the house changes.

use crate::uses::Use;

/// Each room with those that it may import, all of which stand above it.
pub(crate) const ROOMS: &[(&str, &[&str])] = &[
    ("fingerprint", &[]),
    ("secret", &["fingerprint"]),
    ("renewal", &["fingerprint"]),
    ("session", &["renewal", "secret"]),
    ("exchange", &["renewal", "secret", "session"]),
    ("key", &["secret"]),
    ("output", &["fingerprint", "secret", "session"]),
    ("child", &[]),
    ("hook", &["child", "secret", "session"]),
    ("state", &["fingerprint", "renewal", "session"]),
    ("watch", &[]),
    ("status", &[]),
    ("config", &["exchange", "hook", "output", "renewal"]),
    (
        "daemon",
        &[
            "config",
            "child",
            "exchange",
            "fingerprint",
            "hook",
            "key",
            "output",
            "renewal",
            "secret",
            "session",
            "state",
            "status",
            "watch",
        ],
    ),
    ("sandbox", &["fingerprint", "secret"]),
    (
        "cli",
        &[
            "child",
            "config",
            "daemon",
            "fingerprint",
            "hook",
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

/// Each crate of Cargo.toml with the rooms that may name it.
pub(crate) const CRATES: &[(&str, &[&str])] = &[
    ("base64", &["output", "sandbox", "session"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("fastrand", &["cli", "daemon", "output", "renewal"]),
    ("futures_util", &["child", "daemon", "watch"]),
    ("http", &["exchange", "sandbox"]),
    ("http_body_util", &["sandbox"]),
    ("httpdate", &["exchange", "sandbox"]),
    ("humantime", &["child", "cli", "config", "daemon", "exchange", "hook", "output", "sandbox", "state", "status"]),
    ("hyper", &["sandbox"]),
    ("hyper_util", &["sandbox"]),
    ("minijinja", &["output"]),
    ("nix", &["child", "config", "output"]),
    ("notify", &["watch"]),
    ("reqwest", &["exchange", "hook"]),
    ("ring", &["daemon", "sandbox", "secret", "session"]),
    ("rustix", &["child", "cli", "config", "daemon", "hook", "key", "output", "state", "watch"]),
    ("rustls", &["exchange", "hook"]),
    ("serde", &["config", "exchange", "output", "session", "state", "status"]),
    ("serde_json", &["cli", "config", "daemon", "exchange", "hook", "output", "sandbox", "session", "state", "status"]),
    ("serde_yaml", &["config"]),
    ("signal_hook", &["child", "cli", "daemon"]),
    ("signal_hook_tokio", &["child", "daemon"]),
    ("tempfile", &["cli", "exchange", "output"]),
    ("thiserror", &["child", "cli", "config", "daemon", "exchange", "hook", "key", "output", "session", "state"]),
    ("tokio", &["child", "cli", "daemon", "exchange", "hook", "sandbox", "watch"]),
    ("tracing", &["child", "cli", "daemon", "exchange", "output", "sandbox", "watch"]),
    ("tracing_subscriber", &["cli"]),
    ("zeroize", &["exchange", "hook", "key", "output", "sandbox", "secret", "session"]),
];

/// What the core may name of the standard library.
pub(crate) const PURE: &[&str] = &["std::collections", "std::fmt", "std::num", "std::ops", "std::time::Duration"];

/// Something that only a few places may do.
pub(crate) struct Wall {
    /// Said to whoever runs into it.
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
        doors: &["src/daemon/clock.rs", "src/sandbox/clock.rs"],
        why: "time is an argument everywhere else; std's Instant stops during suspend, and the wall clock jumps",
    },
    Wall {
        rule: "a timer is set",
        names: &["tokio::time", "std::thread::sleep"],
        doors: &[
            "src/child/supervisor.rs",
            "src/cli/demo.rs",
            "src/cli/tokens.rs",
            "src/daemon/exchange_effect.rs",
            "src/daemon/mod.rs",
            "src/exchange/client.rs",
            "src/exchange/trust/mod.rs",
            "src/hook/",
            "src/sandbox/",
            "src/watch/mod.rs",
            "src/watch/sentry.rs",
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
            "src/cli/check/key_files.rs",
            "src/cli/check/programs.rs",
            "src/cli/demo/",
            "src/cli/man.rs",
            "src/cli/source.rs",
            "src/config/text.rs",
            "src/config/value/owner.rs",
            "src/daemon/clock.rs",
            "src/daemon/survey.rs",
            "src/exchange/roots.rs",
            "src/exchange/trust/cache.rs",
            "src/hook/pid_file.rs",
            "src/hook/process.rs",
            "src/key/",
            "src/output/",
            "src/sandbox/settings.rs",
            "src/state/mod.rs",
            "src/watch/arms.rs",
            "src/watch/sentry.rs",
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
            "std::os::unix::net",
            "rustix::net",
        ],
        doors: &["src/exchange/", "src/hook/post/", "src/sandbox/"],
        why: "one client makes all exchanges, with its bounds and its answer to redirects; hooks post to loopback only",
    },
    Wall {
        rule: "the environment is read",
        names: &["std::env"],
        doors: &[
            "src/cli/demo.rs",
            "src/cli/demo/screen.rs",
            "src/cli/logging.rs",
            "src/cli/shell.rs",
            "src/config/environment.rs",
            "src/exchange/proxy.rs",
        ],
        why: "what a variable means is decided in one place and can be told in `--help`",
    },
    Wall {
        rule: "something is printed",
        names: &["println!", "print!", "eprintln!", "eprint!", "dbg!", "std::io::stdout", "std::io::stderr"],
        doors: &[
            "src/cli/demo.rs",
            "src/cli/demo/screen.rs",
            "src/cli/logging.rs",
            "src/cli/print.rs",
            "src/cli/sandbox.rs",
        ],
        why: "results go to stdout, logs and errors to stderr, and a closed pipe is no crash: cli/print.rs sees to it",
    },
    Wall {
        rule: "a secret is exposed",
        names: &[".expose", "crate::secret::Secret::expose"],
        doors: &[
            "src/cli/demo/",
            "src/cli/exec/variables.rs",
            "src/daemon/survey.rs",
            "src/exchange/client.rs",
            "src/exchange/proxy.rs",
            "src/exchange/trust/mod.rs",
            "src/hook/printed.rs",
            "src/output/render/",
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
            "src/child/family.rs",
            "src/exchange/trust/mod.rs",
            "src/output/lock/",
            "src/sandbox/state.rs",
            "src/watch/desk.rs",
        ],
        why: "the loop owns all state of the daemon; effects get what they need and answer with an event",
    },
    Wall {
        rule: "a thread or a process is started",
        names: &["std::thread", "std::process::Command", "tokio::process", "std::process::exit", "std::process::abort"],
        doors: &[
            "src/child/",
            "src/cli/demo/reader.rs",
            "src/hook/command.rs",
            "src/sandbox/mod.rs",
            "src/watch/mod.rs",
        ],
        why: "threads that nobody bounds and exits that skip the drain are found at night",
    },
];
