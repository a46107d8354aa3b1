//! The refusals of a credential since its last session: each is logged once, and then counted.
//!
//! An outage that goes on is logged again once an hour with its count, so that the last hour of a log shows it too.

use std::{mem, time::Duration};

use crate::{
    fingerprint::Fingerprint,
    renewal::{Moment, RefusalClass, Stamp},
    state::RecordedRefusal,
};

/// Refusals in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    last: Option<RefusalMessage>,
    /// The key of the last refusal, if a key was read.
    key: Option<Fingerprint>,
    logged: Vec<LoggedRefusal>,
    count: u64,
}

/// One refusal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RefusalMessage {
    pub(super) class: RefusalClass,
    pub(super) message: String,
    /// What a person can do about this very cause.
    pub(super) remedy: Option<String>,
    pub(super) at: Moment,
}

#[derive(Clone, Debug)]
struct LoggedRefusal {
    class: RefusalClass,
    message: String,
    at: Moment,
    suppressed: u64,
}

/// Whether to log a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Logged {
    New,
    /// It came this often since it was logged last.
    Repeated(u64),
    Known,
}

impl Refusals {
    /// Notes a refusal. With another key everything is logged again: that the new key is refused as well is news. So is a
    /// class that returns after another one.
    pub(super) fn note(&mut self, key: Option<Fingerprint>, refusal: RefusalMessage) -> Logged {
        let (class, message, now) = (refusal.class, refusal.message.clone(), refusal.at);
        self.count += 1;
        if key.is_some() && mem::replace(&mut self.key, key) != key {
            self.logged.clear();
        }
        let last = self.last.replace(refusal);
        if last.is_some_and(|last| last.class != class) {
            self.logged.retain(|logged| logged.class != class);
        }
        let is_full = self.logged.len() == LOGGED_MAX;
        // Replies that differ each time, by a number in them for instance, are not logged one by one for ever.
        let same = |logged: &&mut LoggedRefusal| logged.class == class && (logged.message == message || is_full);
        if let Some(logged) = self.logged.iter_mut().find(same) {
            logged.suppressed += 1;
            if now.since(logged.at) < LOG_AGAIN {
                return Logged::Known;
            }
            logged.at = now;
            return Logged::Repeated(mem::take(&mut logged.suppressed));
        }
        if is_full {
            self.logged.remove(0);
        }
        self.logged.push(LoggedRefusal { class, message, at: now, suppressed: 0 });
        Logged::New
    }

    /// The last refusal for the next process, if there was one.
    pub(super) fn recorded(&self, stamp_of: impl Fn(Moment) -> Stamp) -> Option<RecordedRefusal> {
        self.last
            .as_ref()
            .map(|last| RecordedRefusal::new(last.class, &last.message, last.remedy.as_deref(), stamp_of(last.at)))
    }

    /// The last refusal, if there was one.
    pub(super) fn last(&self) -> Option<&RefusalMessage> {
        self.last.as_ref()
    }

    /// Ends the row. Returns the last refusal and the count.
    pub(super) fn end(&mut self) -> Option<(RefusalMessage, u64)> {
        let Self { last, count, .. } = mem::take(self);
        last.map(|last| (last, count))
    }
}

/// How often an outage is logged.
const LOG_AGAIN: Duration = Duration::from_secs(60 * 60);

/// The limit of different refusals in one row that are logged.
const LOGGED_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(seconds)
    }

    fn refusal(at: Moment, class: RefusalClass, message: &str) -> RefusalMessage {
        RefusalMessage { class, message: message.to_owned(), remedy: None, at }
    }

    #[test]
    fn what_comes_again_is_counted_and_reported_once_an_hour() {
        let mut refusals = Refusals::default();
        assert_eq!(refusals.note(None, refusal(at(0), RefusalClass::Failed, "HTTP 503")), Logged::New);
        for minute in 1..60 {
            assert_eq!(refusals.note(None, refusal(at(minute * 60), RefusalClass::Failed, "HTTP 503")), Logged::Known);
        }
        assert_eq!(refusals.note(None, refusal(at(3600), RefusalClass::Failed, "HTTP 503")), Logged::Repeated(60));
        assert_eq!(refusals.note(None, refusal(at(3660), RefusalClass::Failed, "HTTP 503")), Logged::Known);
        let (last, count) = refusals.end().unwrap();
        assert_eq!((last.class, last.at, count), (RefusalClass::Failed, at(3660), 62));
        assert_eq!(refusals.end(), None);
        assert_eq!(refusals.note(None, refusal(at(4000), RefusalClass::Failed, "HTTP 503")), Logged::New);
    }

    #[test]
    fn a_class_that_returns_is_news_once() {
        let mut refusals = Refusals::default();
        let classes = [
            (RefusalClass::Denied, Logged::New),
            (RefusalClass::Denied, Logged::Known),
            (RefusalClass::Unreachable, Logged::New),
            (RefusalClass::Unreachable, Logged::Known),
            (RefusalClass::Denied, Logged::New),
            (RefusalClass::Denied, Logged::Known),
        ];
        for (second, (class, logged)) in (0..).zip(classes) {
            assert_eq!(refusals.note(None, refusal(at(second), class, "the same words")), logged, "{second}");
        }
    }

    #[test]
    fn the_refusal_of_another_key_is_reported_at_once() {
        let [first, second] = [1, 2].map(|byte| Some(Fingerprint::new([byte; 8])));
        let mut refusals = Refusals::default();
        assert_eq!(refusals.note(first, refusal(at(0), RefusalClass::Denied, "the key")), Logged::New);
        assert_eq!(refusals.note(first, refusal(at(60), RefusalClass::Denied, "the key")), Logged::Known);
        assert_eq!(refusals.note(second, refusal(at(61), RefusalClass::Denied, "the key")), Logged::New);
        assert_eq!(
            refusals.note(None, refusal(at(62), RefusalClass::Denied, "the key")),
            Logged::Known,
            "no key was read"
        );
        assert_eq!(refusals.note(second, refusal(at(63), RefusalClass::Denied, "the key")), Logged::Known);
        assert_eq!(refusals.note(first, refusal(at(64), RefusalClass::Denied, "the key")), Logged::New, "it is back");
        assert_eq!(refusals.end().unwrap().1, 6);
    }

    #[test]
    fn replies_that_always_differ_are_suppressed() {
        let mut refusals = Refusals::default();
        let logged = (0..100)
            .filter(|n| {
                refusals.note(None, refusal(at(*n), RefusalClass::Failed, &format!("request {n}"))) == Logged::New
            })
            .count();
        assert_eq!(logged, LOGGED_MAX);
        assert_eq!(
            refusals.note(None, refusal(at(100), RefusalClass::Denied, "the key")),
            Logged::New,
            "another class is another matter"
        );
        assert_eq!(refusals.last().unwrap().class, RefusalClass::Denied);
    }
}
