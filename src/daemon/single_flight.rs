//! Work off the loop, of which one run is in flight at a time.

/// The state of such work. A request during a run begins another run afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum SingleFlight {
    #[default]
    Idle,
    InFlight,
    WantedAgain,
}

impl SingleFlight {
    /// Whether to begin a run now. If not, [`Self::end`] asks for another one.
    pub(super) fn begin(&mut self) -> bool {
        let is_idle = *self == Self::Idle;
        *self = if is_idle { Self::InFlight } else { Self::WantedAgain };
        is_idle
    }

    /// Ends the run. Returns whether another one is wanted.
    pub(super) fn end(&mut self) -> bool {
        std::mem::take(self) == Self::WantedAgain
    }

    pub(super) fn is_idle(self) -> bool {
        self == Self::Idle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_during_a_run_begin_one_more() {
        let mut work = SingleFlight::default();
        assert!(work.begin());
        assert!(!work.begin() && !work.begin());
        assert!(work.end());
        assert!(work.is_idle() && work.begin());
        assert!(!work.end());
    }
}
