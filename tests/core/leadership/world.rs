//! A simulated API server with one Lease, and the network to it.

use std::time::Duration;

use fastrand::Rng;
use tokenwell::leadership::{Effect, LeaseVersion, Outcome, SeenLease, WantedLease};

/// The server's Lease.
#[derive(Default)]
pub(crate) struct Server {
    lease: Option<SeenLease>,
    writes: u64,
}

/// What the network does to one call: when it arrives and when its answer does, if they do.
pub(crate) struct Passage {
    pub(crate) request: Option<Duration>,
    pub(crate) reply: Option<Duration>,
}

impl Server {
    pub(crate) fn answer(&mut self, effect: &Effect) -> Outcome {
        match effect {
            Effect::Read(_) => Outcome::Seen(self.lease.clone()),
            Effect::Write(_, wanted) => self.write(wanted),
        }
    }

    fn write(&mut self, wanted: &WantedLease) -> Outcome {
        if self.lease.as_ref().map(|lease| &lease.version) != wanted.replaces.as_ref() {
            return Outcome::Conflict;
        }
        self.writes += 1;
        let version = LeaseVersion(self.writes.to_string());
        self.lease = Some(SeenLease {
            version: version.clone(),
            holder: wanted.holder.clone(),
            duration: wanted.duration,
            transitions: wanted.transitions,
        });
        Outcome::Written(version)
    }

    /// Somebody deletes the Lease.
    pub(crate) fn delete(&mut self) {
        self.lease = None;
    }

    pub(crate) fn is_held(&self) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.held_by().is_some())
    }
}

impl Passage {
    /// A call in good or bad weather.
    pub(crate) fn draw(rng: &mut Rng, is_bad: bool) -> Self {
        let mut leg = |slow: u64| {
            let is_lost = is_bad && rng.u8(..100) < 40;
            let milliseconds = 1 + rng.u64(..if is_bad { slow } else { 50 });
            (!is_lost).then(|| Duration::from_millis(milliseconds))
        };
        let (request, reply) = (leg(6_000), leg(6_000));
        Self { request, reply }
    }
}
