//! `renew`, of all credentials or of one.

use super::{Entry, Section, form};
use crate::{
    config::{
        section::renew::{AT, DENIED_EVERY, JITTER, RETRY_FIRST, RETRY_MAX, SPACING},
        value::duration::short,
    },
    renewal::Policy,
};

/// That of the whole file, with its defaults.
pub(super) fn of_all() -> Section {
    let Policy { renew_at, jitter, spacing, retry_first, retry_max, denied_every, on_expiry: _ } = Policy::default();
    let shares = [renew_at, jitter].map(|share| format!("{}%", share.percent().round()));
    let lengths = [spacing, retry_first, retry_max, denied_every].map(short);
    let defaults = shares.into_iter().chain(lengths);
    let entries = entries().into_iter().zip(defaults).map(|(entry, default)| entry.default(default));
    Section::new("Pace", "When sessions are renewed, and how failures are tried again.", entries.collect())
}

/// That of a credential.
pub(super) fn of_one() -> Section {
    let entries = entries().into_iter().map(|entry| entry.fallback("that of the whole file"));
    Section::new(
        "Pace of a credential",
        "When its sessions are renewed, and how failures are tried again.",
        entries.collect(),
    )
}

fn entries() -> [Entry; 6] {
    [
        Entry::new(
            "at",
            form::share(&AT),
            "After which share of its life a session is renewed. A server that asks for earlier is heard.",
        ),
        Entry::new(
            "jitter",
            form::share(&JITTER),
            "Up to how much earlier it may be, at random, so that many do not come at once.",
        ),
        Entry::new(
            "spacing",
            form::duration(&SPACING),
            "The least time between two exchanges of one credential, whatever happens.",
        ),
        Entry::new(
            "retryFirst",
            form::duration(&RETRY_FIRST),
            "The first pause after a failure. It doubles up to `retryMax`.",
        ),
        Entry::new("retryMax", form::duration(&RETRY_MAX), "The longest pause after a failure."),
        Entry::new(
            "deniedEvery",
            form::duration(&DENIED_EVERY),
            "How often a key that was refused is tried again. A new key is tried at once.",
        ),
    ]
}
