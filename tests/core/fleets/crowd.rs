//! Many processes with one credential each, a real fleet in every process, and the one host that they all call.

use std::{cmp::Reverse, collections::BinaryHeap, num::NonZeroUsize, time::Duration};

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{
        Answered, Attempt, Effect, Event, ExchangeOutcome, ExchangeRecord, Fleet, Grant, Id, LastExchange, Memory,
        Moment, OriginId, Policy, Refusal, Stamp, WrittenTerm,
    },
};

/// A limit of this many requests per address in a fixed window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Host {
    pub(crate) limit: u32,
    pub(crate) window: Duration,
}

/// Counts of one window of the host.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Window {
    pub(crate) asked: u32,
    pub(crate) refused: u32,
}

pub(crate) struct Instances {
    daemons: Vec<Daemon>,
    host: Host,
    life: Duration,
    now: Moment,
    down_until: Moment,
    windows: Vec<Window>,
    queue: BinaryHeap<Reverse<(Moment, usize, u64)>>,
    rng: fastrand::Rng,
}

struct Daemon {
    fleet: Fleet,
    id: Id,
    /// Number of the wake in the queue that counts; earlier ones are stale.
    turn: u64,
    asking: Option<(Attempt, Moment)>,
    fresh_since: Option<Moment>,
}

impl Instances {
    pub(crate) fn new(daemons: usize, life: Duration, host: Host) -> Self {
        let now = Moment::since_boot(Duration::from_secs(1_000_000));
        let mut crowd = Self {
            daemons: Vec::new(),
            host,
            life,
            now,
            down_until: now,
            windows: Vec::new(),
            queue: BinaryHeap::new(),
            rng: fastrand::Rng::with_seed(5),
        };
        for number in 0..daemons {
            let mut daemon = Daemon::new(number as u64);
            daemon.fleet.handle(now, daemon.id, Event::KeyAppeared(KEY));
            crowd.daemons.push(daemon);
            // The processes started at different moments.
            let start = now + life.mul_f64(crowd.rng.f64());
            crowd.queue.push(Reverse((start, number, 0)));
        }
        crowd
    }

    pub(crate) fn now(&self) -> Moment {
        self.now
    }

    pub(crate) fn host_down_for(&mut self, length: Duration) {
        self.down_until = self.now + length;
        self.run_for(length);
    }

    pub(crate) fn run_for(&mut self, length: Duration) {
        let end = self.now + length;
        while let Some(Reverse((at, number, turn))) = self.queue.peek().copied()
            && at <= end
        {
            self.queue.pop();
            if self.daemons[number].turn == turn {
                self.now = self.now.max(at);
                self.go_on(number);
            }
        }
        self.now = end;
    }

    /// Replaces every process by a new one that has its state file. Returns how many of them send a request at once.
    pub(crate) fn restart_everyone(&mut self) -> usize {
        let now = self.now;
        let mut asked = 0;
        for number in 0..self.daemons.len() {
            let old = &self.daemons[number];
            // After a crash, the exchanges in flight at this moment would be repeated; a rolling restart lets them end.
            let term = old.fleet.get(old.id).unwrap().held().unwrap();
            let due = term.renew <= now || old.asking.is_some();
            let memory = Memory {
                asked: ExchangeRecord {
                    key: KEY,
                    answer: Some(Answered { at: stamp(term.sent), quiet: Duration::ZERO, awaits_change: false }),
                },
                written: Some(WrittenTerm {
                    key: KEY,
                    sent: stamp(term.sent),
                    issued: None,
                    grant: term.grant,
                    renew_after: term.renew - term.sent,
                }),
            };
            let mut daemon = Daemon::new(self.rng.u64(..));
            daemon.turn = old.turn + 1;
            daemon.fresh_since = old.fresh_since;
            daemon.fleet.adopt(stamp(now), daemon.id, &memory, true);
            daemon.fleet.handle(now, daemon.id, Event::KeyAppeared(KEY));
            asked += usize::from(!due && daemon.fleet.next_effect(now).is_some());
            let wake = daemon.fleet.next_wake().unwrap_or(now);
            self.queue.push(Reverse((wake, number, daemon.turn)));
            self.daemons[number] = daemon;
        }
        asked
    }

