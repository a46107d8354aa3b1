//! A server with scripted answers, so a case is a list of answers, and the calls can be counted.

use std::{collections::VecDeque, time::Duration};

use tokenwell::renewal::{Effect, Event, ExchangeOutcome, Grant, Id, Moment, Refusal};

use crate::play::{Play, key};

/// The calls, in order.
pub(crate) type Calls = Vec<(Moment, Id)>;

impl Play {
    /// Lets `length` pass. `answer` gets the number of the call, from 0, and the moment, and its result arrives after
    /// `latency`. All writes succeed. Exchanges that are in flight at the end get no answer.
    pub(crate) fn serve(
        &mut self,
        length: Duration,
        latency: Duration,
        mut answer: impl FnMut(usize, Moment) -> Result<Grant, Refusal>,
    ) -> Calls {
        let end = self.now + length;
        let mut calls = Calls::new();
        let mut under_way = VecDeque::new();
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps < STEPS_MAX, "it spins: {} calls by {:?}", calls.len(), self.now);
            while let Some((id, effect)) = self.next() {
                match effect {
                    Effect::Exchange(attempt) => {
                        under_way.push_back((self.now, id, attempt, calls.len()));
                        calls.push((self.now, id));
                    }
                    Effect::Publish(attempt) => self.tell(id, Event::Published(attempt, Ok(()))),
                    Effect::Withdraw(attempt) => self.tell(id, Event::Withdrawn(attempt, Ok(()))),
                }
            }
            let answered = under_way.front().map(|(sent, ..)| *sent + latency);
            let Some(next) = [answered, self.fleet.next_wake()].into_iter().flatten().min().filter(|at| *at <= end)
            else {
                self.now = end;
                return calls;
            };
            self.now = self.now.max(next);
            if answered.is_some_and(|at| at <= self.now)
                && let Some((sent, id, attempt, number)) = under_way.pop_front()
            {
                let outcome = match answer(number, self.now) {
                    Ok(grant) => ExchangeOutcome::Granted { key: key(1), sent, grant },
                    Err(refusal) => ExchangeOutcome::Refused { key: Some(key(1)), sent, refusal },
                };
                self.tell(id, Event::Exchanged(attempt, outcome));
            }
        }
    }
}

/// The moments of the calls, in seconds.
pub(crate) fn seconds(calls: &Calls) -> Vec<f64> {
    calls.iter().map(|(at, _)| at.elapsed_since_boot().as_secs_f64()).collect()
}

/// The least interval between two successive calls.
pub(crate) fn closest(calls: &Calls) -> Option<Duration> {
    calls.windows(2).map(|pair| pair[1].0 - pair[0].0).min()
}

const STEPS_MAX: usize = 200_000;
