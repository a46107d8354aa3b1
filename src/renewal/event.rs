//! The events and effects of a renewal, and its health.

use super::{
    answer::{Grant, Refusal},
    moment::Moment,
};
use crate::fingerprint::Fingerprint;

/// The ordinal of an effect. An answer that carries another than the one under way is late and is ignored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Attempt(pub u64);

/// Something that happened to one credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The key file was read, at start or after a change.
    KeyAppeared(Fingerprint),
    /// The key file is missing or holds no key.
    KeyVanished,
    /// A new session is wanted now: USR1, or other login options.
    RenewRequested,
    /// The session at hand has to be written again, elsewhere or otherwise.
    OutputsChanged,
    /// Another program has deleted, replaced or changed a file. Not sent while a write is in flight, because a half-done write
    /// looks the same.
    OutputsAltered,
    /// This process holds at least one of the outputs, or nothing can be claimed there.
    ClaimHeld,
    /// Another process holds every output: this one stands by.
    ClaimLost,
    /// Admission lets the exchange that is due begin.
    Admitted,
    /// What [`super::Renewal::disk_task_due`] said has come.
    DiskTaskDue,
    /// [`Effect::Exchange`] was answered.
    Exchanged(Attempt, ExchangeOutcome),
    /// [`Effect::Publish`] was answered.
    Published(Attempt, Result<(), NotWritten>),
    /// [`Effect::Withdraw`] was answered.
    Withdrawn(Attempt, Result<(), NotWritten>),
}

/// How an exchange ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExchangeOutcome {
    /// A session.
    Granted {
        /// The key it was had with.
        key: Fingerprint,
        /// When the request was sent.
        sent: Moment,
        /// What was granted.
        grant: Grant,
    },
    /// No session.
    Refused {
        /// The key that was sent, if that is known.
        key: Option<Fingerprint>,
        /// When the request was sent.
        sent: Moment,
        /// Why.
        refusal: Refusal,
    },
    /// The key file turned out to hold no key; nothing was sent.
    NoKey,
    /// The key file turned out to hold the key that [`super::Renewal::resting`] said is not to be asked with; nothing was
    /// sent.
    CoolingDown(Fingerprint),
}

/// At least one output could not be written or removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotWritten;

/// One thing to do. Each is answered by exactly one event, whatever becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Read the key file and exchange what it holds.
    Exchange(Attempt),
    /// Write the newest session to every output.
    Publish(Attempt),
    /// Remove every output.
    Withdraw(Attempt),
}

/// How well a credential is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Health {
    /// It never had a token.
    Starting,
    /// A live token is on disk and nothing is wrong.
    Fresh,
    /// A live token is on disk, but the last exchange or write failed, the key is missing, or another program has changed the
    /// files.
    Failing,
    /// The token on disk has ended.
    Expired,
}

impl Health {
    /// The contract's word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Fresh => "fresh",
            Self::Failing => "failing",
            Self::Expired => "expired",
        }
    }

    /// Whether a reader finds a live token.
    pub const fn is_usable(self) -> bool {
        match self {
            Self::Fresh | Self::Failing => true,
            Self::Starting | Self::Expired => false,
        }
    }
}
