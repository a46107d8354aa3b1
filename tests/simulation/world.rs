//! A seeded world: credentials, a server, disks that fail, a user who changes keys, nudges and reloads, a machine that
//! sleeps.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    num::NonZeroUsize,
    time::Duration,
};

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{
        Attempt, Effect, Event, Fleet, Grant, Id, Moment, NotWritten, OnExpiry, Outcome, Past, Policy, Refusal, Share,
    },
};

use crate::{
    checks,
    server::{Mood, Server, TIMEOUT},
};

/// How big a world is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) credentials: usize,
    pub(crate) length: Duration,
    pub(crate) in_flight_max: usize,
    /// The mean time between two things that go wrong.
    pub(crate) calm: Duration,
}

impl Scale {
    pub(crate) fn of_seed(seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed ^ 0x5ca1e);
        let credentials = [1, 1, 2, 5, 20, 50][dice.usize(0..6)];
        Self {
            credentials,
            length: Duration::from_secs(86_400 * [10, 60, 365][dice.usize(0..3)]),
            in_flight_max: [1, 2, 8, 8][dice.usize(0..4)],
            calm: Duration::from_secs([600, 7_200, 86_400, 864_000][dice.usize(0..4)]),
        }
    }
}

/// What a world came to, for comparing two plays of one seed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) exchanges: u64,
    pub(crate) sessions: u64,
    pub(crate) writes: u64,
    pub(crate) wakes: u64,
}

pub(crate) struct World {
    fleet: Fleet,
    people: HashMap<Id, Person>,
    server: Server,
    scale: Scale,
    now: Moment,
    queue: BinaryHeap<Reverse<(Moment, u64, Planned)>>,
    ordinal: u64,
    dice: fastrand::Rng,
    in_flight: usize,
    quiet_until: Moment,
    /// When the last thing that touches everyone went wrong or came back.
    shaken: Moment,
    disk_fails: bool,
    tally: Tally,
    trace: bool,
}

/// One credential as the world sees it.
struct Person {
    policy: Policy,
    file: Option<Fingerprint>,
    good_key: Option<Fingerprint>,
    /// The session in the daemon's memory, as the server gave it.
    newest: Option<(Moment, Grant)>,
    on_disk: Option<Moment>,
    last_request: Option<(Moment, Fingerprint)>,
    under_way: Option<Effect>,
    shaken: Moment,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Planned {
    Answer(Id, u64, Answer),
    FileChanges(Id, Option<Fingerprint>),
    SeeKey(Id),
    Trouble,
    MoodEnds,
    DiskHeals,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Answer {
    Granted(Fingerprint, Moment, Duration, Option<Duration>),
    Refused(Fingerprint, Moment, Class),
    NoKey,
    Written(Moment),
    NotWritten,
    Removed,
}

/// [`Refusal`] in an order, which the queue wants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Class {
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
        let mut dice = fastrand::Rng::with_seed(seed);
        let in_flight_max = NonZeroUsize::new(scale.in_flight_max).unwrap();
        let mut world = Self {
            fleet: Fleet::new(in_flight_max, dice.u64(..)),
            people: HashMap::new(),
            server: Server::new(&mut dice),
            scale,
            now: Moment::since_boot(Duration::from_secs(dice.u64(0..100_000))),
            queue: BinaryHeap::new(),
            ordinal: 0,
            dice,
            in_flight: 0,
            quiet_until: Moment::default(),
            shaken: Moment::default(),
            disk_fails: false,
            tally: Tally::default(),
            trace,
        };
        world.shaken = world.now;
        let pace = if world.server.is_honest() { world.server.lifetime.mul_f64(0.4) } else { Duration::from_secs(1) };
        let affordable = pace.mul_f64(EXCHANGES_MAX / scale.credentials as f64);
        world.scale.length = scale.length.min(affordable);
        for _ in 0..scale.credentials {
            world.join();
        }
        world.plan_trouble();
        world
    }

