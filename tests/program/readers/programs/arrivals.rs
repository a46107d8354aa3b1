//! What a server received, beside what was on disk: how late each new token was used.

use std::{
    collections::HashSet,
    fmt,
    time::{Duration, SystemTime},
};

use crate::server::Visits;

/// The tokens of an output, each with the time when it was written, oldest first.
#[derive(Default)]
pub(crate) struct Written(Vec<(String, SystemTime)>);

impl Written {
    pub(crate) fn note(&mut self, token: &str, at: SystemTime) {
        if self.0.last().is_none_or(|(last, _)| last != token) {
            self.0.push((token.to_owned(), at));
        }
    }

    /// When the token that followed this one was written.
    fn replaced_at(&self, token: &str) -> Option<SystemTime> {
        let place = self.0.iter().position(|(known, _)| known == token)?;
        self.0.get(place + 1).map(|(_, at)| *at)
    }
}

/// The requests of a run in numbers.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Summary {
    requests: usize,
    tokens: usize,
    expired: usize,
    /// Requests with a part of a token, or without one.
    pub(crate) refused: Vec<String>,
    /// The longest time between the write of a new token and the arrival of an older one.
    late: Duration,
}

impl Summary {
    pub(crate) fn of(visits: &Visits, written: &Written) -> Self {
        let lateness = |(token, arrived): &(String, SystemTime)| {
            written.replaced_at(token).and_then(|replaced| arrived.duration_since(replaced).ok())
        };
        Self {
            requests: visits.good + visits.expired + visits.bad.len(),
            tokens: visits.arrivals.iter().map(|(token, _)| token).collect::<HashSet<_>>().len(),
            expired: visits.expired,
            refused: visits.bad.clone(),
            late: visits.arrivals.iter().filter_map(lateness).max().unwrap_or_default(),
        }
    }

    /// Whether every request had a whole token that was valid.
    pub(crate) fn is_clean(&self) -> bool {
        self.expired == 0 && self.refused.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, tokens, expired, refused, late } = self;
        let (torn, late) = (refused.len(), late.as_secs_f64());
        write!(out, "{requests} requests, {tokens} tokens, {expired} expired, {torn} torn or absent, {late:.2} s late")
    }
}

#[test]
fn lateness_is_counted_from_the_write_of_the_next_token() {
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let mut written = Written::default();
    for (token, seconds) in [("a", 10), ("a", 11), ("b", 20), ("c", 30)] {
        written.note(token, at(seconds));
    }
    let arrivals: Vec<_> =
        [("a", 15), ("a", 22), ("b", 29), ("c", 99)].map(|(token, s)| (token.to_owned(), at(s))).into();
    let visits = Visits { good: 4, arrivals, ..Visits::default() };
    let summary = Summary::of(&visits, &written);
    assert_eq!((summary.requests, summary.tokens, summary.late), (4, 3, Duration::from_secs(2)));
    assert!(summary.is_clean());
    assert!(!Summary::of(&Visits { expired: 1, ..visits }, &written).is_clean());
}
