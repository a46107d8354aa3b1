//! The top level of the file.

use serde_json::json;

use super::{
    credential,
    entry::{Entry, Form, Section},
    form, http, log, renew, set, status,
};
use crate::config::{model::Confine, section::root::CONFINE};

/// Describes a configuration file.
pub fn root() -> Section {
    let entries = vec![
        Entry::new(
            "projectId",
            form::project(),
            "The id of the Descope project. `$DESCOPE_PROJECT_ID` and `--project-id` override it; without either it is required.",
        ),
        Entry::new(
            "baseUrl",
            form::base_url(),
            "The base URL of Descope's API. `$DESCOPE_BASE_URL` and `--base-url` override it. Plain http is for loopback only, \
            unless `allowPlainHttp` is set.",
        )
        .fallback("Descope's API in the project's region"),
        Entry::new(
            "allowPlainHttp",
            form::flag(),
            "Whether access keys may cross a network unencrypted. Loopback needs no permission.",
        )
        .default(false),
        Entry::new(
            "stateDirectory",
            form::writable_folder(),
            "The folder for state that a restart needs: times of exchanges, written outputs, public keys. It holds no secrets except refresh tokens that replace mounted ones.",
        )
        .fallback("`$STATE_DIRECTORY`, else a folder in `.tokenwell` beside the first output"),
        Entry::new(
            "credentials",
            Form::List { of: credential::one(), least: 0, most: None },
            "The credentials to keep fresh. At least one entry is required here or in `credentialsFrom`.",
        ),
        Entry::new(
            "credentialsFrom",
            Form::List { of: credential::of_each_key(), least: 0, most: None },
            "Folders of access keys: each file is a credential that is named after it. Credentials are added and removed with the files.",
        ),
        Entry::new(
            "sets",
            Form::List { of: set::set(), least: 0, most: None },
            "Folders whose files change atomically together, like mounted Secrets.",
        ),
        Entry::new(
            "renew",
            Form::Fields(renew::of_all()),
            "When sessions are renewed and how failures are retried, for every credential that does not override it.",
        ),
        Entry::new("http", Form::Fields(http::http()), "How requests are made."),
        Entry::new("status", Form::Fields(status::status()), "The status server; off if absent."),
        Entry::new(
            "confine",
            form::words(&CONFINE.map(|(word, _)| word)),
            "Whether `run` gives up access that it does not need: other files (Landlock) and running programs (seccomp). It does \
            not if a hook runs a command.",
        )
        .default(CONFINE.iter().find(|(_, confine)| *confine == Confine::default()).map_or("", |(word, _)| *word)),
        Entry::new("log", Form::Fields(log::log()), "How log lines are written to standard error."),
    ];
    Section::new("Configuration of tokenwell", ABOUT, entries)
        .rule(
            "anyOf",
            json!(
                ["credentials", "credentialsFrom"]
                    .map(|list| { json!({"required": [list], "properties": {list: {"minItems": 1}}}) })
            ),
        )
        .rule("if", json!({"not": {"required": ["allowPlainHttp"], "properties": {"allowPlainHttp": {"const": true}}}}))
        .rule("then", json!({"properties": {"baseUrl": form::secure_base_url()}}))
}

const ABOUT: &str = "The Descope sessions that tokenwell keeps fresh, and the files that it writes them to. In any text `${NAME}` is \
an environment variable, which must be set; `$$` is a dollar, and any other `$` is an ordinary character.";