    /// Plays to the end.
    pub(crate) fn run(&mut self) {
        let end = self.now + self.scale.length;
        let (mut last, mut steps_at_once) = (self.now, 0);
        loop {
            self.begin_effects();
            let planned = self.queue.peek().map(|Reverse((at, ..))| *at);
            let wake = self.fleet.next_wake();
            let next = [planned, wake].into_iter().flatten().min().unwrap();
            if next > end {
                return;
            }
            steps_at_once = if next > last { 0 } else { steps_at_once + 1 };
            checks::no_spinning(steps_at_once, self.scale.credentials);
            last = last.max(next);
            self.now = self.now.max(next);
            if planned.is_some_and(|at| at <= next) {
                let Some(Reverse((_, _, planned))) = self.queue.pop() else { continue };
                self.happen(planned);
            } else {
                self.tally.wakes += 1;
                self.fleet.wake(self.now);
            }
        }
    }

    pub(crate) fn credential_years(&self) -> f64 {
        self.scale.credentials as f64 * self.scale.length.as_secs_f64() / (365.25 * 86_400.0)
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally.clone()
    }

    fn join(&mut self) {
        let policy = self.policy();
        let id = self.fleet.add(policy, Past::default());
        let key = self.new_key();
        let person = Person {
            policy,
            file: Some(key),
            good_key: Some(key),
            newest: None,
            on_disk: None,
            last_request: None,
            under_way: None,
            shaken: self.now,
        };
        self.people.insert(id, person);
        self.plan(self.now, Planned::SeeKey(id));
    }

    fn policy(&mut self) -> Policy {
        let spacing = Duration::from_millis([100, 2_000, 2_000, 2_000, 30_000][self.dice.usize(0..5)]);
        Policy {
            renew_at: Share::from_percent([50.0, 67.0, 67.0, 90.0][self.dice.usize(0..4)]).unwrap(),
            jitter: Share::from_percent([0.0, 10.0, 10.0, 50.0][self.dice.usize(0..4)]).unwrap(),
            spacing,
            on_expiry: [OnExpiry::Keep, OnExpiry::Remove][self.dice.usize(0..2)],
            ..Policy::default()
        }
    }

    fn begin_effects(&mut self) {
        while let Some((id, effect)) = self.fleet.next_effect(self.now) {
            self.say(format_args!("{id:?} {effect:?}"));
            let person = self.people.get_mut(&id).unwrap();
            assert_eq!(person.under_way, None, "single flight: {effect:?} while another is under way");
            person.under_way = Some(effect);
            match effect {
                Effect::Exchange(attempt) => self.exchange(id, attempt),
                Effect::Publish(attempt) => self.publish(id, attempt),
                Effect::Withdraw(attempt) => self.withdraw(id, attempt),
            }
        }
    }

    fn exchange(&mut self, id: Id, attempt: Attempt) {
        self.in_flight += 1;
        checks::admission(self.in_flight, self.scale.in_flight_max);
        checks::quiet(self.quiet_until, self.now);
        let person = self.people.get_mut(&id).unwrap();
        let Some(key) = person.file else {
            let after = self.now + Duration::from_micros(100);
            self.plan(after, Planned::Answer(id, attempt.0, Answer::NoKey));
            return;
        };
        checks::spacing(&person.policy, person.last_request, self.now, key);
        person.last_request = Some((self.now, key));
        self.tally.exchanges += 1;
        let (latency, result) = self.server.answer(key, person.good_key, &mut self.dice);
        let answer = match result {
            Ok(grant) => Answer::Granted(key, self.now, grant.lifetime, grant.refresh_after),
            Err(refusal) => Answer::Refused(key, self.now, class(refusal)),
        };
        self.plan(self.now + latency, Planned::Answer(id, attempt.0, answer));
    }

    fn publish(&mut self, id: Id, attempt: Attempt) {
        self.tally.writes += 1;
        let person = &self.people[&id];
        let (sent, grant) = person.newest.expect("a publish follows a session");
        let answer = if self.disk_fails { Answer::NotWritten } else { Answer::Written(sent + grant.lifetime) };
        let took = Duration::from_micros(self.dice.u64(50..20_000));
        self.plan(self.now + took, Planned::Answer(id, attempt.0, answer));
    }

    fn withdraw(&mut self, id: Id, attempt: Attempt) {
        let person = &self.people[&id];
        assert_eq!(person.policy.on_expiry, OnExpiry::Remove, "retention: nobody asked for a removal");
        let on_disk = person.on_disk.expect("retention: there is nothing to remove");
        assert!(self.now >= on_disk, "retention: a token that lives until {on_disk:?} is removed at {:?}", self.now);
        let answer = if self.disk_fails { Answer::NotWritten } else { Answer::Removed };
        self.plan(self.now + Duration::from_micros(100), Planned::Answer(id, attempt.0, answer));
    }

