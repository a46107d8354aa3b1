//! What others may ask of a renewal: its due moments, its health, its sessions.

use super::{Claim, Renewal, Stage};
use crate::{
    fingerprint::Fingerprint,
    renewal::{
        event::{Effect, Health},
        last_exchange::LastExchange,
        moment::Moment,
        stamp::ClocksDisagree,
        term::Term,
    },
};

impl Renewal {
    /// When the next exchange is due. A moment in the past means that it waits for admission; `None` while another
    /// process writes the outputs.
    pub fn exchange_due(&self) -> Option<Moment> {
        match (self.stage, self.claim) {
            (Stage::Idle, Claim::Held) => self.exchange_planned(),
            (Stage::Idle, Claim::Lost)
            | (Stage::Exchanging { .. } | Stage::Publishing { .. } | Stage::Withdrawing { .. }, _) => None,
        }
    }

    /// The key of the last exchange while its spacing lasts. An exchange that begins then is for another key. If the
    /// file has changed back by the time it is read, nothing is sent.
    pub fn cooling_down(&self, now: Moment) -> Option<Fingerprint> {
        self.past.key.filter(|_| now < self.floor(self.policy.spacing))
    }

    /// When the next exchange is planned, regardless of running effects; `None` without a key, or while a denial lasts until
    /// the key changes.
    pub fn exchange_planned(&self) -> Option<Moment> {
        let key = self.key?;
        let is_known = self.past.key == Some(key);
        if is_known { self.exchange_plan() } else { Some(self.floor(self.policy.spacing_of_a_changed_key())) }
    }

    /// When [`Event::DiskTaskDue`](crate::renewal::Event::DiskTaskDue) is due: a write to try again, or files to remove.
    pub fn disk_task_due(&self) -> Option<Moment> {
        match (self.stage, self.claim) {
            (Stage::Idle, Claim::Held) => self.delivery.due(self.policy.on_expiry),
            (Stage::Idle, Claim::Lost)
            | (Stage::Exchanging { .. } | Stage::Publishing { .. } | Stage::Withdrawing { .. }, _) => None,
        }
    }

    /// The health, computed from the disk state and the clock.
    pub fn health(&self, now: Moment) -> Health {
        if let Some(term) = self.unwritten() {
            return if term.is_valid_at(now) { Health::Unwritten } else { Health::Expired };
        }
        match self.delivery.on_disk() {
            None if self.delivery.is_withdrawn() || self.delivery.is_in_doubt(now) => Health::Expired,
            None => Health::Starting,
            Some(term) if !term.is_valid_at(now) => Health::Expired,
            Some(_) if self.is_in_trouble() => Health::Failing,
            Some(_) => Health::Fresh,
        }
    }

    /// Returns the disagreement, if the clocks disagree on whether the token on disk has expired. It counts as expired, and stays where it is.
    pub fn doubt(&self, now: Moment) -> Option<ClocksDisagree> {
        self.delivery.is_in_doubt(now).then_some(ClocksDisagree)
    }

    /// Whether every file holds a live token, as far as is known.
    pub fn serves(&self, now: Moment) -> bool {
        self.health(now).is_usable() && !self.delivery.is_altered()
    }

    /// Whether another program changes the files again and again, so that each repair comes later than the one before.
    pub fn is_in_conflict(&self) -> bool {
        self.delivery.is_in_conflict()
    }

    /// The session that the files hold, expired or not.
    pub fn on_disk(&self) -> Option<Term> {
        self.delivery.on_disk()
    }

    /// The newest session while at least one output could not take it and every output held none before. Some outputs may
    /// hold it.
    pub fn unwritten(&self) -> Option<Term> {
        self.held.filter(|_| self.claim == Claim::Held && self.delivery.is_unwritten())
    }

    /// The newest session, written or not.
    pub fn held(&self) -> Option<Term> {
        self.held
    }

    /// The key in the file, as last read.
    pub fn key(&self) -> Option<Fingerprint> {
        self.key
    }

    /// Exchanges refused in a row.
    pub fn refusals_in_a_row(&self) -> u32 {
        self.failures.in_a_row
    }

    /// Exchanges refused in a row with the class of the last refusal: another class in between begins a new row.
    pub fn refusals_of_last_class(&self) -> u32 {
        self.failures.last_class.map_or(0, |(_, count)| count)
    }

    /// The effect that is running.
    pub fn under_way(&self) -> Option<Effect> {
        match self.stage {
            Stage::Idle => None,
            Stage::Exchanging { attempt, .. } => Some(Effect::Exchange(attempt)),
            Stage::Publishing { attempt, .. } => Some(Effect::Publish(attempt)),
            Stage::Withdrawing { attempt } => Some(Effect::Withdraw(attempt)),
        }
    }

    /// The record for [`Renewal::new`] if the same credential comes back. An exchange that is in flight counts as
    /// answered now.
    pub fn past(&self, now: Moment) -> LastExchange {
        match self.stage {
            Stage::Exchanging { key, .. } => LastExchange { answered: Some(now), key: Some(key) },
            Stage::Idle | Stage::Publishing { .. } | Stage::Withdrawing { .. } => self.past,
        }
    }

    /// When the next exchange would be due by the last answer alone, regardless of the key file.
    pub(in crate::renewal) fn exchange_plan(&self) -> Option<Moment> {
        let early = self.early.filter(|_| self.held.is_some_and(|term| self.plan == Some(term.renew)));
        self.plan.map(|plan| early.map_or(plan, |early| plan.min(early)).max(self.floor(self.policy.spacing)))
    }

    /// Whether the last exchange got no answer in time.
    pub(in crate::renewal) fn timed_out(&self) -> bool {
        self.failures.timed_out
    }
}
