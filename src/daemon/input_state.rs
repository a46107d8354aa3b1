//! What is known of the files that steer the daemon, and the looks at them that are under way.

use std::time::Duration;

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

/// How often the files are looked at although nothing hinted at a change: what inotify misses is caught by then.
pub(super) const POLL: Duration = Duration::from_secs(30);

/// The same while some folder cannot be watched, or some key file cannot be read for a reason that may pass unseen.
pub(super) const POLL_WITHOUT_HINTS: Duration = Duration::from_secs(1);
