//! The events and effects of a renewal, and its health.

use super::{
    answer::{Grant, Refusal},
    moment::Moment,
    stamp::Stamp,
};
use crate::fingerprint::Fingerprint;

/// The ordinal of an effect. An answer with another ordinal than the current effect's is late and is ignored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Attempt(pub u64);

/// Something that happened to one credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The key file was read, at start or after a change.
    KeyAppeared(Fingerprint),
    /// The key file is missing or holds no key.
    KeyVanished,
    /// The file holds another secret that stands for the same key, such as a service-account token that the kubelet has
    /// replaced. It costs no exchange, unless the one before was denied or there is no live token.
    SecretReplaced,
    /// A person wants a new session now: USR1. It also ends a wait for other secrets after [`Refusal::DeniedForGood`].
    RenewRequested,
    /// The session should be replaced now, for example because it was requested with other settings. It does not end a wait
    /// for other secrets.
    SessionOutdated,
    /// The current session must be written again, to another place or in another format.
    OutputsChanged,
    /// Another program has deleted, replaced or changed a file. Not sent while a write is in flight, because a half-done write
    /// looks the same.
    OutputsAltered,
    /// This process holds at least one of the outputs, or nothing can be claimed there.
    ClaimHeld,
    /// Another process holds every output, so this one stands by.
    ClaimLost,
    /// The clocks have moved against each other: the wall clock was set, or the boot clock stood still. Holds both as they
    /// are now.
    ClocksMoved(Stamp),
    /// Admission lets the exchange that is due begin.
    Admitted,
    /// The moment of [`super::Renewal::disk_task_due`] has come.
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
        /// The key that obtained it.
        key: Fingerprint,
        /// When the request was sent.
        sent: Moment,
        /// The grant.
        grant: Grant,
    },
    /// No session.
    Refused {
        /// The key that was sent, if that is known.
        key: Option<Fingerprint>,
        /// When the request was sent.
        sent: Moment,
        /// The reason.
        refusal: Refusal,
    },
    /// The key file holds no key; nothing was sent.
    NoKey,
    /// The key file holds the key of [`super::Renewal::cooling_down`], which may not be used yet; nothing was sent.
    CoolingDown(Fingerprint),
}

/// At least one output could not be written or removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotWritten;

/// A task for the shell. Exactly one event answers each, however it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Read the key file and exchange what it holds.
    Exchange(Attempt),
    /// Write the newest session to every output.
    Publish(Attempt),
    /// Remove every output.
    Withdraw(Attempt),
}

/// The health of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Health {
    /// It never had a token.
    Starting,
    /// A live token is on disk and nothing is wrong.
    Fresh,
    /// A live token is on disk, but the last exchange or write failed, the key is missing, or another program has changed the
    /// files.
    Failing,
    /// A live token was granted, and at least one output could not take it. No output had one before as a whole.
    Unwritten,
    /// The token on disk has expired, or the clocks disagree on whether it has: see [`super::Renewal::doubt`].
    Expired,
}

impl Health {
    /// Its name in the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Fresh => "fresh",
            Self::Failing | Self::Unwritten => "failing",
            Self::Expired => "expired",
        }
    }

    /// Whether every reader finds a live token.
    pub const fn is_usable(self) -> bool {
        match self {
            Self::Fresh | Self::Failing => true,
            Self::Starting | Self::Unwritten | Self::Expired => false,
        }
    }
}
