//! All renewals of a process: who wakes next, and who may ask the host.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    num::NonZeroUsize,
    time::Duration,
};

use super::{
    answer::Refusal,
    event::{Effect, Event, ExchangeOutcome},
    last_exchange::LastExchange,
    life::Renewal,
    memory::{Memory, Stamp},
    moment::Moment,
    pace::{self, Hold, Pace},
    policy::Policy,
    term::Term,
};

/// Every credential's renewal, the queue of wakes, and the admission of exchanges to the one host they all ask.
///
/// The shell feeds events with [`Fleet::handle`], calls [`Fleet::wake`] when [`Fleet::next_wake`] has come, and after
/// either takes effects with [`Fleet::next_effect`] until there are none. All of it is O(log n) in the credentials.
///
/// Invariant: a member is in `wakes` and in `waiting` exactly as its renewal's dues say; `reindex` is the only place that
/// changes either.
#[derive(Debug)]
pub struct Fleet {
    members: HashMap<Id, Member>,
    next_id: u64,
    wakes: BTreeSet<(Moment, Id, Wake)>,
    /// Whose exchange is due, in the order of admission.
    waiting: BTreeSet<(Rank, Id)>,
    effects: VecDeque<(Id, Effect)>,
    in_flight_max: usize,
    in_flight: usize,
    suspects_in_flight: usize,
    pace: Pace,
    rng: fastrand::Rng,
}

/// Which member; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Id(u64);

#[derive(Debug)]
struct Member {
    renewal: Renewal,
    exchange_wake: Option<Moment>,
    disk_task_wake: Option<Moment>,
    rank: Option<Rank>,
    /// The rank by which it was let go, which it keeps as long as the host is only busy.
    turn: Option<Rank>,
    flight: Option<Flight>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Wake {
    Exchange,
    DiskTask,
}

/// The order of admission: who timed out last time comes behind all others, then the nearest expiry comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Rank {
    suspect: bool,
    expires: Moment,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flight {
    Trusted,
    Suspect,
}

impl Fleet {
    /// No members yet. `seed` decides every chance.
    pub fn new(in_flight_max: NonZeroUsize, seed: u64) -> Self {
        Self {
            members: HashMap::new(),
            next_id: 0,
            wakes: BTreeSet::new(),
            waiting: BTreeSet::new(),
            effects: VecDeque::new(),
            in_flight_max: in_flight_max.get(),
            in_flight: 0,
            suspects_in_flight: 0,
            pace: Pace::new(),
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// Takes a credential in. `past` is what [`Fleet::remove`] gave for it, if it was here before.
    pub fn add(&mut self, policy: Policy, past: LastExchange) -> Id {
        let id = Id(self.next_id);
        self.next_id += 1;
        let renewal = Renewal::new(policy, past);
        self.members.insert(
            id,
            Member { renewal, exchange_wake: None, disk_task_wake: None, rank: None, turn: None, flight: None },
        );
        id
    }

    /// Takes over from an earlier process, before anything is told to a credential. `intact` says whether the files hold the
    /// remembered session as they should; if not, it is written again, which costs no request.
    pub fn adopt(&mut self, now: Stamp, id: Id, memory: &Memory, intact: bool) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let recollection = memory.recall(now, member.renewal.policy(), &mut self.rng);
        member.renewal.adopt(now.moment, &recollection, intact);
        self.pace.keep_quiet(recollection.quiet_until.unwrap_or_default());
        self.handle(now.moment, id, Event::DiskTaskDue);
    }

    /// Takes note of a session that another process has put into the outputs of a credential that stands by.
    pub fn observe(&mut self, now: Moment, id: Id, session: Option<Term>) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.renewal.observe(session);
        self.reindex(now, id);
    }

    /// Lets a credential go, with what keeps its spacing should it come back. Answers to what it had under way are
    /// ignored.
    pub fn remove(&mut self, now: Moment, id: Id) -> Option<LastExchange> {
        let member = self.members.remove(&id)?;
        if let Some(at) = member.exchange_wake {
            self.wakes.remove(&(at, id, Wake::Exchange));
        }
        if let Some(at) = member.disk_task_wake {
            self.wakes.remove(&(at, id, Wake::DiskTask));
        }
        if let Some(rank) = member.rank {
            self.waiting.remove(&(rank, id));
        }
        if let Some(flight) = member.flight {
            self.land(flight);
        }
        self.effects.retain(|(whose, _)| *whose != id);
        Some(member.renewal.past(now))
    }

    /// Tells a credential what happened. Unknown ids are those that were removed and are ignored.
    pub fn handle(&mut self, now: Moment, id: Id, event: Event) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let effect = member.renewal.step(now, event, &mut self.rng);
        let still_asking = matches!(member.renewal.under_way(), Some(Effect::Exchange(_)));
        if let Some(flight) = member.flight.take_if(|_| !still_asking) {
            let hold = Hold {
                quiet: member.renewal.exchange_plan() - now,
                waiting: self.waiting.len(),
                lifetime: member.renewal.held().map(|term| term.grant.lifetime),
            };
            if !matches!(event, Event::Exchanged(_, ExchangeOutcome::Refused { refusal: Refusal::Busy { .. }, .. })) {
                member.turn = None;
            }
            self.learn(now, event, hold);
            self.land(flight);
        }
        self.effects.extend(effect.map(|effect| (id, effect)));
        self.reindex(now, id);
    }

