//! A seeded world: credentials, a server, disks that fail, a machine and the people who use it.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{
        Answered, Attempt, Effect, Event, ExchangeOutcome, ExchangeRecord, Grant, Id, Memory, Moment, NotWritten,
        OnExpiry, Policy, Refusal, RefusalClass, Share, Stamp, WrittenTerm,
    },
};

use crate::{
    checks,
    process::{Machine, Process},
    server::{Mood, Server, TIMEOUT},
};

/// The size of a world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) credentials: usize,
    pub(crate) length: Duration,
    pub(crate) in_flight_max: usize,
    /// The mean time between two faults.
    pub(crate) calm: Duration,
}

impl Scale {
    pub(crate) fn of_seed(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x5ca1e);
        Self {
            credentials: [1, 1, 2, 5, 20, 50, 50, 2_000][rng.usize(0..8)],
            length: Duration::from_secs(86_400 * [10, 60, 365][rng.usize(0..3)]),
            in_flight_max: [1, 2, 8, 8][rng.usize(0..4)],
            calm: Duration::from_secs([600, 7_200, 86_400, 864_000][rng.usize(0..4)]),
        }
    }
}

/// The results of a world, to compare two runs of one seed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) exchanges: u64,
    pub(crate) sessions: u64,
    pub(crate) writes: u64,
    pub(crate) wakes: u64,
    pub(crate) restarts: u64,
    /// Valid tokens that survived a restart without a request.
    pub(crate) adopted: u64,
    /// Writes that repaired changes by other processes.
    pub(crate) repairs: u64,
    /// How often a token that the server had ended counted as expired by the wall clock alone.
    pub(crate) doubted: u64,
}

pub(crate) struct World {
    pub(crate) process: Process,
    pub(crate) people: Vec<Person>,
    pub(crate) server: Server,
    pub(crate) scale: Scale,
    pub(crate) now: Moment,
    queue: BinaryHeap<Reverse<(Moment, u64, Planned)>>,
    ordinal: u64,
    pub(crate) rng: fastrand::Rng,
    pub(crate) in_flight: usize,
    pub(crate) quiet_until: Moment,
    /// The moment of the last fault that affects every credential, or of its end.
    pub(crate) shaken: Moment,
    pub(crate) disk_fails: bool,
    /// How often both clocks of the machine stood still.
    pub(crate) standstills: u32,
    pub(crate) tally: Tally,
    trace: bool,
}

/// One credential as the world sees it.
pub(crate) struct Person {
    pub(crate) policy: Policy,
    pub(crate) file: Option<Fingerprint>,
    pub(crate) good_key: Option<Fingerprint>,
    /// The session in the daemon's memory, as the server granted it.
    pub(crate) newest: Option<Session>,
    pub(crate) on_disk: Option<Session>,
    pub(crate) last_request: Option<(Moment, Fingerprint)>,
    /// The wall clock and the standstills when the last request was sent.
    requested: Option<(Duration, u32)>,
    pub(crate) under_way: Option<Effect>,
    pub(crate) shaken: Moment,
    /// The state file, and the session that it describes.
    pub(crate) memory: Option<Memory>,
    pub(crate) remembered: Option<Session>,
    asked: Option<ExchangeRecord>,
    /// The class of the last refusal, and how many in a row had it, as the server answered.
    pub(crate) row: Option<(RefusalClass, u32)>,
    /// Whether the server locks the account after a few wrong secrets, so that each is sent once.
    locks: bool,
    /// The secret that was denied for good and may not be sent again.
    pub(crate) denied_for_good: Option<Fingerprint>,
    /// The session that the process adopted: the process may consider it older than it is.
    pub(crate) hearsay: Option<Session>,
    /// Whether the state file describes a session that the process itself received.
    pub(crate) first_hand: bool,
    /// No request may be made before this moment, because a valid token was adopted.
    pub(crate) free_until: Option<Moment>,
    /// The moment since which the files differ from what the daemon wrote.
    pub(crate) spoilt: Option<Moment>,
    /// Until this moment another process alters the files again after each write.
    pub(crate) vandal_until: Moment,
    /// The moments of the repairs in the last minute.
    pub(crate) repairs: Vec<Moment>,
}

impl Person {
    /// Counts the refusals in a row of one class.
    fn note_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Granted(..) => self.row = None,
            Answer::Refused(_, _, class) => {
                let class = refusal(class).class();
                let before = self.row.filter(|(last, _)| *last == class).map_or(0, |(_, count)| count);
                self.row = Some((class, before + 1));
            }
            Answer::CoolingDown(_) | Answer::NoKey | Answer::Written | Answer::NotWritten | Answer::Removed => {}
        }
    }

    fn is_by_hearsay(&self) -> bool {
        self.on_disk.is_some() && self.on_disk == self.hearsay
    }
}

