//! Records exchanges in a journal, and counts them for tests to wait on.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::details::Details;
use super::endpoint::Endpoint;
use crate::fingerprint::Fingerprint;

/// A request to an [`Endpoint`] as the sandbox recorded it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExchangeRecord {
    /// 1 for the first exchange since the start.
    pub ordinal: u64,
    /// When it had arrived with its body: real time since the start of the sandbox, never decreasing.
    pub arrived: Duration,
    /// Where it arrived.
    pub endpoint: Endpoint,
    /// The fingerprint of the secret that it presented: the access key or refresh JWT in the bearer, the client's
    /// secret, or the assertion.
    pub key: Option<Fingerprint>,
    /// The project in the bearer, or the OAuth client; at most 64 characters.
    pub project: Option<String>,
    /// The `User-Agent` header; at most 200 characters.
    pub user_agent: Option<String>,
    /// What else it presented.
    pub details: Details,
    /// Exchanges in flight at its arrival, including itself.
    pub in_flight: usize,
    /// How it ended.
    pub outcome: RequestOutcome,
}

/// How an exchange ended, or that it is still open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestOutcome {
    /// Held, delayed or hanging, without an answer.
    Waiting,
    /// A session was sent.
    Session,
    /// Another reply was sent.
    Replied {
        /// Its HTTP status.
        status: u16,
    },
    /// The sandbox broke the connection: reset, garbage, half a body.
    Cut,
    /// The client closed the connection before there was an answer.
    Abandoned,
}

impl fmt::Display for RequestOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting"),
            Self::Session => f.write_str("session"),
            Self::Replied { status } => write!(f, "{status}"),
            Self::Cut => f.write_str("cut"),
            Self::Abandoned => f.write_str("abandoned"),
        }
    }
}

/// Totals since the start. Every recorded request counts as an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// Exchanges that arrived.
    pub exchanges: u64,
    /// Exchanges without an outcome.
    pub in_flight: usize,
    /// Exchanges answered with a session.
    pub sessions: u64,
    /// Exchanges with any other reply.
    pub replies: u64,
    /// Exchanges that the sandbox broke off.
    pub cut: u64,
    /// Exchanges that the client abandoned.
    pub abandoned: u64,
    /// Requests for the JWKS.
    pub keys_fetches: u64,
    /// By the position of the endpoint in [`Endpoint::ALL`].
    by_endpoint: [u64; Endpoint::ALL.len()],
}

impl Counters {
    /// Returns how many of the exchanges arrived at this endpoint.
    pub fn exchanges_at(&self, endpoint: Endpoint) -> u64 {
        self.by_endpoint[endpoint as usize]
    }

    pub(super) fn arrived(&mut self, endpoint: Endpoint) {
        self.exchanges += 1;
        self.in_flight += 1;
        self.by_endpoint[endpoint as usize] += 1;
    }

    pub(super) fn ended(&mut self, outcome: RequestOutcome) {
        self.in_flight = self.in_flight.saturating_sub(1);
        match outcome {
            RequestOutcome::Waiting => {}
            RequestOutcome::Session => self.sessions += 1,
            RequestOutcome::Replied { .. } => self.replies += 1,
            RequestOutcome::Cut => self.cut += 1,
            RequestOutcome::Abandoned => self.abandoned += 1,
        }
    }
}

/// The latest exchanges, oldest first. Invariant: their ordinals are consecutive.
#[derive(Default)]
pub(super) struct Journal(VecDeque<ExchangeRecord>);

impl Journal {
    pub(super) fn push(&mut self, record: ExchangeRecord) {
        if self.0.len() == JOURNAL_EXCHANGES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    /// Returns the exchange of this ordinal, unless it was dropped.
    pub(super) fn of(&mut self, ordinal: u64) -> Option<&mut ExchangeRecord> {
        let oldest = self.0.front()?.ordinal;
        self.0.get_mut(usize::try_from(ordinal.checked_sub(oldest)?).ok()?)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &ExchangeRecord> + ExactSizeIterator {
        self.0.iter()
    }
}

/// How many exchanges are kept: about 40 MB of usual ones, and 300 MB of the longest.
const JOURNAL_EXCHANGES_MAX: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_drops_the_oldest_and_finds_the_others() {
        let mut journal = Journal::default();
        for ordinal in 1..=JOURNAL_EXCHANGES_MAX as u64 + 2 {
            let arrived = Duration::from_millis(ordinal);
            let (key, project, user_agent) = (None, None, None);
            journal.push(ExchangeRecord {
                ordinal,
                arrived,
                endpoint: Endpoint::AccessKey,
                key,
                project,
                user_agent,
                details: Details::AccessKey { management_key: None },
                in_flight: 1,
                outcome: RequestOutcome::Waiting,
            });
        }
        assert_eq!(journal.iter().len(), JOURNAL_EXCHANGES_MAX);
        assert!(journal.of(2).is_none());
        assert_eq!(journal.of(3).map(|record| record.ordinal), Some(3));
        assert_eq!(journal.of(100_002).map(|record| record.ordinal), Some(100_002));
        assert!(journal.of(100_003).is_none());
    }
}
