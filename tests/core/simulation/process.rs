//! The daemon's process as the world sees it: the real fleet on the boot clock of a machine that may reboot, and the state
//! files that one process leaves to the next.

use std::{collections::HashMap, num::NonZeroUsize, time::Duration};

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{Effect, Event, Fleet, Health, Id, LastExchange, Memory, Moment, OriginId, Policy, Renewal, Stamp, Term},
};

/// One run of the daemon. Its callers count time from the beginning of the world; the fleet counts it from the boot.
pub(crate) struct Process {
    fleet: Fleet,
    machine: Machine,
    ids: Vec<Id>,
    whose: HashMap<Id, usize>,
}

/// Where and when the process runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    pub(crate) boot: u128,
    pub(crate) booted: Moment,
    /// How far the wall clock is ahead of the world's time.
    pub(crate) wall: Duration,
}

impl Machine {
    pub(crate) fn stamp(&self, now: Moment) -> Stamp {
        Stamp { boot: self.boot, moment: self.moment(now), wall: now.elapsed_since_boot() + self.wall }
    }

    fn moment(&self, now: Moment) -> Moment {
        Moment::since_boot(now - self.booted)
    }

    fn world(&self, moment: Moment) -> Moment {
        self.booted + moment.elapsed_since_boot()
    }
}

impl Process {
    pub(crate) fn start(machine: Machine, in_flight_max: usize, seed: u64) -> Self {
        let in_flight_max = NonZeroUsize::new(in_flight_max).unwrap();
        Self { fleet: Fleet::new(in_flight_max, seed), machine, ids: Vec::new(), whose: HashMap::new() }
    }

    /// Adds the next credential, with the state that an earlier process left.
    pub(crate) fn join(&mut self, now: Moment, policy: Policy, memory: Option<&Memory>, intact: bool) {
        let id = self.fleet.add(OriginId::default(), policy, LastExchange::default());
        self.whose.insert(id, self.ids.len());
        self.ids.push(id);
        if let Some(memory) = memory {
            self.fleet.adopt(self.machine.stamp(now), id, memory, intact);
        }
    }

    /// Removes a credential from the configuration and adds it again.
    pub(crate) fn leave_and_return(&mut self, now: Moment, who: usize, policy: Policy) {
        let past = self.fleet.remove(self.machine.moment(now), self.ids[who]).unwrap();
        self.whose.remove(&self.ids[who]);
        self.ids[who] = self.fleet.add(OriginId::default(), policy, past);
        self.whose.insert(self.ids[who], who);
    }

    pub(crate) fn tell(&mut self, now: Moment, who: usize, event: Event) {
        self.fleet.handle(self.machine.moment(now), self.ids[who], event);
    }

    /// Compares the clocks, as the loop does before each event.
    pub(crate) fn compare_clocks(&mut self, now: Moment) {
        self.fleet.compare_clocks(self.machine.stamp(now));
    }

    pub(crate) fn set_policy(&mut self, now: Moment, who: usize, policy: Policy) {
        self.fleet.set_policy(self.machine.moment(now), self.ids[who], policy);
    }

    pub(crate) fn next_effect(&mut self, now: Moment) -> Option<(usize, Effect)> {
        let (id, effect) = self.fleet.next_effect(self.machine.moment(now))?;
        Some((self.whose[&id], effect))
    }

    pub(crate) fn wake(&mut self, now: Moment) {
        self.fleet.wake(self.machine.moment(now));
    }

    pub(crate) fn next_wake(&self) -> Option<Moment> {
        self.fleet.next_wake().map(|wake| self.machine.world(wake))
    }

    pub(crate) fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// The id of this incarnation of a credential; its answers carry it.
    pub(crate) fn incarnation(&self, who: usize) -> Id {
        self.ids[who]
    }

    pub(crate) fn health(&self, now: Moment, who: usize) -> Health {
        self.renewal(who).health(self.machine.moment(now))
    }

    pub(crate) fn refusals_of_last_class(&self, who: usize) -> u32 {
        self.renewal(who).refusals_of_last_class()
    }

    pub(crate) fn is_in_doubt(&self, now: Moment, who: usize) -> bool {
        self.renewal(who).doubt(self.machine.moment(now)).is_some()
    }

    pub(crate) fn serves(&self, now: Moment, who: usize) -> bool {
        self.renewal(who).serves(self.machine.moment(now))
    }

    /// The newest session, in the world's time.
    pub(crate) fn cooling_down(&self, now: Moment, who: usize) -> Option<Fingerprint> {
        self.renewal(who).cooling_down(self.moment(now))
    }

    pub(crate) fn held(&self, who: usize) -> Option<Term> {
        let world = |moment| self.machine.world(moment);
        self.renewal(who).held().map(|term| Term { sent: world(term.sent), renew: world(term.renew), ..term })
    }

    /// A moment in the fleet's time.
    pub(crate) fn moment(&self, now: Moment) -> Moment {
        self.machine.moment(now)
    }

    fn renewal(&self, who: usize) -> &Renewal {
        self.fleet.get(self.ids[who]).unwrap()
    }
}
