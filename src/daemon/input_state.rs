//! What is known of the files that steer the daemon, and the looks at them that are under way.

use crate::{config::Digest, renewal::Moment};

/// What is known of the files that steer the daemon.
#[derive(Debug, Default)]
pub(super) struct InputState {
    pub(super) scan: SingleFlight,
    pub(super) load: SingleFlight,
    /// Whether the key files were looked at at all.
    pub(super) scanned: bool,
    pub(super) poll_at: Moment,
    /// Of what the configuration file held at the last look or reading, whichever was later.
    pub(super) config_digest: Option<Digest>,
}

/// Work off the loop, one pass at a time. What comes up during a pass wants another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum SingleFlight {
    #[default]
    Idle,
    UnderWay,
    WantedAgain,
}

impl SingleFlight {
    /// Whether to begin now; if not, it is noted for the end of the pass that is under way.
    pub(super) fn begin(&mut self) -> bool {
        let idle = *self == Self::Idle;
        *self = if idle { Self::UnderWay } else { Self::WantedAgain };
        idle
    }

    /// Ends the pass. Answers whether another is wanted.
    pub(super) fn end(&mut self) -> bool {
        std::mem::take(self) == Self::WantedAgain
    }

    pub(super) fn is_idle(self) -> bool {
        self == Self::Idle
    }
}
