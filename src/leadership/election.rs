//! One candidate.

use std::time::Duration;

use fastrand::Rng;

use super::{
    lease::{LeaseVersion, SeenLease, WantedLease},
    timing::{Timing, within_bounds},
};
use crate::renewal::Moment;

/// The state of one candidate. At most one call is in flight, and exactly one event answers each.
#[derive(Debug)]
pub struct Election {
    /// The candidate's name, which no other candidate and no earlier process has.
    identity: String,
    timing: Timing,
    view: View,
    flight: Option<Flight>,
    attempts: u64,
    tenures: u64,
    /// When the last call was sent.
    last_call: Option<Moment>,
    due: Moment,
    resignation: Resignation,
    rng: Rng,
}

/// What is known of the Lease.
#[derive(Debug)]
enum View {
    /// It was never seen.
    Unknown,
    /// There is none.
    Absent,
    /// Another candidate holds it, or it was released.
    Foreign {
        lease: SeenLease,
        /// When the reply came that showed this version first.
        since: Moment,
    },
    /// This candidate holds it.
    Held {
        tenure: Tenure,
        version: LeaseVersion,
        transitions: u32,
        /// When the newest write was sent that is known to be in force.
        confirmed: Moment,
        /// Whether a write may be in force whose answer was lost, so that the version must be read.
        is_uncertain: bool,
    },
}

#[derive(Debug)]
struct Flight {
    attempt: Attempt,
    sent: Moment,
    call: Call,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Call {
    Read,
    Claim { transitions: u32 },
    Renewal,
    Release,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Resignation {
    No,
    Requested,
    Done,
}

/// The ordinal of a call. An answer with another ordinal than the current call's is late, and is ignored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Attempt(pub u64);

/// The ordinal of a time in which this candidate leads. What was read in one tenure may be outdated in the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tenure(pub u64);

/// A call for the shell to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Read the Lease.
    Read(Attempt),
    /// Write the Lease.
    Write(Attempt, WantedLease),
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The moment of [`Election::next_wake`] has come.
    Woken,
    /// A call was answered.
    Answered(Attempt, Outcome),
    /// This process stops.
    Resigned,
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A read: the Lease, or that there is none.
    Seen(Option<SeenLease>),
    /// A write is in force, as this version.
    Written(LeaseVersion),
    /// A write was refused, because there is another version.
    Conflict,
    /// The call failed, and a write may be in force or not. The server asks for this much quiet, or for none.
    Failed {
        /// The quiet.
        quiet: Duration,
    },
}

/// The part that this candidate has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Role {
    /// It is not known who leads.
    Unknown,
    /// This candidate leads.
    Leads(Tenure),
    /// This candidate stands by; holds the name of the holder, if there is one.
    StandsBy(Option<String>),
}

impl Election {
    /// A candidate that has seen nothing. `identity` differs from that of every other process, also of an earlier one in the same pod.
    pub fn new(identity: String, timing: Timing, seed: u64) -> Self {
        Self {
            identity,
            timing,
            view: View::Unknown,
            flight: None,
            attempts: 0,
            tenures: 0,
            last_call: None,
            due: Moment::default(),
            resignation: Resignation::No,
            rng: Rng::with_seed(seed),
        }
    }

    /// Handles an event. Returns the call to make.
    pub fn step(&mut self, now: Moment, event: Event) -> Option<Effect> {
        match event {
            Event::Woken => {}
            Event::Resigned => self.resign(),
            Event::Answered(attempt, outcome) => {
                if let Some(flight) = self.flight.take_if(|flight| flight.attempt == attempt) {
                    self.answered(now, &flight, outcome);
                }
            }
        }
        self.next_call(now)
    }

    /// When to send [`Event::Woken`]; `None` while a call is in flight, or after the end.
    pub fn next_wake(&self) -> Option<Moment> {
        match (&self.flight, self.resignation) {
            (Some(_), _) | (None, Resignation::Done) => None,
            // Others wait for the release.
            (None, Resignation::Requested) => Some(Moment::default()),
            (None, Resignation::No) => {
                let next = self.expiry().map_or(self.due, |expiry| expiry.min(self.due));
                Some(self.last_call.map_or(next, |last| next.max(last + self.timing.spacing())))
            }
        }
    }

    /// Whether this candidate leads, and will still lead after `longest`: what takes no longer may be begun. A replica that stood
    /// still does not lead before it has renewed the Lease.
    pub fn leads_for(&self, now: Moment, longest: Duration) -> bool {
        self.leads_until().is_some_and(|until| now + longest < until)
    }

    /// The moment at which this candidate stops to lead unless the Lease is renewed before.
    pub fn leads_until(&self) -> Option<Moment> {
        match (&self.view, self.resignation) {
            (View::Held { confirmed, .. }, Resignation::No) => Some(*confirmed + self.timing.deadline()),
            (View::Unknown | View::Absent | View::Foreign { .. } | View::Held { .. }, _) => None,
        }
    }

    /// The part that this candidate has.
    pub fn role(&self, now: Moment) -> Role {
        match &self.view {
            View::Unknown => Role::Unknown,
            View::Foreign { lease, .. } => Role::StandsBy(lease.held_by().map(str::to_owned)),
            View::Held { tenure, .. } if self.leads_for(now, Duration::ZERO) => Role::Leads(*tenure),
            View::Absent | View::Held { .. } => Role::StandsBy(None),
        }
    }

    /// Whether the Lease is released, or was not held, or its release failed: after [`Event::Resigned`] nothing is left to do.
    pub fn has_resigned(&self) -> bool {
        self.resignation == Resignation::Done
    }

