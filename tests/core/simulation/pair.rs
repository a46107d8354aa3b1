//! Two processes with one output and one state folder: started, paused and killed at any step. Only one of them exchanges at
//! a time.

use std::{cmp::Reverse, collections::BinaryHeap, num::NonZeroUsize, time::Duration};

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{
        Answered, Attempt, Effect, Event, ExchangeOutcome, ExchangeRecord, Fleet, Grant, Id, LastExchange, Memory,
        Moment, OriginId, Policy, Refusal, Renewal, Stamp, Term, WrittenTerm,
    },
};

/// The machine, its disk, and the two processes.
pub(crate) struct Pair {
    now: Moment,
    rng: fastrand::Rng,
    policy: Policy,
    lifetime: Duration,
    queue: BinaryHeap<Reverse<(Moment, u64, Planned)>>,
    ordinal: u64,
    processes: [Option<Process>; 2],
    /// The lock on the output; the kernel releases it at the death of the process.
    holder: Option<usize>,
    /// The moment since which the lock has been free.
    free_since: Moment,
    /// The state file that both share.
    memory: Option<Memory>,
    /// The session in the output.
    on_disk: Option<Session>,
    last_request: Option<Moment>,
    /// Adopting a valid token costs no request until this moment.
    free_until: Moment,
    pub(crate) tally: Tally,
}

/// Counts of the events so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) exchanges: u64,
    pub(crate) takeovers: u64,
    pub(crate) free_takeovers: u64,
    pub(crate) kills: u64,
    pub(crate) pauses: u64,
}

