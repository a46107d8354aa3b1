//! `renew`: when sessions are renewed, for all credentials or for one.

use std::{ops::RangeInclusive, time::Duration};

use crate::{
    config::{
        diagnostics::Diagnostics,
        reader::Field,
        value::{duration, share},
    },
    renewal::Policy,
};

/// Reads a policy. Missing fields keep the values of `base`.
pub(in crate::config) fn read(field: &Field, base: Policy, diagnostics: &mut Diagnostics) -> Policy {
    let mut policy = base;
    let Some(mut fields) = field.fields(diagnostics) else { return policy };
    for (name, share, bounds) in [("at", &mut policy.renew_at, AT), ("jitter", &mut policy.jitter, JITTER)] {
        if let Some(value) = fields.take(name, diagnostics).and_then(|field| share::read(&field, &bounds, diagnostics))
        {
            *share = value;
        }
    }
    let lengths = [
        ("spacing", &mut policy.spacing, SPACING),
        ("retryFirst", &mut policy.retry_first, RETRY_FIRST),
        ("retryMax", &mut policy.retry_max, RETRY_MAX),
        ("deniedEvery", &mut policy.denied_every, DENIED_EVERY),
    ];
    for (name, length, bounds) in lengths {
        if let Some(value) =
            fields.take(name, diagnostics).and_then(|field| duration::read(&field, &bounds, diagnostics))
        {
            *length = value;
        }
    }
    if policy.retry_first > policy.retry_max {
        let what = format!(
            "`retryFirst` ({}) is longer than `retryMax` ({})",
            duration::short(policy.retry_first),
            duration::short(policy.retry_max)
        );
        diagnostics.mistake(
            &field.location,
            what,
            "back-off grows from `retryFirst` to `retryMax`: make `retryFirst` the shorter one",
        );
    }
    fields.finish(diagnostics);
    policy
}

pub(in crate::config) const AT: RangeInclusive<u8> = 5..=95;
pub(in crate::config) const JITTER: RangeInclusive<u8> = 0..=50;
pub(in crate::config) const SPACING: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);
pub(in crate::config) const RETRY_FIRST: RangeInclusive<Duration> = SPACING;
/// May equal `retryFirst`: a constant pause is legal.
pub(in crate::config) const RETRY_MAX: RangeInclusive<Duration> = SPACING;
pub(in crate::config) const DENIED_EVERY: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(24 * 3600);
