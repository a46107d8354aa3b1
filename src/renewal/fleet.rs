//! All renewals of a process: which one wakes next, and which one may send a request to its host.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    num::NonZeroUsize,
    time::Duration,
};

use super::{
    answer::Refusal,
    event::{Effect, Event, ExchangeOutcome},
    last_exchange::LastExchange,
    life::Renewal,
    memory::Memory,
    moment::Moment,
    origin::{Id, OriginId, OriginState, Rank},
    pace::{Hold, Pace, is_an_answer},
    policy::Policy,
    stamp::Stamp,
    term::Term,
};

/// Every credential's renewal, the queue of wake-ups, and the admission of exchanges per host.
///
/// The shell feeds events with [`Fleet::handle`], calls [`Fleet::wake`] when [`Fleet::next_wake`] has come, and after
/// either takes effects with [`Fleet::next_effect`] until there are none. All of it is O(log n) in the credentials, and
/// linear in the origins, which are few.
///
/// A host delays only its own credentials: pace and quiet time are kept per origin. All origins share the places in
/// flight, and an origin that hangs cannot take them from another: see [`Fleet::has_place_for`].
///
/// Invariant: a member is in `wakes` and in `waiting` exactly as its renewal's dues say; `reindex` is the only place that
/// changes either.
#[derive(Debug)]
pub struct Fleet {
    /// Boxed, because the map has up to twice as many places as members.
    members: HashMap<Id, Box<Member>>,
    next_id: u64,
    wakes: BTreeSet<(Moment, Id, Wake)>,
    origins: BTreeMap<OriginId, OriginState>,
    effects: VecDeque<(Id, Effect)>,
    /// The members that were stepped and not taken by [`Fleet::next_changed`] since.
    changed: BTreeSet<Id>,
    in_flight_max: usize,
    in_flight: usize,
    suspects_in_flight: usize,
    /// Both clocks when they were compared last.
    clocks: Option<Stamp>,
    rng: fastrand::Rng,
}

