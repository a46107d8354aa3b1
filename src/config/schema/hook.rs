//! `hooks`.

use serde_json::json;

use super::{
    entry::{Entry, Section},
    form,
};
use crate::config::{
    section::hook::{PROCESS_NAME_BYTES_MAX, TIMEOUT, TIMEOUT_DEFAULT, WORDS_MAX},
    value::duration::short,
};

/// Describes an entry of `hooks`.
pub(super) fn hook() -> Section {
    let entries = vec![
        Entry::new(
            "signal",
            form::signal(),
            "Sends a signal to the process of `pidFile`, or to the processes of `processName`.",
        ),
        Entry::new(
            "pidFile",
            form::one_file(),
            "With `signal`: a file that contains the process id, read each time.",
        ),
        Entry::new(
            "processName",
            form::process_name(PROCESS_NAME_BYTES_MAX),
            "With `signal`: the processes of that name that tokenwell can see. Their children of the same name get no signal.",
        ),
        Entry::new(
            "command",
            form::command(WORDS_MAX),
            "Runs a program without a shell. Its environment has `$TOKENWELL_CREDENTIAL`, `$TOKENWELL_PATH` and \
            `$TOKENWELL_EXPIRES_AT`.",
        ),
        Entry::new(
            "post",
            form::loopback_url(),
            "Sends a POST request to this machine; its body is a JSON object with `credential`, `path` and `expiresAt`.",
        ),
        Entry::new(
            "timeout",
            form::duration(&TIMEOUT),
            "With `command` or `post`: the time limit. A command that exceeds it is stopped, with all its child processes.",
        )
        .default(short(TIMEOUT_DEFAULT)),
    ];
    let one_of = |names: &[&str]| names.iter().map(|name| json!({"required": [name]})).collect::<serde_json::Value>();
    let about = "An action after a new token was written: one of `signal`, `command` and `post`.";
    Section::new("Hook", about, entries)
        .rule("oneOf", one_of(&["signal", "command", "post"]))
        .rule("dependencies", json!({"pidFile": ["signal"], "processName": ["signal"]}))
        .rule("if", json!({"required": ["signal"], "not": {"anyOf": one_of(&["command", "post"])}}))
        .rule("then", json!({"oneOf": one_of(&["pidFile", "processName"]), "properties": {"timeout": false}}))
}
