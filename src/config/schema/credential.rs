//! `credentials` and `credentialsFrom`.

use super::{
    access_key,
    entry::{Entry, Form, Section},
    form, hook, output, renew,
};
use crate::{
    config::section::{credential::ON_EXPIRY, hook::HOOKS_MAX},
    renewal::OnExpiry,
};

/// Describes an entry of `credentials`.
pub(super) fn one() -> Section {
    let mut entries = vec![
        Entry::new("name", form::name(), "The credential's unique name, for example in logs and metrics.").required(),
        access_key::file(),
    ];
    entries.extend(common(output::of_one()));
    Section::new("Credential", "One access key, and the files that hold its session.", entries)
}

/// Describes an entry of `credentialsFrom`.
pub(super) fn of_each_key() -> Section {
    let mut entries = vec![access_key::folder()];
    entries.extend(common(output::of_each_key()));
    Section::new("Credentials of a folder", "A folder of access keys. These fields apply to each of them.", entries)
}

fn common(output: Section) -> Vec<Entry> {
    let on_expiry = ON_EXPIRY.map(|(word, _)| word);
    let kept = ON_EXPIRY.iter().find(|(_, meaning)| *meaning == OnExpiry::default()).map_or("", |(word, _)| *word);
    let required = Entry::new("required", form::flag(), "Whether the credential counts for readiness.").default(true);
    let others = [
        Entry::new(
            "onExpiry",
            form::words(&on_expiry),
            "What happens to the token files when a session expires and no new one could be obtained: `keep` leaves the expired \
            token, `remove` removes the files.",
        )
        .default(kept),
        Entry::new("renew", Form::Fields(renew::of_one()), "Settings that override the top-level `renew` for this credential."),
        Entry::new(
            "outputs",
            Form::List { of: output, least: 1, most: None },
            "The files that the session is written to; at least one. All contain the same token.",
        )
        .required(),
        Entry::new(
            "hooks",
            Form::List { of: hook::hook(), least: 0, most: Some(HOOKS_MAX) },
            format!("Actions that run after a token file changed, in this order; at most {HOOKS_MAX}."),
        ),
    ];
    [required].into_iter().chain(access_key::login_options()).chain(others).collect()
}