#[derive(Debug)]
struct Member {
    renewal: Renewal,
    origin: OriginId,
    exchange_wake: Option<Moment>,
    disk_task_wake: Option<Moment>,
    rank: Option<Rank>,
    /// The rank at its admission. The member keeps it while the host is busy.
    turn: Option<Rank>,
    flight: Option<Flight>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Wake {
    Exchange,
    DiskTask,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flight {
    Trusted,
    Suspect,
}

impl Fleet {
    /// An empty fleet. `seed` seeds all randomness.
    pub fn new(in_flight_max: NonZeroUsize, seed: u64) -> Self {
        Self {
            members: HashMap::new(),
            next_id: 0,
            wakes: BTreeSet::new(),
            origins: BTreeMap::new(),
            effects: VecDeque::new(),
            changed: BTreeSet::new(),
            in_flight_max: in_flight_max.get(),
            in_flight: 0,
            suspects_in_flight: 0,
            clocks: None,
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// Adds a credential of `origin`. `past` is what [`Fleet::remove`] returned for it, if it was here before.
    pub fn add(&mut self, origin: OriginId, policy: Policy, past: LastExchange) -> Id {
        let id = Id(self.next_id);
        self.next_id += 1;
        let mut renewal = Renewal::new(policy, past);
        renewal.begin_clocks(self.clocks.unwrap_or_default());
        self.members.insert(
            id,
            Box::new(Member {
                renewal,
                origin,
                exchange_wake: None,
                disk_task_wake: None,
                rank: None,
                turn: None,
                flight: None,
            }),
        );
        self.origin(origin).members += 1;
        self.changed.insert(id);
        id
    }

    /// Takes over from an earlier process, before a credential handles any event. `intact` says whether the files hold
    /// the remembered session unchanged; if not, it is written again, which costs no request.
    pub fn adopt(&mut self, now: Stamp, id: Id, memory: &Memory, intact: bool) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let recollection = memory.recall(now, member.renewal.policy(), &mut self.rng);
        member.renewal.adopt(now.moment, &recollection, intact);
        let origin = member.origin;
        self.origin(origin).pace.keep_quiet(recollection.quiet_until.unwrap_or_default());
        self.handle(now.moment, id, Event::DiskTaskDue);
    }

    /// Compares the two clocks: at each wake, and when the wall clock was set. Returns whether they have moved against each
    /// other since the last comparison, by more than a second. Then the age of every session is judged anew, as by
    /// [`Fleet::adopt`].
    pub fn compare_clocks(&mut self, now: Stamp) -> bool {
        let Some(before) = self.clocks else {
            self.clocks = Some(now);
            self.members.values_mut().for_each(|member| member.renewal.begin_clocks(now));
            return false;
        };
        if !before.differs_from(now) {
            return false;
        }
        self.clocks = Some(now);
        let mut ids: Vec<_> = self.members.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            self.handle(now.moment, id, Event::ClocksMoved(now));
        }
        true
    }

    /// Records a session that another process has written into the outputs of a credential that stands by.
    pub fn observe(&mut self, now: Moment, id: Id, session: Option<Term>) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.renewal.observe(session);
        self.reindex(now, id);
    }

    /// Removes a credential and returns what keeps its spacing if it comes back. Answers to its running effects are
    /// ignored.
    pub fn remove(&mut self, now: Moment, id: Id) -> Option<LastExchange> {
        let member = self.members.remove(&id)?;
        self.changed.insert(id);
        if let Some(at) = member.exchange_wake {
            self.wakes.remove(&(at, id, Wake::Exchange));
        }
        if let Some(at) = member.disk_task_wake {
            self.wakes.remove(&(at, id, Wake::DiskTask));
        }
        let origin = self.origin(member.origin);
        origin.members -= 1;
        if let Some(rank) = member.rank {
            origin.waiting.remove(&(rank, id));
        }
        if let Some(flight) = member.flight {
            self.land(member.origin, flight);
        }
        self.effects.retain(|(whose, _)| *whose != id);
        Some(member.renewal.past(now))
    }

    /// Passes an event to a credential. Unknown ids belong to removed credentials and are ignored.
    pub fn handle(&mut self, now: Moment, id: Id, event: Event) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let effect = member.renewal.step(now, event, &mut self.rng);
        let still_asking = matches!(member.renewal.under_way(), Some(Effect::Exchange(_)));
        if let Some(flight) = member.flight.take_if(|_| !still_asking) {
            let hold = Hold {
                quiet: member.renewal.exchange_plan().map_or(Duration::ZERO, |plan| plan - now),
                waiting: self.origins.get(&member.origin).map_or(0, |origin| origin.waiting.len()),
                lifetime: member.renewal.held().map(|term| term.grant.lifetime),
            };
            if !matches!(event, Event::Exchanged(_, ExchangeOutcome::Refused { refusal: Refusal::Busy { .. }, .. })) {
                member.turn = None;
            }
            let origin = member.origin;
            self.learn(now, origin, event, hold);
            self.land(origin, flight);
        }
        self.effects.extend(effect.map(|effect| (id, effect)));
        self.reindex(now, id);
    }