    fn happen(&mut self, planned: Planned) {
        self.say(format_args!("{planned:?}"));
        match planned {
            Planned::Answer(id, attempt, answer) => self.answered(id, Attempt(attempt), answer),
            Planned::SeeKey(id) => {
                let event = self.people[&id].file.map_or(Event::KeyVanished, Event::KeyAppeared);
                self.fleet.handle(self.now, id, event);
            }
            Planned::FileChanges(id, content) => self.change_file(id, content),
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

    fn answered(&mut self, id: Id, attempt: Attempt, answer: Answer) {
        let person = self.people.get_mut(&id).unwrap();
        let under_way = person.under_way.take().expect("an answer answers something");
        let event = match (under_way, answer) {
            (Effect::Exchange(_), answer) => {
                self.in_flight -= 1;
                Event::Exchanged(attempt, self.outcome(id, answer))
            }
            (Effect::Publish(_), Answer::Written(expires)) => {
                person.on_disk = Some(expires);
                Event::Published(attempt, Ok(()))
            }
            (Effect::Publish(_), _) => Event::Published(attempt, Err(NotWritten)),
            (Effect::Withdraw(_), Answer::Removed) => {
                person.on_disk = None;
                Event::Withdrawn(attempt, Ok(()))
            }
            (Effect::Withdraw(_), _) => Event::Withdrawn(attempt, Err(NotWritten)),
        };
        self.fleet.handle(self.now, id, event);
        self.check(id);
    }

    fn outcome(&mut self, id: Id, answer: Answer) -> Outcome {
        let person = self.people.get_mut(&id).unwrap();
        match answer {
            Answer::Granted(key, sent, lifetime, refresh_after) => {
                self.tally.sessions += 1;
                let grant = Grant { lifetime, refresh_after };
                person.newest = Some((sent, grant));
                Outcome::Granted { key, sent, grant }
            }
            Answer::Refused(key, sent, class) => {
                let refusal = refusal(class);
                if let Refusal::Busy { retry_after } = refusal {
                    let told = retry_after.unwrap_or_default().min(Duration::from_secs(300));
                    self.quiet_until = self.quiet_until.max(self.now + told);
                    // Everyone waits for the host; the back-off of a refusal without a time is at most the longest retry.
                    self.shaken = self.shaken.max(self.now + told.max(person.policy.retry_max));
                }
                person.shaken = person.shaken.max(self.now);
                Outcome::Refused { key: Some(key), sent, refusal }
            }
            Answer::NoKey | Answer::Written(_) | Answer::NotWritten | Answer::Removed => Outcome::NoKey,
        }
    }

    /// The promises that can be looked at after any event of a credential.
    fn check(&mut self, id: Id) {
        let person = &self.people[&id];
        let renewal = self.fleet.get(id).unwrap();
        checks::health(renewal.health(self.now), person.on_disk, self.now);
        let has_good_key = person.file.is_some() && person.file == person.good_key;
        if self.server.mood != Mood::Healthy || self.disk_fails || !has_good_key {
            return;
        }
        let back = self.shaken.max(person.shaken).max(self.server.since);
        let grace = self.grace();
        if let Some(term) = renewal.held() {
            let lifetime = Some(term.grant.lifetime);
            if term.lives(back) {
                let recovered = back + soon(&person.policy, lifetime);
                checks::freshness(&person.policy, &term, recovered, grace, self.now);
            } else {
                checks::recovery(&person.policy, lifetime, back, grace, self.now);
            }
        }
    }

    /// What requests, writes and the queue for a place may take.
    fn grace(&self) -> Duration {
        let rounds = self.scale.credentials.div_ceil(self.scale.in_flight_max) as u32 + 1;
        TIMEOUT
            + (Duration::from_micros(self.server.latency_max) + Duration::from_millis(20)) * rounds
            + Duration::from_secs(30)
    }

    fn trouble(&mut self) {
        let id = self.anyone();
        match self.dice.u32(0..12) {
            0..=2 => {
                let mood = Mood::bad(&mut self.dice);
                self.set_mood(mood);
                let longest = [60, 3_600, 100_000][self.dice.usize(0..3)];
                let long = Duration::from_secs(self.dice.u64(1..longest));
                self.plan(self.now + long, Planned::MoodEnds);
            }
            3 => {
                self.disk_fails = true;
                let long = Duration::from_secs(self.dice.u64(1..20_000));
                self.plan(self.now + long, Planned::DiskHeals);
            }
            4 | 5 => self.rotate(id),
            6 => self.change_file(id, None),
            7 => {
                let key = self.people[&id].good_key;
                self.change_file(id, key);
            }
            8 => self.fleet.handle(self.now, id, Event::Nudged),
            9 => {
                let policy = self.policy();
                let person = self.people.get_mut(&id).unwrap();
                // The spacing of a credential stays: the check compares against one.
                person.policy = Policy { spacing: person.policy.spacing, ..policy };
                person.shaken = self.now;
                self.fleet.set_policy(self.now, id, person.policy);
            }
            10 => self.fleet.handle(self.now, id, Event::OutputsChanged),
            _ => {
                // The machine sleeps: time goes on and nothing happens. Answers that were under way come late.
                self.now = self.now + Duration::from_secs(self.dice.u64(1..200_000));
                self.shaken = self.now;
                self.say(format_args!("resumed"));
            }
        }
    }

    /// The key is rotated at the server; the file follows after up to two minutes, as with a kubelet.
    fn rotate(&mut self, id: Id) {
        let key = self.new_key();
        let lag = Duration::from_millis(self.dice.u64(0..120_000));
        self.people.get_mut(&id).unwrap().good_key = Some(key);
        self.plan(self.now + lag, Planned::FileChanges(id, Some(key)));
    }

    fn change_file(&mut self, id: Id, content: Option<Fingerprint>) {
        let person = self.people.get_mut(&id).unwrap();
        person.file = content;
        // Seen through inotify at once, or by the poll.
        let seen = self.now + Duration::from_millis(self.dice.u64(1..30_000));
        person.shaken = seen;
        self.plan(seen, Planned::SeeKey(id));
    }

    fn set_mood(&mut self, mood: Mood) {
        let before = self.server.mood;
        self.server.mood = mood;
        self.server.since = self.now;
        if before.may_hold() {
            // After the quiet, a process that knows nothing of the limit spreads its return over up to 150 s, and those
            // who wait behind it over a minute for each round of refusals.
            let spread = Duration::from_secs(150) + Duration::from_secs(60) * 2;
            self.shaken = self.shaken.max(self.quiet_until.max(self.now) + spread);
        }
        if before == Mood::Refusing(Refusal::Blocked) {
            self.shaken = self.shaken.max(self.now + Policy::default().denied_every);
        }
    }

    fn plan_trouble(&mut self) {
        let wait = self.scale.calm.mul_f64(self.dice.f64() * 2.0) + Duration::from_secs(1);
        self.plan(self.now + wait, Planned::Trouble);
    }

    fn plan(&mut self, at: Moment, planned: Planned) {
        self.ordinal += 1;
        self.queue.push(Reverse((at, self.ordinal, planned)));
    }

    fn anyone(&mut self) -> Id {
        let mut ids: Vec<_> = self.people.keys().copied().collect();
        ids.sort_unstable();
        ids[self.dice.usize(0..ids.len())]
    }

    fn new_key(&mut self) -> Fingerprint {
        Fingerprint::new(self.dice.u64(..).to_le_bytes())
    }

    fn say(&self, what: std::fmt::Arguments<'_>) {
        if self.trace {
            println!("{:>16.6} {what}", self.now.elapsed_since_boot().as_secs_f64());
        }
    }
}

/// What one world may cost; worlds with short lives are cut short.
const EXCHANGES_MAX: f64 = 60_000.0;

fn soon(policy: &Policy, lifetime: Option<Duration>) -> Duration {
    lifetime
        .map_or(Duration::from_secs(60), |lifetime| (lifetime / 10).min(Duration::from_secs(60)))
        .max(policy.spacing)
}

fn class(refusal: Refusal) -> Class {
    match refusal {
        Refusal::Denied => Class::Denied,
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