    /// Puts another policy in force for a credential.
    pub fn set_policy(&mut self, now: Moment, id: Id, policy: Policy) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.renewal.set_policy(now, policy, &mut self.rng);
        self.reindex(now, id);
    }

    /// Changes how many exchanges may be under way at once. Those that are stay.
    pub fn set_in_flight_max(&mut self, in_flight_max: NonZeroUsize) {
        self.in_flight_max = in_flight_max.get();
    }

    /// Another host is asked from here on: what was learnt of the old one's limits no longer holds.
    pub fn change_host(&mut self) {
        self.pace = Pace::new();
    }

    /// When to call [`Fleet::wake`].
    pub fn next_wake(&self) -> Option<Moment> {
        let due = self.wakes.first().map(|(at, ..)| *at);
        let admission = self.admissible().map(|_| self.pace.opens());
        [due, admission].into_iter().flatten().min()
    }

    /// Lets everything that is due happen. Answers with the members whose files were due for a write, a removal or an
    /// end.
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

    /// The next thing to do, if there is one.
    pub fn next_effect(&mut self, now: Moment) -> Option<(Id, Effect)> {
        if self.effects.is_empty() {
            self.admit(now);
        }
        self.effects.pop_front()
    }

    /// Before which nobody's exchange is admitted: the host wants quiet, or is not to be asked faster. A moment that has
    /// passed means that it is open.
    pub fn opens(&self) -> Moment {
        self.pace.opens()
    }

    /// Exchanges under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// One credential's renewal.
    pub fn get(&self, id: Id) -> Option<&Renewal> {
        self.members.get(&id).map(|member| &member.renewal)
    }

    /// Who would be admitted next if the host took requests.
    fn admissible(&self) -> Option<Id> {
        let (rank, id) = self.waiting.first()?;
        let suspects_max = (self.in_flight_max / 2).max(1);
        let free = self.in_flight < self.in_flight_max;
        (free && (!rank.suspect || self.suspects_in_flight < suspects_max)).then_some(*id)
    }

    fn admit(&mut self, now: Moment) {
        if now < self.pace.opens() {
            return;
        }
        let Some(id) = self.admissible() else { return };
        let Some(member) = self.members.get_mut(&id) else { return };
        let suspect = member.renewal.timed_out();
        member.turn = member.rank;
        if let Some(effect) = member.renewal.step(now, Event::Admitted, &mut self.rng) {
            member.flight = Some(if suspect { Flight::Suspect } else { Flight::Trusted });
            self.pace.admitted(now, self.waiting.len());
            self.in_flight += 1;
            self.suspects_in_flight += usize::from(suspect);
            self.effects.push_back((id, effect));
        }
        self.reindex(now, id);
    }

    /// What an answer tells of the host.
    fn learn(&mut self, now: Moment, event: Event, hold: Hold) {
        let Event::Exchanged(_, outcome) = event else { return };
        match outcome {
            ExchangeOutcome::Granted { .. } => self.pace.answered(now),
            ExchangeOutcome::Refused { refusal: Refusal::Busy { .. }, .. } => {
                self.pace.refused(now, hold, &mut self.rng);
            }
            ExchangeOutcome::Refused { refusal, .. } if pace::is_an_answer(refusal) => self.pace.answered(now),
            ExchangeOutcome::Refused { .. } | ExchangeOutcome::NoKey | ExchangeOutcome::CoolingDown(_) => {}
        }
    }

    fn land(&mut self, flight: Flight) {
        self.in_flight -= 1;
        self.suspects_in_flight -= usize::from(flight == Flight::Suspect);
    }

    /// Brings the queues in line with what a member's renewal says of itself.
    fn reindex(&mut self, now: Moment, id: Id) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let due = member.renewal.exchange_due();
        let rank = due
            .filter(|due| *due <= now)
            .map(|_| member.rank.or(member.turn).unwrap_or_else(|| rank(now, &member.renewal)));
        let exchange_wake = due.filter(|due| *due > now);
        let disk_task_wake = member.renewal.disk_task_due();
        if member.rank != rank {
            member.rank.map(|old| self.waiting.remove(&(old, id)));
            rank.map(|new| self.waiting.insert((new, id)));
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

/// A credential without a live token ranks as one that has [`PATIENCE`] left when it begins to wait: before those with
/// plenty left, behind those that work and are about to stop, and never starved, for a rank does not move.
fn rank(now: Moment, renewal: &Renewal) -> Rank {
    let expires = renewal.on_disk().filter(|term| term.is_valid_at(now)).map_or(now + PATIENCE, |term| term.expires());
    Rank { suspect: renewal.timed_out(), expires }
}

const PATIENCE: Duration = Duration::from_secs(60);
