//! What goes wrong: the server, the disk, the keys, the clocks, the machine, and what people do.

use std::time::Duration;

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{Effect, Event, Health, Memory, Moment, Policy, Refusal},
};

use crate::{
    process::{Machine, Process},
    server::Mood,
    world::{Person, Planned, RIGHT_WALL, World},
};

impl World {
    pub(crate) fn plan_trouble(&mut self) {
        let wait = self.scale.calm.mul_f64(self.rng.f64() * 2.0) + Duration::from_secs(1);
        self.plan(self.now + wait, Planned::Trouble);
    }

    pub(crate) fn trouble(&mut self) {
        let who = self.rng.usize(0..self.people.len());
        match self.rng.u32(0..19) {
            0..=2 => {
                let mood = Mood::bad(&mut self.rng);
                self.set_mood(mood);
                let end = self.now + self.a_while(&[60, 3_600, 100_000]);
                self.plan(end, Planned::MoodEnds);
            }
            3 => {
                self.disk_fails = true;
                let end = self.now + self.a_while(&[20_000]);
                self.plan(end, Planned::DiskHeals);
            }
            4 | 5 => self.rotate(who),
            6 => self.change_file(who, None),
            7 => {
                let key = self.people[who].good_key;
                self.change_file(who, key);
            }
            8 => {
                self.people[who].free_until = None;
                self.process.tell(self.now, who, Event::RenewRequested);
            }
            9 => self.change_policy(who),
            10 => {
                self.people[who].repairs.clear();
                self.process.tell(self.now, who, Event::OutputsChanged);
            }
            11 => self.leave_and_return(who),
            12 => self.set_wall_clock(),
            13 | 14 => self.restart(),
            17 => self.flap(who),
            15 | 16 => {
                // Once, or again and again.
                let for_so_long = self.a_while(&[1, 600]);
                self.people[who].vandal_until = self.now + for_so_long;
                self.plan(self.now, Planned::Vandal(who));
            }
            _ => {
                // The machine sleeps: time goes on and nothing happens. Answers that were under way come late.
                self.now = self.now + self.a_while(&[200_000]);
                self.shaken = self.now;
                self.say(format_args!("resumed"));
            }
        }
    }

    /// The key is rotated at the server; the file follows after up to two minutes, as with a kubelet.
    fn rotate(&mut self, who: usize) {
        let key = Some(self.new_key());
        let lag = Duration::from_millis(self.rng.u64(0..120_000));
        self.people[who].good_key = key;
        self.plan(self.now + lag, Planned::FileChanges(who, key));
    }

    /// Somebody writes another key and the old one by turns.
    fn flap(&mut self, who: usize) {
        let (old, other) = (self.people[who].file, Some(self.new_key()));
        for turn in 0..self.rng.u64(2..12) {
            let at = self.now + Duration::from_millis(turn * self.rng.u64(100..900));
            let content = if turn % 2 == 0 { other } else { old };
            self.plan(at, Planned::FileChanges(who, content));
        }
    }

    pub(crate) fn change_file(&mut self, who: usize, content: Option<Fingerprint>) {
        // Seen through inotify at once, or by the poll.
        let seen = self.now + Duration::from_millis(self.rng.u64(1..30_000));
        let person = &mut self.people[who];
        person.file = content;
        person.free_until = None;
        person.shaken = person.shaken.max(seen);
        self.plan(seen, Planned::SeeKey(who));
    }

    pub(crate) fn set_mood(&mut self, mood: Mood) {
        let before = self.server.mood;
        self.server.mood = mood;
        self.server.since = self.now;
        if before.may_hold() {
            // After the quiet, a process that knows nothing of the limit spreads its return over up to a minute, and those
            // who wait behind it over a minute for each round of refusals.
            let spread = Duration::from_secs(60) + Duration::from_secs(60) * 2;
            self.shaken = self.shaken.max(self.quiet_until.max(self.now) + spread);
        }
        if before == Mood::Refusing(Refusal::Blocked) {
            self.shaken = self.shaken.max(self.now + Policy::default().denied_every);
        }
    }

    fn change_policy(&mut self, who: usize) {
        let policy = self.policy();
        let person = &mut self.people[who];
        // The spacing of a credential stays: the check compares against one.
        person.policy = Policy { spacing: person.policy.spacing, ..policy };
        person.shaken = self.now;
        person.free_until = None;
        self.process.set_policy(self.now, who, person.policy);
    }

    fn leave_and_return(&mut self, who: usize) {
        let person = &mut self.people[who];
        if let Some(Effect::Exchange(_)) = person.under_way.take() {
            self.in_flight -= 1;
        }
        person.memory = None;
        person.remembered = None;
        // The new credential knows nothing of the files of the old one.
        person.on_disk = None;
        person.spoilt = None;
        person.repairs.clear();
        person.free_until = None;
        person.shaken = self.now;
        self.process.leave_and_return(self.now, who, person.policy);
        self.plan(self.now, Planned::SeeKey(who));
    }

