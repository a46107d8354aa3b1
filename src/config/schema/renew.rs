//! `renew`, of all credentials or of one.

use super::{
    entry::{Entry, Section},
    form,
};
use crate::{
    config::{
        section::renew::{AT, DENIED_EVERY, JITTER, RETRY_FIRST, RETRY_MAX, SPACING},
        value::duration::short,
    },
    renewal::Policy,
};

/// Describes the top-level `renew`, with its defaults.
pub(super) fn of_all() -> Section {
    let Policy { renew_at, jitter, spacing, retry_first, retry_max, denied_every, on_expiry: _ } = Policy::default();
    let shares = [renew_at, jitter].map(|share| format!("{}%", share.percent().round()));
    let lengths = [spacing, retry_first, retry_max, denied_every].map(short);
    let defaults = shares.into_iter().chain(lengths);
    let entries = entries().into_iter().zip(defaults).map(|(entry, default)| entry.default(default));
    Section::new("Pace", "When sessions are renewed, and how failures are retried.", entries.collect())
}

/// Describes the `renew` of a credential.
pub(super) fn of_one() -> Section {
    let entries = entries().into_iter().map(|entry| entry.fallback("the top-level `renew`"));
    Section::new(
        "Pace of a credential",
        "When its sessions are renewed, and how failures are retried.",
        entries.collect(),
    )
}

fn entries() -> [Entry; 6] {
    [
        Entry::new(
            "at",
            form::share(&AT),
            "The share of its lifetime after which a session is renewed. The server may request an earlier renewal.",
        ),
        Entry::new(
            "jitter",
            form::share(&JITTER),
            "The random part of the delay by which a renewal may happen earlier, so that many do not happen at once.",
        ),
        Entry::new(
            "spacing",
            form::duration(&SPACING),
            "The minimum time between two exchanges of one credential, without exception.",
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
            "The interval at which a denied key is retried. A new key is tried immediately.",
        ),
    ]
}
