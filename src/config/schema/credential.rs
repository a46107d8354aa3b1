//! `credentials` and `credentialsFrom`.

use super::{Entry, Form, Section, access_key, form, hook, output, renew};
use crate::{
    config::section::{credential::ON_EXPIRY, hook::HOOKS_MAX},
    renewal::OnExpiry,
};

/// An entry of `credentials`.
pub(super) fn one() -> Section {
    let mut entries = vec![
        Entry::new("name", form::name(), "What it is called, in logs and elsewhere. No two have the same name.")
            .needed(),
        access_key::file(),
    ];
    entries.extend(common(output::of_one()));
    Section::new("Credential", "One access key, and the files that hold its session.", entries)
}

/// An entry of `credentialsFrom`.
pub(super) fn of_each_key() -> Section {
    let mut entries = vec![access_key::folder()];
    entries.extend(common(output::of_each_key()));
    Section::new(
        "Credentials of a folder",
        "One folder of access keys. What stands here holds for each of them.",
        entries,
    )
}

fn common(output: Section) -> Vec<Entry> {
    let on_expiry = ON_EXPIRY.map(|(word, _)| word);
    let kept = ON_EXPIRY.iter().find(|(_, meaning)| *meaning == OnExpiry::default()).map_or("", |(word, _)| *word);
    let required = Entry::new("required", form::flag(), "Whether readiness waits for it.").default(true);
    let others = [
        Entry::new(
            "onExpiry",
            form::words(&on_expiry),
            "What becomes of the token files if a session ends while no new one can be had: `keep` leaves the dead token, \
             `remove` removes them.",
        )
        .default(kept),
        Entry::new("renew", Form::Fields(renew::of_one()), "Whatever differs from the `renew` of the whole file."),
        Entry::new(
            "outputs",
            Form::List { of: output, least: 1, most: None },
            "Where its session is written; at least one file. All hold the same token.",
        )
        .needed(),
        Entry::new(
            "hooks",
            Form::List { of: hook::hook(), least: 0, most: Some(HOOKS_MAX) },
            format!("What follows a write that changed something, in this order; at most {HOOKS_MAX}."),
        ),
    ];
    [required].into_iter().chain(access_key::login_options()).chain(others).collect()
}
