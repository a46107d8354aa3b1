//! Faults and changes: of the server, the disk, the keys, the clocks and the machine, and actions of people.

use std::time::Duration;

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{Effect, Event, Health, Memory, Moment, Policy, Refusal, RefusalClass},
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
        match self.rng.u32(0..21) {
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
                self.people[who].denied_for_good = None;
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
            // The kubelet replaces a service-account token, which costs no request where a token is good.
            18 => {
                self.people[who].denied_for_good = None;
                self.process.tell(self.now, who, Event::SecretReplaced);
            }
            20 => self.stand_still(),
            15 | 16 => {
                // The fault occurs once or repeatedly.
                let for_so_long = self.a_while(&[1, 600]);
                self.people[who].vandal_until = self.now + for_so_long;
                self.plan(self.now, Planned::Vandal(who));
            }
            _ => {
                // The machine sleeps: time passes without events. Answers that were in flight come late.
                self.now = self.now + self.a_while(&[200_000]);
                self.shaken = self.now;
                self.say(format_args!("resumed"));
            }
        }
    }

    /// The key is rotated at the server; the file follows up to two minutes later, as with a kubelet.
    fn rotate(&mut self, who: usize) {
        let key = Some(self.new_key());
        let lag = Duration::from_millis(self.rng.u64(0..120_000));
        self.people[who].good_key = key;
        self.plan(self.now + lag, Planned::FileChanges(who, key));
    }

    /// A person writes another key and the old one alternately.
    fn flap(&mut self, who: usize) {
        let (old, other) = (self.people[who].file, Some(self.new_key()));
        for turn in 0..self.rng.u64(2..12) {
            let at = self.now + Duration::from_millis(turn * self.rng.u64(100..900));
            let content = if turn % 2 == 0 { other } else { old };
            self.plan(at, Planned::FileChanges(who, content));
        }
    }

    pub(crate) fn change_file(&mut self, who: usize, content: Option<Fingerprint>) {
        // inotify reports the change at once, or the poll finds it.
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
            // After the quiet, a process that knows nothing of the limit spreads its return over up to a minute, and the
            // exchanges that wait behind it over a minute for each round of refusals.
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
        // The spacing of a credential does not change, because the check compares with a single value.
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
        person.denied_for_good = None;
        person.row = None;
        // The new credential knows nothing of the old one's files.
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
        // The next start may reject times that were recorded with the old wall clock.
        for person in &mut self.people {
            person.free_until = None;
            person.shaken = self.now;
        }
        self.say(format_args!("the wall clock is set by {by:?}"));
        // The kernel reports it.
        self.process.compare_clocks(self.now);
    }

    /// A virtual machine is paused, or restored from a snapshot: both of its clocks stand still, and the wall clock is set
    /// right at once. Requests and writes in flight come to their end afterwards.
    fn stand_still(&mut self) {
        let paused = self.a_while(&[10, 7_200, 1_000_000]);
        self.now = self.now + paused;
        self.shaken = self.now + Duration::from_secs(60);
        self.quiet_until = self.quiet_until + paused;
        self.process.machine().booted = self.process.machine().booted + paused;
        self.standstills += 1;
        for person in &mut self.people {
            person.free_until = None;
            person.shaken = self.now + person.newest.map_or(Duration::ZERO, |session| session.grant.lifetime / 10);
        }
        self.say(format_args!("the machine stood still for {paused:?}"));
        self.process.compare_clocks(self.now);
    }

    /// The process dies at any moment and another one starts: with or without its state files, in the same boot or a new
    /// one.
    fn restart(&mut self) {
        self.tally.restarts += 1;
        let state_lost = self.rng.u32(0..4) == 0;
        let reboot = self.rng.u32(0..4) == 0;
        self.now = self.now + self.a_while(&[2, 100, 50_000]);
        let mut machine = *self.process.machine();
        if reboot {
            machine.boot += 1;
            machine.booted = self.now.back(self.a_while(&[10, 1_000]));
            // A machine boots with a clock that is correct or ahead; a clock that is behind cannot be detected.
            machine.wall = RIGHT_WALL + if self.rng.bool() { self.a_while(&[10, 100_000]) } else { Duration::ZERO };
        }
        self.say(format_args!("restart; state lost: {state_lost}, reboot: {reboot}"));
        let mut process = Process::start(machine, self.scale.in_flight_max, self.rng.u64(..));
        for who in 0..self.people.len() {
            let person = &mut self.people[who];
            // A write in progress may have completed.
            person.under_way = None;
            // The first scan finds the altered files.
            let spoilt = person.spoilt.take().is_some();
            person.repairs.clear();
            if spoilt {
                person.on_disk = None;
            }
            if state_lost {
                person.memory = None;
                person.remembered = None;
                person.denied_for_good = None;
            }
            if state_lost || reboot {
                person.last_request = None;
            }
            let intact = person.on_disk.is_some() && person.on_disk == person.remembered;
            let memory = person.memory.map(|memory| Memory { written: memory.written.filter(|_| intact), ..memory });
            person.hearsay = person.remembered.filter(|_| intact);
            person.newest = person.hearsay;
            // The file's mode may have been changed: the file is written again without a request.
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
            // Of the refusals before, the next process knows only one that lasts.
            let lasts = memory.is_some_and(|memory| memory.asked.answer.is_some_and(|answer| answer.awaits_change));
            person.row = lasts.then_some((RefusalClass::Denied, 1));
            process.join(self.now, person.policy, memory.as_ref(), intact && !drifted);
            if drifted && process.health(self.now, who) != Health::Expired {
                // The file counts again when it is rewritten, or when the token has expired and the file must be removed.
                person.on_disk = None;
            }
            // From here on, adopted sessions are recorded with the clocks of this boot.
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

    /// A random time up to one of these bounds in seconds.
    fn a_while(&mut self, bounds: &[u64]) -> Duration {
        let bound = bounds[self.rng.usize(0..bounds.len())];
        Duration::from_millis(self.rng.u64(1..bound * 1000))
    }
}

/// The moment until which an adopted token needs no request: its due time, if it belongs to the key in the file and both
/// clocks agree on its age.
fn free_until(person: &Person, memory: &Memory, machine: &Machine) -> Option<Moment> {
    let (session, written) = (person.on_disk?, memory.written?);
    let same_key = person.file == Some(written.key) && memory.asked.key == written.key;
    let same_wall = machine.stamp(session.sent).wall == written.sent.wall;
    let right_wall = machine.boot == written.sent.boot || machine.wall == RIGHT_WALL;
    let renew_after = written.renew_after.min(person.policy.renew_at.of(session.grant.lifetime));
    (person.first_hand && same_key && same_wall && right_wall).then(|| session.sent + renew_after)
}
