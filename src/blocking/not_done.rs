//! Why blocking work gave no result in time.

use super::shortage::Shortage;

/// Why blocking work gave no result in time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotDone {
    /// It panicked. The panic is logged.
    #[error("it ended by a bug in tokenwell; please report it")]
    Panicked,
    /// It has begun, or waits behind work that has begun, and takes too long.
    #[error("it takes too long")]
    TooLong,
    /// No thread could be started for it.
    #[error(transparent)]
    NoThread(Shortage),
}