    /// The mean number of requests per window over the last `length`.
    pub(crate) fn steady_per_window(&self, length: Duration) -> f64 {
        let windows = self.windows_since(self.now.back(length));
        windows.iter().map(|window| f64::from(window.asked)).sum::<f64>() / windows.len() as f64
    }

    pub(crate) fn windows_since(&self, since: Moment) -> Vec<Window> {
        self.windows.get(self.window_of(since) + 1..).unwrap_or_default().to_vec()
    }

    /// How long after a moment the last process had a fresh token.
    pub(crate) fn all_fresh_after(&self, since: Moment) -> Option<Duration> {
        let mut last = Duration::ZERO;
        for daemon in &self.daemons {
            let fresh = daemon.fresh_since.filter(|fresh| *fresh >= since.back(self.life))?;
            last = last.max(fresh - since);
        }
        Some(last)
    }

    fn go_on(&mut self, number: usize) {
        let now = self.now;
        if let Some((attempt, sent)) = self.daemons[number].asking.take() {
            let outcome = self.answer(sent);
            let daemon = &mut self.daemons[number];
            daemon.fleet.handle(now, daemon.id, Event::Exchanged(attempt, outcome));
        }
        let daemon = &mut self.daemons[number];
        daemon.fleet.wake(now);
        while let Some((_, effect)) = daemon.fleet.next_effect(now) {
            match effect {
                Effect::Exchange(attempt) => daemon.asking = Some((attempt, now)),
                Effect::Publish(attempt) => {
                    // If the process was last without a valid token, it is fresh from now on.
                    let was_dead = !daemon.fleet.get(daemon.id).unwrap().health(now).is_usable();
                    if was_dead || daemon.fresh_since.is_none() {
                        daemon.fresh_since = Some(now);
                    }
                    daemon.fleet.handle(now, daemon.id, Event::Published(attempt, Ok(())));
                }
                Effect::Withdraw(_) => unreachable!("tokens are kept"),
            }
        }
        daemon.turn += 1;
        let next = match daemon.asking {
            Some(_) => Some(now + LATENCY),
            None => daemon.fleet.next_wake(),
        };
        if let Some(next) = next {
            self.queue.push(Reverse((next, number, daemon.turn)));
        }
    }

    /// The host counts a request when its answer leaves.
    fn answer(&mut self, sent: Moment) -> ExchangeOutcome {
        let refused = |refusal| ExchangeOutcome::Refused { key: Some(KEY), sent, refusal };
        if self.now < self.down_until {
            return refused(Refusal::Unreachable);
        }
        let number = self.window_of(self.now);
        if self.windows.len() <= number {
            self.windows.resize(number + 1, Window::default());
        }
        let window = &mut self.windows[number];
        window.asked += 1;
        if window.asked > self.host.limit {
            window.refused += 1;
            let passed = Duration::from_secs(self.now.elapsed_since_boot().as_secs() % self.host.window.as_secs());
            return refused(Refusal::Busy { retry_after: Some(self.host.window.saturating_sub(passed)) });
        }
        ExchangeOutcome::Granted { key: KEY, sent, grant: Grant { lifetime: self.life, refresh_after: None } }
    }

    fn window_of(&self, moment: Moment) -> usize {
        let windows = moment.elapsed_since_boot().as_secs() / self.host.window.as_secs();
        usize::try_from(windows).unwrap() - usize::try_from(1_000_000 / self.host.window.as_secs()).unwrap()
    }
}

impl Daemon {
    fn new(seed: u64) -> Self {
        let mut fleet = Fleet::new(NonZeroUsize::MIN, seed);
        let id = fleet.add(OriginId::default(), Policy::default(), LastExchange::default());
        Self { fleet, id, turn: 0, asking: None, fresh_since: None }
    }
}

fn stamp(moment: Moment) -> Stamp {
    Stamp { boot: 1, moment, wall: moment.elapsed_since_boot() }
}

const KEY: Fingerprint = Fingerprint::new([1; 8]);
const LATENCY: Duration = Duration::from_millis(50);