struct Process {
    incarnation: u64,
    fleet: Fleet,
    id: Id,
    stands_by: bool,
    has_looked: bool,
    newest: Option<Session>,
    exchanging: bool,
    paused_until: Moment,
    /// The wake that is already scheduled.
    wake: Option<Moment>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Session {
    sent: Moment,
    grant: Grant,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Planned {
    /// The process checks who holds the lock on the output.
    Poll(usize, u64),
    Exchanged(usize, u64, u64, Moment, bool),
    Published(usize, u64, u64),
    Start(usize),
    Kill(usize, u64),
    Pause(usize, u64),
    Wake(usize, u64),
}

impl Pair {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let lifetime = Duration::from_secs(rng.u64(20..400));
        let spacing = Duration::from_millis([100, 2_000, 10_000][rng.usize(0..3)]);
        let mut pair = Self {
            now: Moment::since_boot(Duration::from_secs(100)),
            rng,
            policy: Policy { spacing, ..Policy::default() },
            lifetime,
            queue: BinaryHeap::new(),
            ordinal: 0,
            processes: [None, None],
            holder: None,
            free_since: Moment::default(),
            memory: None,
            on_disk: None,
            last_request: None,
            free_until: Moment::default(),
            tally: Tally::default(),
        };
        pair.free_since = pair.now;
        for slot in 0..2 {
            let after = Duration::from_millis(pair.rng.u64(0..2_000));
            pair.plan(pair.now + after, Planned::Start(slot));
        }
        pair
    }

    /// Runs this many events.
    pub(crate) fn run(&mut self, events: usize) {
        for _ in 0..events {
            for slot in 0..2 {
                self.begin_effects(slot);
            }
            let Some(Reverse((at, _, planned))) = self.queue.pop() else { return };
            self.now = self.now.max(at);
            self.happen(planned);
            self.check();
        }
    }

    fn happen(&mut self, planned: Planned) {
        let (slot, incarnation) = match planned {
            Planned::Start(slot) => return self.start(slot),
            Planned::Poll(slot, incarnation)
            | Planned::Exchanged(slot, incarnation, ..)
            | Planned::Published(slot, incarnation, _)
            | Planned::Kill(slot, incarnation)
            | Planned::Pause(slot, incarnation)
            | Planned::Wake(slot, incarnation) => (slot, incarnation),
        };
        let Some(process) = self.processes[slot].as_mut().filter(|process| process.incarnation == incarnation) else {
            return;
        };
        let is_killed = matches!(planned, Planned::Kill(..));
        if self.now < process.paused_until && !is_killed {
            let until = process.paused_until;
            return self.plan(until, planned);
        }
        match planned {
            Planned::Poll(..) => self.poll(slot),
            Planned::Exchanged(_, _, attempt, sent, granted) => self.exchanged(slot, Attempt(attempt), sent, granted),
            Planned::Published(_, _, attempt) => self.published(slot, Attempt(attempt)),
            Planned::Kill(..) => self.kill(slot),
            Planned::Pause(..) => {
                self.tally.pauses += 1;
                process.paused_until = self.now + Duration::from_millis(self.rng.u64(10..60_000));
            }
            Planned::Wake(..) => {
                process.wake = None;
                process.fleet.wake(self.now);
            }
            Planned::Start(_) => {}
        }
    }

    fn start(&mut self, slot: usize) {
        self.ordinal += 1;
        let incarnation = self.ordinal;
        let mut fleet = Fleet::new(NonZeroUsize::MIN, self.rng.u64(..));
        let id = fleet.add(OriginId::default(), self.policy, LastExchange::default());
        self.processes[slot] = Some(Process {
            incarnation,
            fleet,
            id,
            stands_by: false,
            has_looked: false,
            newest: None,
            exchanging: false,
            paused_until: Moment::default(),
            wake: None,
        });
        self.plan(self.now, Planned::Poll(slot, incarnation));
        let reign = self.lifetime.mul_f64(self.rng.f64() * 3.0);
        self.plan(self.now + reign, Planned::Kill(slot, incarnation));
        let until_pause = self.lifetime.mul_f64(self.rng.f64() * 3.0);
        self.plan(self.now + until_pause, Planned::Pause(slot, incarnation));
    }

    fn kill(&mut self, slot: usize) {
        self.tally.kills += 1;
        self.processes[slot] = None;
        if self.holder == Some(slot) {
            self.holder = None;
            self.free_since = self.now;
        }
        let after = Duration::from_millis(self.rng.u64(0..30_000));
        self.plan(self.now + after, Planned::Start(slot));
    }

    /// Does the same as the daemon: claims the output, scans the disk, and only then decides.
    fn poll(&mut self, slot: usize) {
        let now = self.now;
        let is_claimed = self.holder.is_none() || self.holder == Some(slot);
        let memory = self.memory;
        let intact = memory.is_some_and(|memory| {
            let written = memory.written.map(|written| written.sent.moment);
            written.is_some() && written == self.on_disk.map(|session| session.sent)
        });
        let Some(process) = &mut self.processes[slot] else { return };
        let incarnation = process.incarnation;
        let (id, stood_by) = (process.id, process.stands_by);
        if is_claimed {
            self.holder = Some(slot);
            if let Some(memory) = &memory {
                process.fleet.adopt(stamp(now), id, memory, intact);
            }
            process.newest = self.on_disk;
            process.stands_by = false;
            process.fleet.handle(now, id, Event::ClaimHeld);
            let renew = process.fleet.get(id).and_then(Renewal::held).map(|term| term.renew);
            let is_free = intact && renew.is_some_and(|renew| renew > now);
            self.free_until = renew.filter(|_| is_free).unwrap_or_default();
            self.tally.takeovers += u64::from(stood_by);
            self.tally.free_takeovers += u64::from(stood_by && is_free);
        } else {
            process.stands_by = true;
            process.fleet.handle(now, id, Event::ClaimLost);
            match (&memory, self.on_disk) {
                (Some(memory), _) if intact => process.fleet.adopt(stamp(now), id, memory, true),
                (_, session) => process.fleet.observe(now, id, session.map(term)),
            }
            self.plan(now + Duration::from_secs(1), Planned::Poll(slot, incarnation));
        }
        let Some(process) = &mut self.processes[slot] else { return };
        if !process.has_looked {
            process.has_looked = true;
            process.fleet.handle(now, id, Event::KeyAppeared(KEY));
        }
    }

    fn begin_effects(&mut self, slot: usize) {
        loop {
            let now = self.now;
            let Some(process) = self.processes[slot].as_mut().filter(|process| process.paused_until <= now) else {
                return;
            };
            process.fleet.wake(now);
            let Some((_, effect)) = process.fleet.next_effect(now) else { break };
            let incarnation = process.incarnation;
            match effect {
                Effect::Exchange(attempt) => self.exchange(slot, incarnation, attempt),
                Effect::Publish(attempt) => {
                    assert_eq!(self.holder, Some(slot), "a write without the claim");
                    let took = Duration::from_micros(self.rng.u64(50..20_000));
                    self.plan(now + took, Planned::Published(slot, incarnation, attempt.0));
                }
                Effect::Withdraw(_) => panic!("the token is to stay"),
            }
        }
        let Some(process) = &mut self.processes[slot] else { return };
        let wake = process.fleet.next_wake().map(|wake| wake.max(self.now));
        if let Some(at) = wake.filter(|_| process.wake != wake) {
            process.wake = wake;
            let incarnation = process.incarnation;
            self.plan(at, Planned::Wake(slot, incarnation));
        }
    }

    fn exchange(&mut self, slot: usize, incarnation: u64, attempt: Attempt) {
        let now = self.now;
        assert_eq!(self.holder, Some(slot), "an exchange without the claim");
        let exchanging = self.processes.iter().flatten().filter(|process| process.exchanging).count();
        assert_eq!(exchanging, 0, "two exchanges at a time");
        if let Some(last) = self.last_request {
            assert!(now - last >= self.policy.spacing, "spacing: {:?} after the last exchange", now - last);
        }
        assert!(
            now >= self.free_until,
            "a takeover of a token that is good until {:?} costs a request",
            self.free_until
        );
        self.last_request = Some(now);
        self.tally.exchanges += 1;
        let written = self.memory.and_then(|memory| memory.written);
        self.memory = Some(Memory { asked: ExchangeRecord { key: KEY, answer: None }, written });
        if let Some(process) = &mut self.processes[slot] {
            process.exchanging = true;
        }
        let latency = Duration::from_micros(self.rng.u64(200..3_000_000));
        let granted = self.rng.u8(0..10) > 0;
        self.plan(now + latency, Planned::Exchanged(slot, incarnation, attempt.0, now, granted));
    }

    fn exchanged(&mut self, slot: usize, attempt: Attempt, sent: Moment, granted: bool) {
        let (now, grant) = (self.now, Grant { lifetime: self.lifetime, refresh_after: None });
        let answer = Some(Answered { at: stamp(now), quiet: Duration::ZERO, awaits_change: false });
        let written = self.memory.and_then(|memory| memory.written);
        self.memory = Some(Memory { asked: ExchangeRecord { key: KEY, answer }, written });
        self.last_request = Some(now);
        let Some(process) = &mut self.processes[slot] else { return };
        process.exchanging = false;
        let outcome = if granted {
            process.newest = Some(Session { sent, grant });
            ExchangeOutcome::Granted { key: KEY, sent, grant }
        } else {
            ExchangeOutcome::Refused { key: Some(KEY), sent, refusal: Refusal::Failed }
        };
        process.fleet.handle(now, process.id, Event::Exchanged(attempt, outcome));
    }

    fn published(&mut self, slot: usize, attempt: Attempt) {
        let now = self.now;
        let Some(process) = &mut self.processes[slot] else { return };
        assert_eq!(self.holder, Some(slot), "a write without the claim");
        if let Some(term) = process.fleet.get(process.id).and_then(Renewal::held) {
            self.on_disk = process.newest;
            let asked = self.memory.map(|memory| memory.asked).unwrap();
            self.memory = Some(Memory {
                asked,
                written: Some(WrittenTerm {
                    key: KEY,
                    sent: stamp(term.sent),
                    issued: None,
                    grant: term.grant,
                    renew_after: term.renew - term.sent,
                }),
            });
        }
        process.fleet.handle(now, process.id, Event::Published(attempt, Ok(())));
    }

    /// Checks the invariants of every moment.
    fn check(&self) {
        let is_alive = self.on_disk.is_some_and(|session| self.now < session.sent + session.grant.lifetime);
        for process in self.processes.iter().flatten() {
            let serves = process.fleet.get(process.id).is_some_and(|renewal| renewal.serves(self.now));
            assert!(is_alive || !serves, "a process says that it serves, and there is no live token");
        }
        let waits = |process: &&Process| process.has_looked && process.paused_until <= self.free_since;
        let is_free = self.holder.is_none() && self.processes.iter().flatten().any(|process| waits(&process));
        assert!(
            !is_free || self.now <= self.free_since + Duration::from_secs(2),
            "nobody has taken over since {:?}",
            self.free_since
        );
    }

    fn plan(&mut self, at: Moment, planned: Planned) {
        self.ordinal += 1;
        self.queue.push(Reverse((at, self.ordinal, planned)));
    }
}

fn term(session: Session) -> Term {
    Term {
        key: KEY,
        sent: session.sent,
        sent_wall: session.sent.elapsed_since_boot(),
        grant: session.grant,
        renew: session.sent + session.grant.lifetime / 2,
        older_by: Duration::ZERO,
    }
}

fn stamp(moment: Moment) -> Stamp {
    Stamp { boot: 1, moment, wall: Duration::from_secs(1_700_000_000) + moment.elapsed_since_boot() }
}

const KEY: Fingerprint = Fingerprint::new([1; 8]);