    /// Replaces the policy of a credential.
    pub fn set_policy(&mut self, now: Moment, id: Id, policy: Policy) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.renewal.set_policy(now, policy, &mut self.rng);
        self.reindex(now, id);
    }

    /// Moves a credential to another origin. An exchange that is in flight stays counted there until it ends.
    pub fn move_to(&mut self, now: Moment, id: Id, origin: OriginId) {
        let Some(member) = self.members.get_mut(&id).filter(|member| member.origin != origin) else { return };
        let before = member.origin;
        member.origin = origin;
        let rank = member.rank.take();
        member.turn = None;
        let in_flight = usize::from(member.flight.is_some());
        let left = self.origin(before);
        left.members -= 1;
        left.in_flight -= in_flight;
        if let Some(rank) = rank {
            left.waiting.remove(&(rank, id));
        }
        let joined = self.origin(origin);
        joined.members += 1;
        joined.in_flight += in_flight;
        self.reindex(now, id);
    }

    /// Changes how many exchanges may be in flight at once. Those in flight continue.
    pub fn set_in_flight_max(&mut self, in_flight_max: NonZeroUsize) {
        self.in_flight_max = in_flight_max.get();
    }

    /// Resets an origin whose host has changed: limits learnt from the old host no longer apply.
    pub fn change_host(&mut self, origin: OriginId) {
        self.origin(origin).pace = Pace::new();
    }

    /// When to call [`Fleet::wake`].
    pub fn next_wake(&self) -> Option<Moment> {
        let due = self.wakes.first().map(|(at, ..)| *at);
        let admission = self.origins.values().filter(|origin| self.next_of(origin).is_some());
        [due, admission.map(|origin| origin.pace.opens()).min()].into_iter().flatten().min()
    }

    /// Handles everything that is due. Returns the members whose files were due for a write, a removal or an expiry.
    pub fn wake(&mut self, now: Moment) -> Vec<Id> {
        let mut woken = Vec::new();
        while let Some((at, id, wake)) = self.wakes.first().copied()
            && at <= now
        {
            match wake {
                Wake::Exchange => self.reindex(now, id),
                Wake::DiskTask => {
                    self.handle(now, id, Event::DiskTaskDue);
                    woken.push(id);
                }
            }
        }
        woken
    }

    /// The next effect, if there is one.
    pub fn next_effect(&mut self, now: Moment) -> Option<(Id, Effect)> {
        if self.effects.is_empty() {
            self.admit(now);
        }
        self.effects.pop_front()
    }

    /// No exchange of this credential is admitted before this moment: its host asked for quiet, or is paced. A moment
    /// in the past means that the host is open.
    pub fn opens(&self, id: Id) -> Moment {
        let origin = self.members.get(&id).and_then(|member| self.origins.get(&member.origin));
        origin.map(|origin| origin.pace.opens()).unwrap_or_default()
    }

    /// The origin that a credential sends its requests to.
    pub fn origin_of(&self, id: Id) -> Option<OriginId> {
        self.members.get(&id).map(|member| member.origin)
    }

    /// Takes one of the members whose renewals may have changed, removed ones included.
    pub fn next_changed(&mut self) -> Option<Id> {
        self.changed.pop_first()
    }

    /// The number of exchanges in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// One credential's renewal.
    pub fn get(&self, id: Id) -> Option<&Renewal> {
        self.members.get(&id).map(|member| &member.renewal)
    }

    /// The member that is admitted next: the first in rank among all origins that take requests now.
    fn admissible(&self, now: Moment) -> Option<Id> {
        let open = self.origins.values().filter(|origin| origin.pace.opens() <= now);
        open.filter_map(|origin| self.next_of(origin)).min().map(|(_, id)| id)
    }

    /// The member of an origin that is admitted next once its host takes requests; `None` if there is no place for it.
    fn next_of(&self, origin: &OriginState) -> Option<(Rank, Id)> {
        origin.waiting.first().filter(|(rank, _)| self.has_place_for(origin, *rank)).copied()
    }

    /// Whether an exchange with this origin may begin. An origin that has a place leaves a free one to every origin
    /// that has none, so hanging exchanges of one host delay no other host. With fewer places than hosts, it waits
    /// until the others have had theirs. Exchanges that timed out last time get half of the places, and at least one
    /// per origin.
    fn has_place_for(&self, origin: &OriginState, rank: Rank) -> bool {
        let suspects_max = (self.in_flight_max / 2).max(1);
        let free = self.in_flight < self.in_flight_max;
        let is_first = origin.in_flight == 0;
        let owed = self.origins.values().filter(|other| other.is_owed_a_place()).count();
        let leaves_enough = is_first || self.in_flight + owed < self.in_flight_max;
        free && leaves_enough && (!rank.suspect || is_first || self.suspects_in_flight < suspects_max)
    }

    fn admit(&mut self, now: Moment) {
        let Some(id) = self.admissible(now) else { return };
        let Some(member) = self.members.get_mut(&id) else { return };
        let suspect = member.renewal.timed_out();
        member.turn = member.rank;
        if let Some(effect) = member.renewal.step(now, Event::Admitted, &mut self.rng) {
            member.flight = Some(if suspect { Flight::Suspect } else { Flight::Trusted });
            let origin = member.origin;
            let origin = self.origin(origin);
            origin.pace.admitted(now, origin.waiting.len());
            origin.in_flight += 1;
            self.in_flight += 1;
            self.suspects_in_flight += usize::from(suspect);
            self.effects.push_back((id, effect));
        }
        self.reindex(now, id);
    }

    fn origin(&mut self, origin: OriginId) -> &mut OriginState {
        self.origins.entry(origin).or_insert_with(OriginState::new)
    }

    /// Updates the pace of the host from an answer.
    fn learn(&mut self, now: Moment, origin: OriginId, event: Event, hold: Hold) {
        let Event::Exchanged(_, outcome) = event else { return };
        let Self { origins, rng, .. } = self;
        let pace = &mut origins.entry(origin).or_insert_with(OriginState::new).pace;
        match outcome {
            ExchangeOutcome::Granted { .. } => pace.answered(now),
            ExchangeOutcome::Refused { refusal: Refusal::Busy { .. }, .. } => {
                pace.refused(now, hold, rng);
            }
            ExchangeOutcome::Refused { refusal, .. } if is_an_answer(refusal) => pace.answered(now),
            ExchangeOutcome::Refused { .. } | ExchangeOutcome::NoKey | ExchangeOutcome::CoolingDown(_) => {}
        }
    }

    fn land(&mut self, origin: OriginId, flight: Flight) {
        self.origin(origin).in_flight -= 1;
        self.in_flight -= 1;
        self.suspects_in_flight -= usize::from(flight == Flight::Suspect);
    }

    /// Updates the queues from the due times of a member's renewal.
    fn reindex(&mut self, now: Moment, id: Id) {
        let Some(member) = self.members.get_mut(&id) else { return };
        self.changed.insert(id);
        let due = member.renewal.exchange_due();
        let rank = due
            .filter(|due| *due <= now)
            .map(|_| member.rank.or(member.turn).unwrap_or_else(|| rank(now, &member.renewal)));
        let exchange_wake = due.filter(|due| *due > now);
        let disk_task_wake = member.renewal.disk_task_due();
        if member.rank != rank {
            let waiting = &mut self.origins.entry(member.origin).or_insert_with(OriginState::new).waiting;
            member.rank.map(|old| waiting.remove(&(old, id)));
            rank.map(|new| waiting.insert((new, id)));
            member.rank = rank;
        }
        for (wake, old, new) in [
            (Wake::Exchange, &mut member.exchange_wake, exchange_wake),
            (Wake::DiskTask, &mut member.disk_task_wake, disk_task_wake),
        ] {
            if *old != new {
                old.map(|at| self.wakes.remove(&(at, id, wake)));
                new.map(|at| self.wakes.insert((at, id, wake)));
                *old = new;
            }
        }
    }
}

/// A credential without a live token ranks as one that had [`PATIENCE`] left when it began to wait: before those with
/// plenty left, behind those whose token is about to expire. It never starves, because a rank does not change.
fn rank(now: Moment, renewal: &Renewal) -> Rank {
    let expires = renewal.on_disk().filter(|term| term.is_valid_at(now)).map_or(now + PATIENCE, |term| term.expires());
    Rank { suspect: renewal.timed_out(), expires }
}

const PATIENCE: Duration = Duration::from_secs(60);
