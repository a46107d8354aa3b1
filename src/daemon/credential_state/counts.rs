//! How the exchanges of a credential ended.

use std::collections::BTreeMap;

use crate::{renewal::Moment, status::ExchangeResult};

/// Counts of exchanges.
#[derive(Debug, Default)]
pub(in crate::daemon) struct ExchangeCounts {
    total: u64,
    results: BTreeMap<ExchangeResult, u64>,
    /// When the last session was granted.
    granted_at: Option<Moment>,
}

impl ExchangeCounts {
    /// Counts an exchange.
    pub(in crate::daemon) fn add(&mut self, now: Moment, result: ExchangeResult) {
        self.total += 1;
        if result == ExchangeResult::Session {
            self.granted_at = Some(now);
        }
        *self.results.entry(result).or_default() += 1;
    }

    /// How many exchanges ended.
    pub(in crate::daemon) fn total(&self) -> u64 {
        self.total
    }

    /// How many ended in each way. Every way is listed, so that a metric exists before it first counts.
    pub(in crate::daemon) fn results(&self) -> Vec<(ExchangeResult, u64)> {
        ExchangeResult::all().map(|result| (result, self.results.get(&result).copied().unwrap_or(0))).collect()
    }

    /// When the last session was granted.
    pub(in crate::daemon) fn granted_at(&self) -> Option<Moment> {
        self.granted_at
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_result_is_listed_and_only_a_session_is_a_success() {
        let at = |seconds| Moment::since_boot(Duration::from_secs(seconds));
        let refused = ExchangeResult::all().find(|result| *result != ExchangeResult::Session).unwrap();
        let mut counts = ExchangeCounts::default();
        counts.add(at(1), refused);
        assert_eq!(counts.granted_at(), None);
        counts.add(at(2), ExchangeResult::Session);
        counts.add(at(3), refused);
        assert_eq!((counts.total(), counts.granted_at()), (3, Some(at(2))));
        let results = counts.results();
        assert_eq!(results.len(), ExchangeResult::all().count());
        assert_eq!(results.iter().find(|(result, _)| *result == refused), Some(&(refused, 2)));
        assert_eq!(results.iter().map(|(_, count)| count).sum::<u64>(), 3);
    }
}
