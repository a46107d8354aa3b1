//! The promises of the contract, each with a name.

use std::time::Duration;

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{Health, Moment, Policy, Term},
};

/// Promise 4: no two exchanges of one credential are closer than the spacing; after a changed key, than a second.
pub(crate) fn spacing(policy: &Policy, before: Option<(Moment, Fingerprint)>, now: Moment, key: Fingerprint) {
    let Some((then, last_key)) = before else { return };
    let least = if key == last_key { policy.spacing } else { policy.spacing.min(Duration::from_secs(1)) };
    assert!(now - then >= least, "spacing: {:?} after the last exchange, {least:?} is the least", now - then);
}

/// Promise 10: a place in flight is never overbooked.
pub(crate) fn admission(in_flight: usize, max: usize) {
    assert!(in_flight <= max, "admission: {in_flight} exchanges are under way, {max} may be");
}

/// A host that asked for quiet is left alone.
pub(crate) fn quiet(quiet_until: Moment, now: Moment) {
    assert!(now >= quiet_until, "quiet: an exchange at {now:?}, the host asked for quiet until {quiet_until:?}");
}

/// Promise 2: while the API answers, a token on disk is never in the last part of its life. `untroubled_since` is when
/// the last thing went wrong or changed; `grace` is what requests and queues take.
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

/// Promise 5: a restart with good tokens on disk costs no request.
pub(crate) fn free(free_until: Option<Moment>, now: Moment) {
    let Some(free_until) = free_until else { return };
    assert!(
        now + Duration::from_millis(1) >= free_until,
        "restart: a token that is good until {free_until:?} is renewed at {now:?}"
    );
}

/// A token is not removed before its end; one that was taken over may be thought to end earlier, if the clocks were set.
pub(crate) fn retention(expires: Moment, by_hearsay: bool, now: Moment) {
    assert!(by_hearsay || now >= expires, "retention: a token that lives until {expires:?} is removed at {now:?}");
}

/// Promise 8: health says what is on disk; a token that was taken over from another process may be thought older than it is.
pub(crate) fn health(said: Health, expires: Option<Moment>, by_hearsay: bool, now: Moment) {
    let usable = expires.is_some_and(|expires| now < expires);
    let right = said.is_usable() == usable || (by_hearsay && !said.is_usable());
    assert!(right, "health: it says {said:?}, on disk is a token that ends at {expires:?}, now {now:?}");
}

/// Who is said to serve has a live token in every file. The other way round it holds but for what was just taken over.
pub(crate) fn service(said: bool, expires: Option<Moment>, spoilt: Option<Moment>, now: Moment) {
    let serves = expires.is_some_and(|expires| now < expires) && spoilt.is_none();
    assert!(serves || !said, "service: said to serve, on disk until {expires:?}, spoilt since {spoilt:?}, now {now:?}");
}

/// What somebody else has changed is put right within a minute, however often he does it.
pub(crate) fn repair(spoilt: Moment, grace: Duration, now: Moment) {
    assert!(now <= spoilt + Duration::from_secs(60) + grace, "repair: spoilt since {spoilt:?}, and now is {now:?}");
}

/// A fight over a file is no loop: 0, 1, 2, 4, 8, 16 and 32 seconds apart.
pub(crate) fn pace_of_repairs(repairs: &mut Vec<Moment>, now: Moment) {
    repairs.retain(|at| *at + Duration::from_secs(60) > now);
    repairs.push(now);
    assert!(repairs.len() <= 8, "pace of repairs: {} within a minute", repairs.len());
}

/// Nothing spins: so many steps without time going on is a loop.
pub(crate) fn no_spinning(steps_at_once: usize, credentials: usize) {
    assert!(steps_at_once <= 100 * (credentials + 1), "no spinning: {steps_at_once} steps at one moment");
}
