//! Stories of one candidate, `me`, with a Lease of 30 s: it leads for 20 s after a write, and calls every 4 to 5 s.

use std::time::Duration;

use tokenwell::{
    leadership::{
        Attempt, Effect, Election, Event, LeaseVersion, Outcome, Role, SeenLease, Tenure, Timing, WantedLease,
    },
    renewal::Moment,
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(since_boot: u64) -> Moment {
    Moment::since_boot(seconds(since_boot))
}

fn me() -> Election {
    Election::new("me".to_owned(), Timing::of(seconds(30)), 1)
}

fn version(text: &str) -> LeaseVersion {
    LeaseVersion(text.to_owned())
}

fn lease(text: &str, holder: &str) -> SeenLease {
    SeenLease { version: version(text), holder: Some(holder.to_owned()), duration: seconds(30), transitions: 7 }
}

fn attempt(effect: &Effect) -> Attempt {
    match effect {
        Effect::Read(attempt) | Effect::Write(attempt, _) => *attempt,
    }
}

fn wanted(effect: Option<Effect>) -> WantedLease {
    match effect {
        Some(Effect::Write(_, wanted)) => wanted,
        other => panic!("a write, not {other:?}"),
    }
}

/// Wakes the candidate, expects a call, answers it two seconds later, and returns what it does then.
fn call(me: &mut Election, sent: u64, outcome: Outcome) -> Option<Effect> {
    let effect = me.step(at(sent), Event::Woken).unwrap_or_else(|| panic!("no call at {sent}"));
    me.step(at(sent + 2), Event::Answered(attempt(&effect), outcome))
}

/// The next moment at which the candidate acts by itself, in whole seconds, rounded up.
fn wake(me: &Election) -> u64 {
    let wake = me.next_wake().unwrap().elapsed_since_boot();
    wake.as_secs() + u64::from(wake.subsec_nanos() > 0)
}

/// Leads from 103 on, by a write that was sent at 103 and answered at 104.
fn leader() -> Election {
    let mut me = me();
    assert!(call(&mut me, 100, Outcome::Seen(None)).is_some(), "there is no Lease: it is claimed at once");
    let claim = Attempt(2);
    me.step(at(104), Event::Answered(claim, Outcome::Written(version("1"))));
    assert_eq!(me.role(at(104)), Role::Leads(Tenure(1)));
    me
}

#[test]
fn the_first_candidate_leads_from_when_it_asked() {
    let mut me = me();
    assert_eq!(me.role(at(100)), Role::Unknown);
    let claim = wanted(call(&mut me, 100, Outcome::Seen(None)));
    let expected = WantedLease {
        replaces: None,
        holder: Some("me".to_owned()),
        duration: seconds(30),
        transitions: 0,
        is_taken: true,
    };
    assert_eq!(claim, expected);
    assert_eq!(me.role(at(102)), Role::StandsBy(None), "not before the answer");
    me.step(at(105), Event::Answered(Attempt(2), Outcome::Written(version("1"))));
    assert!(me.leads_for(at(105), seconds(16)) && !me.leads_for(at(105), seconds(17)), "20 s from 102 on");
    assert!(!me.leads_for(at(122), Duration::ZERO));
}

#[test]
fn a_leader_renews_the_version_that_it_wrote() {
    let mut me = leader();
    let due = wake(&me);
    assert!((108..=109).contains(&due), "{due}");
    let renewal = wanted(me.step(at(due), Event::Woken));
    assert_eq!((renewal.replaces, renewal.is_taken, renewal.transitions), (Some(version("1")), false, 0));
    assert!(me.next_wake().is_none(), "one call at a time");
    me.step(at(due + 1), Event::Answered(Attempt(3), Outcome::Written(version("2"))));
    assert_eq!(me.leads_until(), Some(at(due + 20)), "counted from when it was sent");
    assert_eq!(me.role(at(due + 1)), Role::Leads(Tenure(1)));
}

#[test]
fn a_lease_that_nobody_renews_is_taken_after_its_duration() {
    let mut me = me();
    call(&mut me, 100, Outcome::Seen(Some(lease("5", "other"))));
    assert_eq!(me.role(at(102)), Role::StandsBy(Some("other".to_owned())));
    for sent in [107, 114, 121] {
        assert!(call(&mut me, sent, Outcome::Seen(Some(lease("5", "other")))).is_none());
    }
    assert!(matches!(me.step(at(131), Event::Woken), Some(Effect::Read(_))), "not yet");
    let claim = wanted(me.step(at(132), Event::Answered(Attempt(5), Outcome::Seen(Some(lease("5", "other"))))));
    assert_eq!((claim.replaces, claim.transitions, claim.is_taken), (Some(version("5")), 8, true));
}

#[test]
fn a_renewed_lease_is_left_alone_whatever_its_clock_says() {
    let mut me = me();
    for (n, sent) in (100..400).step_by(7).enumerate() {
        let next = call(&mut me, sent, Outcome::Seen(Some(lease(&n.to_string(), "other"))));
        assert_eq!(next, None, "at {sent}");
    }
}

#[test]
fn a_released_lease_is_taken_at_once() {
    let mut me = me();
    for released in [Some(String::new()), None] {
        let lease = SeenLease { holder: released, ..lease("5", "") };
        let claim = call(&mut me, 100, Outcome::Seen(Some(lease)));
        let claim = claim.or_else(|| me.step(at(103), Event::Woken));
        assert_eq!(wanted(claim).replaces, Some(version("5")));
        me = self::me();
    }
}

#[test]
fn a_foreign_duration_is_bounded() {
    let mut me = me();
    let endless = SeenLease { duration: seconds(1_000_000), ..lease("5", "other") };
    call(&mut me, 100, Outcome::Seen(Some(endless.clone())));
    let mut now = 100;
    while now < 1000 {
        now = wake(&me).max(now);
        match me.step(at(now), Event::Woken) {
            Some(Effect::Read(attempt)) => {
                me.step(at(now), Event::Answered(attempt, Outcome::Seen(Some(endless.clone()))));
            }
            Some(Effect::Write(..)) => break,
            None => panic!("no call at {now}"),
        }
    }
    assert_eq!(now, 102 + 300);
}

#[test]
fn a_leader_whose_calls_fail_stops_in_time_and_goes_on() {
    let mut me = leader();
    let mut now = wake(&me);
    while now < 122 {
        call(&mut me, now, Outcome::Failed { quiet: Duration::ZERO });
        now = wake(&me);
    }
    assert_eq!(me.role(at(now)), Role::StandsBy(None), "102 and 20 s are over");
    let renewal = call(&mut me, now, Outcome::Seen(Some(lease("1", "me"))));
    let renewal = renewal.or_else(|| me.step(at(now + 3), Event::Woken));
    assert_eq!(wanted(renewal.clone()).replaces, Some(version("1")));
    me.step(at(now + 4), Event::Answered(attempt(&renewal.unwrap()), Outcome::Written(version("2"))));
    assert_eq!(me.role(at(now + 4)), Role::Leads(Tenure(1)), "nobody else has led meanwhile");
}

#[test]
fn a_renewal_whose_answer_was_lost_is_found_by_reading() {
    let mut me = leader();
    let sent = wake(&me);
    call(&mut me, sent, Outcome::Failed { quiet: Duration::ZERO });
    let due = wake(&me);
    let renewal = call(&mut me, due, Outcome::Seen(Some(lease("2", "me"))));
    let renewal = renewal.or_else(|| me.step(at(due + 3), Event::Woken));
    assert_eq!(wanted(renewal).replaces, Some(version("2")));
    assert_eq!(me.leads_until(), Some(at(122)), "what is not confirmed does not count");
}

#[test]
fn a_leader_that_finds_another_holder_stands_by() {
    let mut me = leader();
    let sent = wake(&me);
    let read = call(&mut me, sent, Outcome::Conflict);
    assert!(matches!(read, Some(Effect::Read(_))), "{read:?}");
    me.step(at(sent + 3), Event::Answered(attempt(&read.unwrap()), Outcome::Seen(Some(lease("9", "other")))));
    assert_eq!(me.role(at(sent + 3)), Role::StandsBy(Some("other".to_owned())));
    assert!(!me.leads_for(at(sent + 3), Duration::ZERO));
}

#[test]
fn of_two_claims_the_refused_one_stands_by() {
    let mut me = me();
    let claim = call(&mut me, 100, Outcome::Seen(None)).unwrap();
    let read = me.step(at(103), Event::Answered(attempt(&claim), Outcome::Conflict));
    assert_eq!(me.role(at(103)), Role::Unknown);
    assert!(matches!(read, Some(Effect::Read(_))));
    me.step(at(104), Event::Answered(attempt(&read.unwrap()), Outcome::Seen(Some(lease("1", "other")))));
    assert_eq!(me.role(at(104)), Role::StandsBy(Some("other".to_owned())));
}

#[test]
fn conflicts_do_not_make_a_candidate_call_without_a_pause() {
    let mut me = me();
    let claim = call(&mut me, 100, Outcome::Seen(None)).unwrap();
    assert_eq!(me.step(at(102), Event::Answered(attempt(&claim), Outcome::Conflict)), None);
    assert_eq!(me.next_wake(), Some(at(102) + Duration::from_millis(625)), "an eighth of the time between two calls");
}

#[test]
fn a_claim_whose_answer_was_lost_is_made_again() {
    let mut me = me();
    let claim = call(&mut me, 100, Outcome::Seen(None)).unwrap();
    assert_eq!(me.step(at(105), Event::Answered(attempt(&claim), Outcome::Failed { quiet: Duration::ZERO })), None);
    let due = wake(&me);
    let again = call(&mut me, due, Outcome::Seen(Some(lease("1", "me"))));
    assert_eq!(wanted(again).replaces, Some(version("1")));
    assert!(me.leads_until().is_none(), "when it was taken is not known");
}

#[test]
fn a_candidate_that_stood_still_renews_before_it_leads() {
    let mut me = leader();
    assert!(!me.leads_for(at(4000), Duration::ZERO));
    assert!(matches!(me.step(at(4000), Event::Woken), Some(Effect::Write(..))));
    assert_eq!(me.role(at(4000)), Role::StandsBy(None));
}

#[test]
fn an_answer_that_is_late_or_foreign_changes_nothing() {
    let mut me = leader();
    let before = me.leads_until();
    assert_eq!(me.step(at(105), Event::Answered(Attempt(2), Outcome::Written(version("77")))), None);
    assert_eq!(me.step(at(105), Event::Answered(Attempt(99), Outcome::Seen(None))), None);
    assert_eq!(me.leads_until(), before);
}

#[test]
fn a_busy_server_is_left_alone_for_one_duration_at_most() {
    for (asked, kept) in [(12, 12), (3600, 30)] {
        let mut me = me();
        call(&mut me, 100, Outcome::Failed { quiet: seconds(asked) });
        assert_eq!(wake(&me), 102 + kept);
    }
}

#[test]
fn a_leader_that_stops_releases_the_lease_at_once() {
    let mut me = leader();
    let release = wanted(me.step(at(104), Event::Resigned));
    assert_eq!((release.holder, release.replaces), (None, Some(version("1"))));
    assert!(!me.leads_for(at(104), Duration::ZERO) && !me.has_resigned());
    for outcome in [Outcome::Written(version("2")), Outcome::Conflict, Outcome::Failed { quiet: Duration::ZERO }] {
        let mut me = leader();
        me.step(at(104), Event::Resigned);
        assert_eq!(me.step(at(105), Event::Answered(Attempt(3), outcome)), None);
        assert!(me.has_resigned() && me.next_wake().is_none());
    }
}

#[test]
fn a_standby_that_stops_has_nothing_to_release() {
    let mut me = me();
    call(&mut me, 100, Outcome::Seen(Some(lease("5", "other"))));
    assert_eq!(me.step(at(103), Event::Resigned), None);
    assert!(me.has_resigned());
}

#[test]
fn a_stop_during_a_claim_releases_what_it_won() {
    let mut me = me();
    let claim = call(&mut me, 100, Outcome::Seen(None)).unwrap();
    assert_eq!(me.step(at(103), Event::Resigned), None);
    let release = me.step(at(104), Event::Answered(attempt(&claim), Outcome::Written(version("1"))));
    assert_eq!(wanted(release).holder, None);
    assert_eq!(me.role(at(104)), Role::StandsBy(None));
}
