//! How exchanges, writes and hooks end, as metrics name it.

use crate::renewal::RefusalClass;

/// The end of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ExchangeResult {
    /// A session was granted.
    Session,
    /// There is no session.
    Refused(RefusalClass),
}

/// The end of a write of one file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteResult {
    /// It was replaced.
    Written,
    /// It held the content already.
    Unchanged,
    /// It could not be written.
    Failed,
}

/// The end of a run of a hook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HookResult {
    /// It succeeded, or had no recipient.
    Ok,
    /// It failed.
    Failed,
    /// It took too long and was stopped.
    TimedOut,
}

impl ExchangeResult {
    /// Every end, so that each counter exists before it first counts.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Session].into_iter().chain(RefusalClass::ALL.map(Self::Refused))
    }

    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Refused(class) => class.word(),
        }
    }
}

impl WriteResult {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        }
    }
}

impl HookResult {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::TimedOut => "timeout",
        }
    }
}
