//! The named promises of the contract.

use std::time::Duration;

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{Health, Moment, Policy, RefusalClass, Term},
};

/// Promise 4: two exchanges of one credential are at least the spacing apart, or a second after a changed key.
pub(crate) fn spacing(policy: &Policy, before: Option<(Moment, Fingerprint)>, now: Moment, key: Fingerprint) {
    let Some((then, last_key)) = before else { return };
    let least = if key == last_key { policy.spacing } else { policy.spacing.min(Duration::from_secs(1)) };
    assert!(now - then >= least, "spacing: {:?} after the last exchange, {least:?} is the least", now - then);
}

/// Promise 10: exchanges in flight never exceed the limit.
pub(crate) fn admission(in_flight: usize, max: usize) {
    assert!(in_flight <= max, "admission: {in_flight} exchanges are under way, {max} may be");
}

/// A host that asked for a pause gets no request until its end.
pub(crate) fn quiet(quiet_until: Moment, now: Moment) {
    assert!(now >= quiet_until, "quiet: an exchange at {now:?}, the host asked for quiet until {quiet_until:?}");
}

/// Promise 2: while the API answers, a token on disk is never in the last part of its life. `untroubled_since` is the moment
/// of the last fault or change; `grace` is the time for requests and queues.
pub(crate) fn freshness(policy: &Policy, term: &Term, untroubled_since: Moment, grace: Duration, now: Moment) {
    let due = term.sent + policy.renew_at.of(term.grant.lifetime);
    let excused_until = due.max(untroubled_since) + grace;
    assert!(
        now <= excused_until,
        "freshness: at {now:?} the token of {:?} is not replaced, it was due at {due:?}",
        term.sent
    );
}

/// Promise 3: the token is fresh again soon after the API is back.
pub(crate) fn recovery(policy: &Policy, lifetime: Option<Duration>, back_since: Moment, grace: Duration, now: Moment) {
    let tenth = lifetime.map_or(Duration::MAX, |lifetime| lifetime / 10);
    let soon = Duration::from_secs(60).min(tenth).max(policy.spacing);
    assert!(
        now <= back_since + soon + grace,
        "recovery: the API is back since {back_since:?} and at {now:?} is not asked"
    );
}

/// A secret that was denied for good is not sent again, whatever happens to the process.
pub(crate) fn final_denial(denied: Option<Fingerprint>, key: Fingerprint) {
    assert_ne!(denied, Some(key), "lock-out: a secret that was denied for good is sent again");
}

/// Promise 5: a restart with good tokens on disk costs no request.
pub(crate) fn free(free_until: Option<Moment>, now: Moment) {
    let Some(free_until) = free_until else { return };
    assert!(
        now + Duration::from_millis(1) >= free_until,
        "restart: a token that is good until {free_until:?} is renewed at {now:?}"
    );
}

/// A token is not removed before its expiry; an adopted one may be considered expired earlier if the clocks were set.
pub(crate) fn retention(expires: Moment, by_hearsay: bool, now: Moment) {
    assert!(by_hearsay || now >= expires, "retention: a token that lives until {expires:?} is removed at {now:?}");
}

/// Promise 8: the health reports the state on disk; a token adopted from another process may be considered older than it is.
pub(crate) fn health(said: Health, expires: Option<Moment>, by_hearsay: bool, now: Moment) {
    let usable = expires.is_some_and(|expires| now < expires);
    let right = said.is_usable() == usable || (by_hearsay && !said.is_usable());
    assert!(right, "health: it says {said:?}, on disk is a token that ends at {expires:?}, now {now:?}");
}

/// The count of a sentence such as `denied, 3 in a row` is that of the last class alone, in the world's own record.
pub(crate) fn row(said: u32, refused: Option<(RefusalClass, u32)>, now: Moment) {
    let counted = refused.map_or(0, |(_, count)| count);
    assert_eq!(said, counted, "row: it counts {said} refusals, and the record is {refused:?}, now {now:?}");
}

/// A credential reported as serving has a valid token in every file. The converse holds except for a token that was just
/// adopted.
pub(crate) fn service(said: bool, expires: Option<Moment>, spoilt: Option<Moment>, now: Moment) {
    let serves = expires.is_some_and(|expires| now < expires) && spoilt.is_none();
    assert!(serves || !said, "service: said to serve, on disk until {expires:?}, spoilt since {spoilt:?}, now {now:?}");
}

/// A change by another process is repaired within a minute, however often it happens.
pub(crate) fn repair(spoilt: Moment, grace: Duration, now: Moment) {
    assert!(now <= spoilt + Duration::from_secs(60) + grace, "repair: spoilt since {spoilt:?}, and now is {now:?}");
}

/// A conflict over a file is not a loop: repairs are 0, 1, 2, 4, 8, 16 and 32 seconds apart.
pub(crate) fn pace_of_repairs(repairs: &mut Vec<Moment>, now: Moment) {
    repairs.retain(|at| *at + Duration::from_secs(60) > now);
    repairs.push(now);
    assert!(repairs.len() <= 8, "pace of repairs: {} within a minute", repairs.len());
}

/// No busy loop: too many steps without progress of time count as a loop.
pub(crate) fn no_spinning(steps_at_once: usize, credentials: usize) {
    assert!(steps_at_once <= 100 * (credentials + 1), "no spinning: {steps_at_once} steps at one moment");
}
