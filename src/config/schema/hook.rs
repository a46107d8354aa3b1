//! `hooks`.

use serde_json::json;

use super::{Entry, Section, form};
use crate::config::{
    section::hook::{PROCESS_NAME_BYTES_MAX, TIMEOUT, TIMEOUT_DEFAULT, WORDS_MAX},
    value::duration::short,
};

/// An entry of `hooks`.
pub(super) fn hook() -> Section {
    let entries = vec![
        Entry::new(
            "signal",
            form::signal(),
            "Sends a signal, to the process of `pidFile` or to those of `processName`.",
        ),
        Entry::new(
            "pidFile",
            form::one_file(),
            "With `signal`: a file that holds the number of the process, read anew each time.",
        ),
        Entry::new(
            "processName",
            form::process_name(PROCESS_NAME_BYTES_MAX),
            "With `signal`: the processes of that name, where tokenwell sees them. Children of one so named get none.",
        ),
        Entry::new(
            "command",
            form::command(WORDS_MAX),
            "Runs a program; there is no shell. It finds `$TOKENWELL_CREDENTIAL`, `$TOKENWELL_PATH` and \
             `$TOKENWELL_EXPIRES_AT` in its environment.",
        ),
        Entry::new(
            "post",
            form::loopback_url(),
            "Sends a POST to this machine, with a JSON object of `credential`, `path` and `expiresAt` as its body.",
        ),
        Entry::new(
            "timeout",
            form::duration(&TIMEOUT),
            "With `command` or `post`: how long it may take. A command is then stopped, with all that it started.",
        )
        .default(short(TIMEOUT_DEFAULT)),
    ];
    let one_of = |names: &[&str]| names.iter().map(|name| json!({"required": [name]})).collect::<serde_json::Value>();
    let about = "Who is told of a new token: one of `signal`, `command` and `post`.";
    Section::new("Hook", about, entries)
        .rule("oneOf", one_of(&["signal", "command", "post"]))
        .rule("dependencies", json!({"pidFile": ["signal"], "processName": ["signal"]}))
        .rule("if", json!({"required": ["signal"], "not": {"anyOf": one_of(&["command", "post"])}}))
        .rule("then", json!({"oneOf": one_of(&["pidFile", "processName"]), "properties": {"timeout": false}}))
}