/// A session, identified by the moment of its request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Session {
    pub(crate) sent: Moment,
    pub(crate) grant: Grant,
    /// How far the wall clock was ahead of the world's time.
    pub(crate) wall: Duration,
    /// How often the machine had stood still before.
    pub(crate) standstills: u32,
}

impl Session {
    pub(crate) fn expires(&self) -> Moment {
        self.sent + self.grant.lifetime
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Planned {
    Answer(usize, Id, u64, Answer),
    FileChanges(usize, Option<Fingerprint>),
    SeeKey(usize),
    /// Another process changes the files of this credential.
    Vandal(usize),
    Trouble,
    MoodEnds,
    DiskHeals,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Answer {
    Granted(Fingerprint, Moment, Duration, Option<Duration>),
    Refused(Fingerprint, Moment, Class),
    NoKey,
    CoolingDown(Fingerprint),
    Written,
    NotWritten,
    Removed,
}

/// [`Refusal`] with an order, which the queue needs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Class {
    Denied,
    Blocked,
    Busy(Option<Duration>),
    Failed,
    Garbled,
    Unreachable,
    TimedOut,
}

impl World {
    pub(crate) fn new(seed: u64, scale: Scale, trace: bool) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let server = Server::new(&mut rng);
        let now = Moment::since_boot(Duration::from_secs(1_000_000));
        let machine = Machine { boot: 1, booted: now.back(Duration::from_secs(rng.u64(0..100_000))), wall: RIGHT_WALL };
        let pace = if server.is_honest() { server.lifetime.mul_f64(0.4) } else { Duration::from_secs(1) };
        let affordable = pace.mul_f64(EXCHANGES_MAX / scale.credentials as f64);
        let mut world = Self {
            process: Process::start(machine, scale.in_flight_max, rng.u64(..)),
            people: Vec::new(),
            server,
            scale: Scale { length: scale.length.min(affordable), ..scale },
            now,
            queue: BinaryHeap::new(),
            ordinal: 0,
            rng,
            in_flight: 0,
            quiet_until: Moment::default(),
            shaken: now,
            disk_fails: false,
            standstills: 0,
            tally: Tally::default(),
            trace,
        };
        for who in 0..scale.credentials {
            let person = world.person();
            world.process.join(now, person.policy, None, false);
            world.people.push(person);
            world.plan(now, Planned::SeeKey(who));
        }
        world.plan_trouble();
        world
    }

    /// Runs the world to its end.
    pub(crate) fn run(&mut self) {
        let end = self.now + self.scale.length;
        let (mut last, mut steps_at_once) = (self.now, 0);
        loop {
            self.begin_effects();
            let planned = self.queue.peek().map(|Reverse((at, ..))| *at);
            let wake = self.process.next_wake();
            let next = [planned, wake].into_iter().flatten().min().unwrap();
            if next > end {
                return;
            }
            steps_at_once = if next > last { 0 } else { steps_at_once + 1 };
            checks::no_spinning(steps_at_once, self.scale.credentials);
            last = last.max(next);
            self.now = self.now.max(next);
            self.process.compare_clocks(self.now);
            if planned.is_some_and(|at| at <= next) {
                let Some(Reverse((_, _, planned))) = self.queue.pop() else { continue };
                self.happen(planned);
            } else {
                self.tally.wakes += 1;
                self.process.wake(self.now);
            }
        }
    }

    pub(crate) fn credential_years(&self) -> f64 {
        self.scale.credentials as f64 * self.scale.length.as_secs_f64() / (365.25 * 86_400.0)
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally.clone()
    }

    fn person(&mut self) -> Person {
        let key = Some(self.new_key());
        Person {
            policy: self.policy(),
            file: key,
            good_key: key,
            newest: None,
            on_disk: None,
            last_request: None,
            requested: None,
            under_way: None,
            shaken: self.now,
            memory: None,
            remembered: None,
            asked: None,
            locks: self.rng.u32(0..3) == 0,
            row: None,
            denied_for_good: None,
            hearsay: None,
            first_hand: false,
            free_until: None,
            spoilt: None,
            vandal_until: Moment::default(),
            repairs: Vec::new(),
        }
    }

    pub(crate) fn policy(&mut self) -> Policy {
        let spacing = Duration::from_millis([100, 2_000, 2_000, 2_000, 30_000][self.rng.usize(0..5)]);
        Policy {
            renew_at: Share::from_percent([50.0, 67.0, 67.0, 90.0][self.rng.usize(0..4)]).unwrap(),
            jitter: Share::from_percent([0.0, 10.0, 10.0, 50.0][self.rng.usize(0..4)]).unwrap(),
            spacing,
            on_expiry: [OnExpiry::Keep, OnExpiry::Remove][self.rng.usize(0..2)],
            ..Policy::default()
        }
    }

    fn begin_effects(&mut self) {
        while let Some((who, effect)) = self.process.next_effect(self.now) {
            self.say(format_args!("{who} {effect:?}"));
            let person = &mut self.people[who];
            assert_eq!(person.under_way, None, "single flight: {effect:?} while another is under way");
            person.under_way = Some(effect);
            match effect {
                Effect::Exchange(attempt) => self.exchange(who, attempt),
                Effect::Publish(attempt) => self.publish(who, attempt),
                Effect::Withdraw(attempt) => self.withdraw(who, attempt),
            }
        }
    }

    fn exchange(&mut self, who: usize, attempt: Attempt) {
        self.in_flight += 1;
        checks::admission(self.in_flight, self.scale.in_flight_max);
        checks::quiet(self.quiet_until, self.now);
        let Some(key) = self.people[who].file else {
            let after = self.now + Duration::from_micros(100);
            self.answer(after, who, attempt, Answer::NoKey);
            return;
        };
        if self.process.cooling_down(self.now, who) == Some(key) {
            let after = self.now + Duration::from_micros(100);
            self.answer(after, who, attempt, Answer::CoolingDown(key));
            return;
        }
        let person = &mut self.people[who];
        checks::spacing(&person.policy, person.last_request, self.now, key);
        checks::free(person.free_until, self.now);
        checks::final_denial(person.denied_for_good.take(), key);
        person.last_request = Some((self.now, key));
        person.requested = Some((self.process.machine().wall, self.standstills));
        // The state file records the exchange before it begins.
        person.memory = Some(Memory {
            asked: ExchangeRecord { key, answer: None },
            written: person.memory.and_then(|memory| memory.written),
        });
        self.tally.exchanges += 1;
        let (latency, result) = self.server.answer(key, person.good_key, &mut self.rng);
        let answer = match result {
            Ok(grant) => Answer::Granted(key, self.now, grant.lifetime, grant.refresh_after),
            Err(refusal) => Answer::Refused(key, self.now, class(refusal)),
        };
        self.answer(self.now + latency, who, attempt, answer);
    }

    fn publish(&mut self, who: usize, attempt: Attempt) {
        self.tally.writes += 1;
        let person = &mut self.people[who];
        if person.spoilt.is_some() && person.newest == person.on_disk && !self.disk_fails {
            self.tally.repairs += 1;
            checks::pace_of_repairs(&mut person.repairs, self.now);
        }
        let answer = if self.disk_fails { Answer::NotWritten } else { Answer::Written };
        let took = Duration::from_micros(self.rng.u64(50..20_000));
        self.answer(self.now + took, who, attempt, answer);
    }

    fn withdraw(&mut self, who: usize, attempt: Attempt) {
        let person = &self.people[who];
        assert_eq!(person.policy.on_expiry, OnExpiry::Remove, "retention: nobody asked for a removal");
        let expires = person.on_disk.expect("retention: there is nothing to remove").expires();
        checks::retention(expires, person.is_by_hearsay(), self.now);
        let answer = if self.disk_fails { Answer::NotWritten } else { Answer::Removed };
        self.answer(self.now + Duration::from_micros(100), who, attempt, answer);
    }

    fn answer(&mut self, at: Moment, who: usize, attempt: Attempt, answer: Answer) {
        let incarnation = self.process.incarnation(who);
        self.plan(at, Planned::Answer(who, incarnation, attempt.0, answer));
    }

    fn happen(&mut self, planned: Planned) {
        self.say(format_args!("{planned:?}"));
        match planned {
            Planned::Answer(who, incarnation, attempt, answer) => {
                if incarnation == self.process.incarnation(who) && self.people[who].under_way.is_some() {
                    self.answered(who, Attempt(attempt), answer);
                }
            }
            Planned::FileChanges(who, content) => self.change_file(who, content),
            Planned::SeeKey(who) => {
                let event = self.people[who].file.map_or(Event::KeyVanished, Event::KeyAppeared);
                self.process.tell(self.now, who, event);
            }
            Planned::Vandal(who) => self.spoil(who),
            Planned::Trouble => {
                self.trouble();
                self.plan_trouble();
            }
            Planned::MoodEnds => self.set_mood(Mood::Healthy),
            Planned::DiskHeals => {
                self.disk_fails = false;
                self.shaken = self.now + Policy::default().retry_max;
            }
        }
    }

    fn answered(&mut self, who: usize, attempt: Attempt, answer: Answer) {
        let person = &mut self.people[who];
        let under_way = person.under_way.take().expect("an answer answers something");
        let event = match (under_way, answer) {
            (Effect::Exchange(current), answer) => {
                self.in_flight -= 1;
                // An answer to an earlier process is ignored.
                if attempt == current {
                    person.note_answer(answer);
                }
                Event::Exchanged(attempt, self.outcome(who, answer))
            }
            (Effect::Publish(_), Answer::Written) => {
                self.written(who);
                Event::Published(attempt, Ok(()))
            }
            (Effect::Publish(_), _) => Event::Published(attempt, Err(NotWritten)),
            (Effect::Withdraw(_), Answer::Removed) => {
                person.on_disk = None;
                Event::Withdrawn(attempt, Ok(()))
            }
            (Effect::Withdraw(_), _) => Event::Withdrawn(attempt, Err(NotWritten)),
        };
        self.process.tell(self.now, who, event);
        self.check(who);
    }

    fn outcome(&mut self, who: usize, answer: Answer) -> ExchangeOutcome {
        let stamp = self.process.machine().stamp(self.now);
        let person = &mut self.people[who];
        match answer {
            Answer::Granted(key, sent, lifetime, refresh_after) => {
                self.tally.sessions += 1;
                let grant = Grant { lifetime, refresh_after };
                person.newest = person.requested.map(|(wall, standstills)| Session { sent, grant, wall, standstills });
                person.asked = Some(ExchangeRecord {
                    key,
                    answer: Some(Answered { at: stamp, quiet: Duration::ZERO, awaits_change: false }),
                });
                ExchangeOutcome::Granted { key, sent: self.process.moment(sent), grant }
            }
            Answer::Refused(key, sent, class) => {
                let refusal =
                    if person.locks && class == Class::Denied { Refusal::DeniedForGood } else { refusal(class) };
                let awaits_change = refusal.awaits_change();
                person.denied_for_good = Some(key).filter(|_| awaits_change);
                let mut quiet = Duration::ZERO;
                if let Refusal::Busy { retry_after } = refusal {
                    quiet = retry_after.unwrap_or_default().min(Duration::from_secs(300));
                    self.quiet_until = self.quiet_until.max(self.now + quiet);
                    // Every credential waits for the host; after a refusal without a time the back-off is at most the
                    // longest retry.
                    self.shaken = self.shaken.max(self.now + quiet.max(person.policy.retry_max));
                }
                let asked = ExchangeRecord { key, answer: Some(Answered { at: stamp, quiet, awaits_change }) };
                person.asked = Some(asked);
                person.memory = person.memory.map(|memory| Memory { asked, ..memory });
                person.shaken = person.shaken.max(self.now);
                ExchangeOutcome::Refused { key: Some(key), sent: self.process.moment(sent), refusal }
            }
            Answer::CoolingDown(key) => ExchangeOutcome::CoolingDown(key),
            Answer::NoKey | Answer::Written | Answer::NotWritten | Answer::Removed => ExchangeOutcome::NoKey,
        }
    }

    /// The files hold the newest session, and the state file records it.
    fn written(&mut self, who: usize) {
        let Some(term) = self.process.held(who) else { return };
        // By the clocks of then, which may have moved against each other since.
        let sent = Stamp { wall: term.sent_wall, ..self.process.machine().stamp(term.sent) };
        let issued = Some(term.sent.elapsed_since_boot() + RIGHT_WALL);
        let person = &mut self.people[who];
        person.on_disk = person.newest;
        person.spoilt = None;
        person.remembered = person.newest;
        person.first_hand = person.newest != person.hearsay;
        person.free_until = None;
        let asked = person.asked.expect("a session was asked for");
        let renew_after = term.renew - term.sent;
        person.memory = Some(Memory {
            asked,
            written: Some(WrittenTerm { key: term.key, sent, issued, grant: term.grant, renew_after }),
        });
        if self.now < person.vandal_until {
            self.plan(self.now + Duration::from_millis(10), Planned::Vandal(who));
        }
    }

    /// Another process changes the files. inotify reports it at once; a write in progress is overwritten a little later.
    fn spoil(&mut self, who: usize) {
        let person = &mut self.people[who];
        if matches!(person.under_way, Some(Effect::Publish(_) | Effect::Withdraw(_))) {
            self.plan(self.now + Duration::from_millis(30), Planned::Vandal(who));
        } else if person.on_disk.is_some_and(|session| self.now < session.expires()) && !person.is_by_hearsay() {
            person.spoilt = person.spoilt.or(Some(self.now));
            self.process.tell(self.now, who, Event::OutputsAltered);
            self.check(who);
        }
    }

    /// Checks the promises that can be checked after any event of a credential.
    fn check(&mut self, who: usize) {
        let (wall, standstills) = (self.process.machine().wall, self.standstills);
        let person = &self.people[who];
        checks::row(self.process.refusals_of_last_class(who), person.row, self.now);
        let expires = person.on_disk.map(|session| session.expires());
        let said = self.process.health(self.now, who);
        // A standstill cannot be seen by a wall clock that was set back.
        if person.on_disk.is_some_and(|session| wall < session.wall && session.standstills != standstills) {
            return;
        }
        let is_moved = person.on_disk.is_some_and(|session| wall > session.wall);
        checks::health(said, expires, person.is_by_hearsay() || is_moved, self.now);
        let is_doubted = self.process.is_in_doubt(self.now, who);
        let is_alive = expires.is_some_and(|end| self.now < end);
        self.tally.doubted += u64::from(is_doubted && !is_alive);
        let person = &self.people[who];
        checks::service(self.process.serves(self.now, who), expires, person.spoilt, self.now);
        if let Some(spoilt) = person.spoilt.filter(|_| !self.disk_fails && expires.is_some_and(|end| self.now < end)) {
            checks::repair(spoilt.max(self.shaken).max(person.shaken), self.grace(), self.now);
        }
        let has_good_key = person.file.is_some() && person.file == person.good_key;
        if self.server.mood != Mood::Healthy || self.disk_fails || !has_good_key {
            return;
        }
        let back = self.shaken.max(person.shaken).max(self.server.since);
        let grace = self.grace();
        if let Some(term) = self.process.held(who) {
            let lifetime = Some(term.grant.lifetime);
            if term.is_valid_at(back) {
                let recovered = back + soon(&person.policy, lifetime);
                checks::freshness(&person.policy, &term, recovered, grace, self.now);
            } else {
                checks::recovery(&person.policy, lifetime, back, grace, self.now);
            }
        }
    }

    /// The time that requests, writes and the queue may take.
    fn grace(&self) -> Duration {
        let rounds = self.scale.credentials.div_ceil(self.scale.in_flight_max) as u32 + 1;
        let round = Duration::from_micros(self.server.latency_max) + Duration::from_millis(20);
        TIMEOUT
            + round.max(Duration::from_millis(50) * self.scale.in_flight_max as u32) * rounds
            + Duration::from_secs(30)
    }

    pub(crate) fn plan(&mut self, at: Moment, planned: Planned) {
        self.ordinal += 1;
        self.queue.push(Reverse((at, self.ordinal, planned)));
    }

    pub(crate) fn new_key(&mut self) -> Fingerprint {
        Fingerprint::new(self.rng.u64(..).to_le_bytes())
    }

    pub(crate) fn say(&self, what: std::fmt::Arguments<'_>) {
        if self.trace {
            println!("{:>16.6} {what}", self.now.elapsed_since_boot().as_secs_f64());
        }
    }
}

/// How far a correct wall clock is ahead of the world's time.
pub(crate) const RIGHT_WALL: Duration = Duration::from_secs(1_700_000_000);

/// The maximum number of exchanges in one world; worlds with short lifetimes are shortened.
const EXCHANGES_MAX: f64 = 60_000.0;

fn soon(policy: &Policy, lifetime: Option<Duration>) -> Duration {
    lifetime
        .map_or(Duration::from_secs(60), |lifetime| (lifetime / 10).min(Duration::from_secs(60)))
        .max(policy.spacing)
}

fn class(refusal: Refusal) -> Class {
    match refusal {
        Refusal::Denied | Refusal::DeniedForGood => Class::Denied,
        Refusal::Blocked => Class::Blocked,
        Refusal::Busy { retry_after } => Class::Busy(retry_after),
        Refusal::Failed => Class::Failed,
        Refusal::Garbled => Class::Garbled,
        Refusal::Unreachable => Class::Unreachable,
        Refusal::TimedOut => Class::TimedOut,
    }
}

fn refusal(class: Class) -> Refusal {
    match class {
        Class::Denied => Refusal::Denied,
        Class::Blocked => Refusal::Blocked,
        Class::Busy(retry_after) => Refusal::Busy { retry_after },
        Class::Failed => Refusal::Failed,
        Class::Garbled => Refusal::Garbled,
        Class::Unreachable => Refusal::Unreachable,
        Class::TimedOut => Refusal::TimedOut,
    }
}
