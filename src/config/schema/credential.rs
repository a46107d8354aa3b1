//! `credentials` and `credentialsFrom`.

use serde_json::{Map, Value, json};

use super::{
    access_key,
    entry::{Entry, Form, Section},
    form, hook, oauth, output, refresh_token, renew, security_questions, verify,
};
use crate::{
    config::section::{hook::HOOKS_MAX, on_expiry::ON_EXPIRY, source::KINDS},
    renewal::OnExpiry,
};

/// Describes an entry of `credentials`.
pub(super) fn one() -> Section {
    let mut entries = vec![
        Entry::new("name", form::name(), "The credential's unique name, for example in logs and metrics.").required(),
    ];
    entries.extend(access_key::one());
    entries.extend(refresh_token::one());
    entries.push(security_questions::one());
    entries.push(oauth::one());
    entries.extend(common(output::of_one()));
    let one_kind: Vec<_> = KINDS.iter().map(|kind| json!({"required": [kind.field]})).collect();
    let of_kinds = KINDS.iter().flat_map(|kind| kind.options.iter().map(|option| (*option, json!([kind.field]))));
    let of_kinds: Map<String, Value> = of_kinds.map(|(option, kind)| (option.to_owned(), kind)).collect();
    Section::new("Credential", "One source of sessions, and the files that hold its session.", entries)
        .rule("oneOf", one_kind.into())
        .rule("dependencies", of_kinds.into())
}

/// Describes an entry of `credentialsFrom`.
pub(super) fn of_each_key() -> Section {
    let mut entries = vec![access_key::folder()];
    entries.extend(access_key::selection());
    entries.extend(access_key::options());
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
    [required].into_iter().chain(verify::both()).chain(others).collect()
}
