//! The hooks of one credential: for which session they ran, and what became of each.

use crate::renewal::Moment;

/// How the hooks of one credential stand.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    /// When the session was asked for that they were last run for, every output holding it.
    pub(super) told: Option<Moment>,
    pub(super) run_state: RunState,
    /// One for each hook, in the order of the configuration.
    pub(super) states: Vec<HookState>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum RunState {
    #[default]
    Idle,
    UnderWay,
    /// There is newer news: however many there are, one more round tells the last.
    WantedAgain,
}

/// What became of one hook.
#[derive(Clone, Debug, Default)]
pub(super) struct HookState {
    pub(super) ran_at: Option<Moment>,
    pub(super) error: Option<String>,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) timed_out: u64,
}

impl Hooks {
    /// None has run.
    pub(super) fn new(hooks: usize) -> Self {
        Self { states: vec![HookState::default(); hooks], ..Self::default() }
    }

    /// An earlier process ran them for this session.
    pub(super) fn adopt(&mut self, sent: Moment) {
        self.told = Some(sent);
    }

    /// The files are others now, or hold the session otherwise.
    pub(super) fn outputs_changed(&mut self) {
        self.told = None;
    }

    /// Whether a round is not over.
    pub(super) fn are_under_way(&self) -> bool {
        self.run_state != RunState::Idle
    }

    /// Other hooks take their place, which have nothing to tell of the session at hand.
    pub(super) fn change(&mut self, hooks: usize) {
        self.states = vec![HookState::default(); hooks];
    }

    /// Whether this session, in all its files, is no news.
    pub(super) fn are_told(&self, sent: Moment) -> bool {
        self.told == Some(sent)
    }

    /// Whether they are yet to be run for this session.
    pub(super) fn owe(&self, sent: Moment) -> bool {
        !self.states.is_empty() && !self.are_told(sent)
    }
}