    fn set_wall_clock(&mut self) {
        let by = self.a_while(&[10, 7_200, 31_536_000]);
        let machine = self.process.machine();
        machine.wall = if self.rng.bool() { machine.wall + by } else { machine.wall.saturating_sub(by) };
        // What was remembered by the old wall clock may be doubted at the next start.
        for person in &mut self.people {
            person.free_until = None;
        }
        self.say(format_args!("the wall clock is set by {by:?}"));
    }

    /// The process dies at any moment and another one starts: with its state files or without, in the same boot or not.
    fn restart(&mut self) {
        self.tally.restarts += 1;
        let state_lost = self.rng.u32(0..4) == 0;
        let reboot = self.rng.u32(0..4) == 0;
        self.now = self.now + self.a_while(&[2, 100, 50_000]);
        let mut machine = *self.process.machine();
        if reboot {
            machine.boot += 1;
            machine.booted = self.now.back(self.a_while(&[10, 1_000]));
            // A machine boots with a clock that is right or ahead; one that is behind nobody can notice.
            machine.wall = RIGHT_WALL + if self.rng.bool() { self.a_while(&[10, 100_000]) } else { Duration::ZERO };
        }
        self.say(format_args!("restart; state lost: {state_lost}, reboot: {reboot}"));
        let mut process = Process::start(machine, self.scale.in_flight_max, self.rng.u64(..));
        for who in 0..self.people.len() {
            let person = &mut self.people[who];
            // A write that was under way may have come to its end.
            person.under_way = None;
            // What was spoilt is found to be so at the first look.
            let spoilt = person.spoilt.take().is_some();
            person.repairs.clear();
            if spoilt {
                person.on_disk = None;
            }
            if state_lost {
                person.memory = None;
                person.remembered = None;
            }
            if state_lost || reboot {
                person.last_request = None;
            }
            let intact = person.on_disk.is_some() && person.on_disk == person.remembered;
            let memory = person.memory.map(|memory| Memory { written: memory.written.filter(|_| intact), ..memory });
            person.hearsay = person.remembered.filter(|_| intact);
            person.newest = person.hearsay;
            // Somebody may have changed the file's mode: it is written again, without a request.
            let drifted = intact && self.rng.u32(0..8) == 0;
            if !intact {
                // The process knows nothing of the file until it writes one.
                person.on_disk = None;
            }
            person.free_until =
                memory.and_then(|memory| free_until(person, &memory, &machine)).filter(|due| *due > self.now);
            self.tally.adopted += u64::from(person.free_until.is_some());
            // A renewal that fell due meanwhile is spread over a tenth of the session's life.
            let overdue = person.newest.map_or(Duration::ZERO, |session| session.grant.lifetime / 10);
            person.shaken = self.now + overdue;
            process.join(self.now, person.policy, memory.as_ref(), intact && !drifted);
            if drifted && process.health(self.now, who) != Health::Expired {
                // It counts when it is written again, or when it has ended and is to be removed.
                person.on_disk = None;
            }
            // What was taken over is remembered by the clocks of this boot from here on.
            if let (Some(memory), Some(term)) = (&mut person.memory, process.held(who))
                && let Some(written) = &mut memory.written
                && written.sent.boot != machine.boot
            {
                written.sent = machine.stamp(term.sent);
                written.grant = term.grant;
                written.renew_after = term.renew - term.sent;
            }
        }
        self.process = process;
        self.in_flight = 0;
        self.quiet_until =
            self.quiet_until.min(if state_lost || reboot { Moment::default() } else { self.quiet_until });
        self.shaken = self.now + Duration::from_secs(60);
        for who in 0..self.people.len() {
            self.plan(self.now, Planned::SeeKey(who));
        }
    }

    /// Some time up to one of these bounds in seconds.
    fn a_while(&mut self, bounds: &[u64]) -> Duration {
        let bound = bounds[self.rng.usize(0..bounds.len())];
        Duration::from_millis(self.rng.u64(1..bound * 1000))
    }
}

/// Until when a token that is taken over needs no request: until it was due, if it is of the key in the file and both clocks
/// say of its age what they said before.
fn free_until(person: &Person, memory: &Memory, machine: &Machine) -> Option<Moment> {
    let (session, written) = (person.on_disk?, memory.written?);
    let same_key = person.file == Some(written.key) && memory.asked.key == written.key;
    let same_wall = machine.stamp(session.sent).wall == written.sent.wall;
    let right_wall = machine.boot == written.sent.boot || machine.wall == RIGHT_WALL;
    let renew_after = written.renew_after.min(person.policy.renew_at.of(session.grant.lifetime));
    (person.first_hand && same_key && same_wall && right_wall).then(|| session.sent + renew_after)
}