    fn resign(&mut self) {
        if self.resignation != Resignation::No {
            return;
        }
        let may_hold = matches!(self.view, View::Held { .. })
            || self.flight.as_ref().is_some_and(|flight| matches!(flight.call, Call::Claim { .. }));
        self.resignation = if may_hold { Resignation::Requested } else { Resignation::Done };
    }

    fn answered(&mut self, now: Moment, flight: &Flight, outcome: Outcome) {
        self.due = now + self.retry();
        match (flight.call, outcome) {
            (Call::Read, Outcome::Seen(seen)) => self.seen(now, seen),
            (Call::Claim { transitions }, Outcome::Written(version)) => {
                self.tenures += 1;
                let tenure = Tenure(self.tenures);
                self.view = View::Held { tenure, version, transitions, confirmed: flight.sent, is_uncertain: false };
            }
            (Call::Renewal, Outcome::Written(written)) => {
                if let View::Held { version, confirmed, is_uncertain, .. } = &mut self.view {
                    (*version, *confirmed, *is_uncertain) = (written, flight.sent, false);
                }
            }
            (Call::Release, _) => self.resignation = Resignation::Done,
            (Call::Claim { .. } | Call::Renewal, Outcome::Conflict) => {
                if let View::Held { is_uncertain, .. } = &mut self.view {
                    // It may be a write of this candidate whose answer was lost.
                    *is_uncertain = true;
                } else {
                    self.view = View::Unknown;
                }
                self.due = now;
            }
            (Call::Claim { .. } | Call::Renewal, Outcome::Failed { quiet }) => {
                match &mut self.view {
                    View::Held { is_uncertain, .. } => *is_uncertain = true,
                    View::Unknown | View::Absent | View::Foreign { .. } => self.view = View::Unknown,
                }
                self.keep_quiet(now, quiet);
            }
            (Call::Read, Outcome::Failed { quiet }) => self.keep_quiet(now, quiet),
            // The shell never answers so; the next call finds out.
            (Call::Read, Outcome::Written(_) | Outcome::Conflict)
            | (Call::Claim { .. } | Call::Renewal, Outcome::Seen(_)) => {}
        }
        if self.resignation == Resignation::Requested && !matches!(self.view, View::Held { .. }) {
            self.resignation = Resignation::Done;
        }
    }

    fn seen(&mut self, now: Moment, seen: Option<SeenLease>) {
        let Some(lease) = seen else {
            self.view = View::Absent;
            self.due = now;
            return;
        };
        let is_own = lease.held_by() == Some(&self.identity);
        match &mut self.view {
            // No other candidate has held it since: each write replaces the version before.
            View::Held { version, is_uncertain, .. } if is_own => {
                (*version, *is_uncertain) = (lease.version, false);
                self.due = now;
            }
            View::Foreign { lease: before, .. } if before.version == lease.version => {}
            View::Unknown | View::Absent | View::Foreign { .. } | View::Held { .. } => {
                if lease.held_by().is_none() || is_own {
                    self.due = now;
                }
                self.view = View::Foreign { lease, since: now };
            }
        }
    }

    /// Returns the call that is due.
    fn next_call(&mut self, now: Moment) -> Option<Effect> {
        if self.next_wake().is_none_or(|due| now < due) {
            return None;
        }
        self.attempts += 1;
        let attempt = Attempt(self.attempts);
        let (call, effect) = match (&self.view, self.resignation) {
            (View::Held { version, transitions, .. }, Resignation::Requested) => {
                let wanted = self.wanted(Some(version.clone()), None, *transitions, false);
                (Call::Release, Effect::Write(attempt, wanted))
            }
            (View::Held { version, transitions, is_uncertain: false, .. }, _) => {
                let wanted = self.wanted(Some(version.clone()), Some(&self.identity), *transitions, false);
                (Call::Renewal, Effect::Write(attempt, wanted))
            }
            (View::Absent, _) => {
                let wanted = self.wanted(None, Some(&self.identity), 0, true);
                (Call::Claim { transitions: 0 }, Effect::Write(attempt, wanted))
            }
            (View::Foreign { lease, .. }, _) if self.expiry().is_some_and(|expiry| expiry <= now) => {
                let transitions = lease.transitions.saturating_add(1);
                let wanted = self.wanted(Some(lease.version.clone()), Some(&self.identity), transitions, true);
                (Call::Claim { transitions }, Effect::Write(attempt, wanted))
            }
            (View::Unknown | View::Foreign { .. } | View::Held { .. }, _) => (Call::Read, Effect::Read(attempt)),
        };
        self.flight = Some(Flight { attempt, sent: now, call });
        self.last_call = Some(now);
        Some(effect)
    }

    /// When the Lease of another candidate may be taken: at once if it was released, or if it is of a claim whose answer was lost.
    fn expiry(&self) -> Option<Moment> {
        let View::Foreign { lease, since } = &self.view else { return None };
        match lease.held_by() {
            Some(holder) if holder != self.identity => Some(*since + within_bounds(lease.duration)),
            Some(_) | None => Some(*since),
        }
    }

    fn wanted(
        &self,
        replaces: Option<LeaseVersion>,
        holder: Option<&String>,
        transitions: u32,
        is_taken: bool,
    ) -> WantedLease {
        WantedLease { replaces, holder: holder.cloned(), duration: self.timing.duration(), transitions, is_taken }
    }

    fn keep_quiet(&mut self, now: Moment, quiet: Duration) {
        self.due = self.due.max(now + quiet.min(self.timing.duration()));
    }

    /// The time to the next call: a little less than [`Timing::retry`], so that candidates that began together spread.
    fn retry(&mut self) -> Duration {
        self.timing.retry().mul_f64(1.0 - JITTER * self.rng.f64())
    }
}

/// The part of [`Timing::retry`] by which a call may come earlier.
const JITTER: f64 = 0.2;
