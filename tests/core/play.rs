//! A fleet driven by hand: a test passes in events at given moments and checks the actions. Bare numbers are seconds since
//! boot.

use std::{num::NonZeroUsize, time::Duration};

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{
        Attempt, Effect, Event, ExchangeOutcome, Fleet, Grant, Health, Id, LastExchange, Moment, OriginId, Policy,
        Refusal, Share,
    },
};

/// A fleet without jitter, driven by hand.
pub(crate) struct Play {
    pub(crate) fleet: Fleet,
    pub(crate) now: Moment,
}

impl Play {
    pub(crate) fn new() -> Self {
        Self { fleet: Fleet::new(NonZeroUsize::new(8).unwrap(), 7), now: at(0.0) }
    }

    pub(crate) fn add(&mut self, policy: Policy) -> Id {
        self.fleet.add(OriginId::default(), policy, LastExchange::default())
    }

    pub(crate) fn with_key(&mut self, policy: Policy) -> Id {
        let id = self.add(policy);
        self.tell(id, Event::KeyAppeared(key(1)));
        id
    }

    /// Lets time pass until `seconds`; wakes on the way must cause no action.
    pub(crate) fn quiet_until(&mut self, seconds: f64) {
        while let Some(wake) = self.fleet.next_wake()
            && wake < at(seconds)
        {
            self.now = self.now.max(wake);
            self.fleet.wake(self.now);
            let effect = self.fleet.next_effect(self.now);
            assert_eq!(effect, None, "nothing was to happen before {seconds}, but at {:?} it did", self.now);
        }
        self.now = at(seconds);
    }

    pub(crate) fn go(&mut self, seconds: f64) {
        self.now = at(seconds);
    }

    pub(crate) fn tell(&mut self, id: Id, event: Event) {
        self.fleet.handle(self.now, id, event);
    }

    pub(crate) fn next(&mut self) -> Option<(Id, Effect)> {
        self.fleet.wake(self.now);
        self.fleet.next_effect(self.now)
    }

    pub(crate) fn asks(&mut self, id: Id) -> Attempt {
        match self.next() {
            Some((whose, Effect::Exchange(attempt))) if whose == id => attempt,
            other => panic!("expected an exchange of {id:?} at {:?}, got {other:?}", self.now),
        }
    }

    pub(crate) fn publishes(&mut self, id: Id) -> Attempt {
        match self.next() {
            Some((whose, Effect::Publish(attempt))) if whose == id => attempt,
            other => panic!("expected a publish of {id:?} at {:?}, got {other:?}", self.now),
        }
    }

    /// Asserts that the next exchange comes in that time; returns its credential.
    pub(crate) fn next_within(&mut self, earliest: f64, latest: f64) -> Id {
        self.now = self.now.max(at(earliest));
        loop {
            if let Some((id, Effect::Exchange(_))) = self.next() {
                assert!(self.now <= at(latest), "an exchange by {latest}, not at {:?}", self.now);
                return id;
            }
            self.now = self.fleet.next_wake().unwrap().max(self.now);
        }
    }

    pub(crate) fn rests(&mut self) {
        assert_eq!(self.next(), None, "nothing was to happen at {:?}", self.now);
    }

    pub(crate) fn granted(&mut self, id: Id, attempt: Attempt, with: Fingerprint, grant: Grant) {
        let outcome = ExchangeOutcome::Granted { key: with, sent: self.now, grant };
        self.tell(id, Event::Exchanged(attempt, outcome));
    }

    pub(crate) fn refused(&mut self, id: Id, attempt: Attempt, refusal: Refusal) {
        let outcome = ExchangeOutcome::Refused { key: Some(key(1)), sent: self.now, refusal };
        self.tell(id, Event::Exchanged(attempt, outcome));
    }

    /// Sends an exchange, grants it and publishes the token, all at this moment.
    pub(crate) fn renews(&mut self, id: Id, lifetime: u64) {
        let attempt = self.asks(id);
        self.granted(id, attempt, key(1), life(lifetime));
        let attempt = self.publishes(id);
        self.tell(id, Event::Published(attempt, Ok(())));
    }

    pub(crate) fn health(&self, id: Id) -> Health {
        self.fleet.get(id).unwrap().health(self.now)
    }
}

pub(crate) fn due(play: &Play, id: Id) -> f64 {
    play.fleet.get(id).unwrap().exchange_due().unwrap().elapsed_since_boot().as_secs_f64()
}

pub(crate) fn calm() -> Policy {
    Policy { jitter: Share::from_percent(0.0).unwrap(), ..Policy::default() }
}

pub(crate) fn life(seconds: u64) -> Grant {
    Grant { lifetime: Duration::from_secs(seconds), refresh_after: None }
}

pub(crate) fn key(number: u8) -> Fingerprint {
    Fingerprint::new([number; 8])
}

pub(crate) fn at(seconds: f64) -> Moment {
    Moment::since_boot(Duration::from_secs_f64(seconds))
}
