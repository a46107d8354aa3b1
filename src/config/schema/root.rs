//! The whole file.

use serde_json::json;

use super::{Entry, Form, Section, credential, form, http, log, renew, set, status};
use crate::config::{model::Confine, section::root::CONFINE};

/// What may stand in a configuration file.
pub fn root() -> Section {
    let entries = vec![
        Entry::new(
            "projectId",
            form::project(),
            "The id of the Descope project. `$DESCOPE_PROJECT_ID` and `--project-id` beat it; without either it is required.",
        ),
        Entry::new(
            "baseUrl",
            form::base_url(),
            "Where Descope's API is. `$DESCOPE_BASE_URL` and `--base-url` beat it. Plain http is for loopback, unless \
             `allowPlainHttp` is set.",
        )
        .fallback("Descope's API in the project's region"),
        Entry::new(
            "allowPlainHttp",
            form::flag(),
            "Whether access keys may cross a network in clear. Loopback needs no leave.",
        )
        .default(false),
        Entry::new(
            "stateDirectory",
            form::folder(),
            "The folder for what one run leaves to the next: when it asked, what it wrote, public keys. No secret is among it.",
        )
        .fallback("`$STATE_DIRECTORY`, else the folder of the first output"),
        Entry::new(
            "credentials",
            Form::List { of: credential::one(), least: 0, most: None },
            "What is kept fresh, one by one. At least one entry stands here or under `credentialsFrom`.",
        ),
        Entry::new(
            "credentialsFrom",
            Form::List { of: credential::of_each_key(), least: 0, most: None },
            "Folders in which every file is an access key: a credential for each, named after its file, as files come and go.",
        ),
        Entry::new(
            "sets",
            Form::List { of: set::set(), least: 0, most: None },
            "Folders whose files change as one, as mounted Secrets do.",
        ),
        Entry::new(
            "renew",
            Form::Fields(renew::of_all()),
            "When sessions are renewed and how failures are tried again, for every credential that does not say fallback.",
        ),
        Entry::new("http", Form::Fields(http::http()), "How requests are made."),
        Entry::new("status", Form::Fields(status::status()), "Where status is served; off when absent."),
        Entry::new(
            "confine",
            form::words(&CONFINE.map(|(word, _)| word)),
            "Whether `run` takes away from itself what it has no use for: files elsewhere (Landlock) and programs (seccomp). \
             Where a hook runs a command, it does not.",
        )
        .default(CONFINE.iter().find(|(_, confine)| *confine == Confine::default()).map_or("", |(word, _)| *word)),
        Entry::new("log", Form::Fields(log::log()), "How log lines are written, to standard error."),
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

const ABOUT: &str = "Which Descope sessions tokenwell keeps fresh, and in which files. `${NAME}` in any text is an environment \
    variable, and one that is not set is a mistake; `$$` is a dollar, and any other `$` is one.";
