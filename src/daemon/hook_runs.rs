//! The hooks of one credential: for which session they ran, and how each of them ended.

use crate::{hook::HookOutcome, renewal::Moment, status::HookResult};

/// The hooks of one credential.
#[derive(Debug, Default)]
pub(super) struct HookRuns {
    /// The send time of the session for which the hooks ran last, once every output held it.
    ran_for: Option<Moment>,
    phase: Phase,
    /// One for each hook, in the order of the configuration.
    states: Vec<HookState>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    #[default]
    Idle,
    Running,
    /// A newer session was written meanwhile: the hooks run once more afterwards, for the newest one.
    WantedAgain,
}

/// How one hook ended.
#[derive(Clone, Debug, Default)]
pub(super) struct HookState {
    ran_at: Option<Moment>,
    error: Option<String>,
    done: u64,
    failed: u64,
    timed_out: u64,
}

/// What follows a write of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AfterWrite {
    /// The session is no news to readers.
    SameSession,
    /// The session is new, and no run is to be begun: there are no hooks, or they run once more when they have ended.
    NewSession,
    /// The session is new, and a run is to be begun.
    RunHooks,
}

/// What the end of a hook changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum HookChange {
    /// It failed for a new reason.
    Failed(String),
    /// It failed for the same reason as before.
    FailedAgain(String),
    /// It succeeded after a failure.
    Recovered,
    None,
}

impl HookRuns {
    /// Hooks that have not run.
    pub(super) fn new(hooks: usize) -> Self {
        Self { states: vec![HookState::default(); hooks], ..Self::default() }
    }

    /// Notes that an earlier process ran the hooks for this session.
    pub(super) fn adopt(&mut self, sent: Moment) {
        self.ran_for = Some(sent);
    }

    /// Notes that the session goes to other files, or in another form.
    pub(super) fn outputs_changed(&mut self) {
        self.ran_for = None;
    }

    /// Replaces the hooks. The new ones do not run for the session on disk.
    pub(super) fn change(&mut self, hooks: usize) {
        self.states = vec![HookState::default(); hooks];
    }

    /// Whether a run is not over.
    pub(super) fn are_running(&self) -> bool {
        self.phase != Phase::Idle
    }

    /// Whether the hooks must run for this session.
    pub(super) fn are_owed(&self, sent: Moment) -> bool {
        !self.states.is_empty() && self.ran_for != Some(sent)
    }

    /// Notes a write of a session; `whole` says whether every output holds it.
    pub(super) fn written(&mut self, sent: Moment, whole: bool) -> AfterWrite {
        if self.ran_for == Some(sent) {
            return AfterWrite::SameSession;
        }
        if whole {
            self.ran_for = Some(sent);
        }
        if self.states.is_empty() {
            return AfterWrite::NewSession;
        }
        match self.phase {
            Phase::Idle => AfterWrite::RunHooks,
            Phase::Running | Phase::WantedAgain => {
                self.phase = Phase::WantedAgain;
                AfterWrite::NewSession
            }
        }
    }

    /// Notes the begin of a run.
    pub(super) fn begin(&mut self) {
        self.phase = Phase::Running;
    }

    /// Notes the end of a run. Returns whether another one is wanted.
    pub(super) fn end(&mut self) -> bool {
        std::mem::take(&mut self.phase) == Phase::WantedAgain
    }

    /// Notes how a hook of the run ended. A hook that the configuration has removed meanwhile changes nothing.
    pub(super) fn note(&mut self, hook: usize, at: Moment, outcome: HookOutcome) -> HookChange {
        let Some(state) = self.states.get_mut(hook) else { return HookChange::None };
        state.ran_at = Some(at);
        let (counter, error) = match outcome {
            HookOutcome::Done | HookOutcome::NoRecipient(_) => (&mut state.done, None),
            HookOutcome::Failed(why) => (&mut state.failed, Some(why)),
            HookOutcome::TimedOut(after) => {
                let why = format!("it took longer than {} and was stopped", humantime::format_duration(after));
                (&mut state.timed_out, Some(why))
            }
        };
        *counter += 1;
        let before = std::mem::replace(&mut state.error, error.clone());
        match (error, before) {
            (Some(why), before) if before.as_ref() == Some(&why) => HookChange::FailedAgain(why),
            (Some(why), _) => HookChange::Failed(why),
            (None, Some(_)) => HookChange::Recovered,
            (None, None) => HookChange::None,
        }
    }

    /// One for each hook, in the order of the configuration.
    pub(super) fn states(&self) -> &[HookState] {
        &self.states
    }
}

impl HookState {
    /// When it last ended.
    pub(super) fn ran_at(&self) -> Option<Moment> {
        self.ran_at
    }

    /// Why it failed then.
    pub(super) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// How often it ended in each way.
    pub(super) fn outcomes(&self) -> Vec<(HookResult, u64)> {
        vec![(HookResult::Ok, self.done), (HookResult::Failed, self.failed), (HookResult::TimedOut, self.timed_out)]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::since_boot(Duration::from_secs(seconds))
    }

    #[test]
    fn sessions_that_come_during_a_run_get_one_more_run() {
        let mut hooks = HookRuns::new(1);
        assert_eq!(hooks.written(at(1), true), AfterWrite::RunHooks);
        hooks.begin();
        assert_eq!(hooks.written(at(1), true), AfterWrite::SameSession, "the files were only repaired");
        assert_eq!(hooks.written(at(2), true), AfterWrite::NewSession);
        assert_eq!(hooks.written(at(3), true), AfterWrite::NewSession);
        assert!(hooks.end() && !hooks.are_running());
        hooks.begin();
        assert!(hooks.are_running() && !hooks.end());
        assert!(!hooks.are_owed(at(3)) && hooks.are_owed(at(4)));
    }

    #[test]
    fn a_session_is_announced_again_once_all_files_have_it() {
        let mut hooks = HookRuns::new(1);
        assert_eq!(hooks.written(at(1), false), AfterWrite::RunHooks);
        assert_eq!(hooks.written(at(1), true), AfterWrite::RunHooks);
        assert_eq!(hooks.written(at(1), true), AfterWrite::SameSession);
        hooks.outputs_changed();
        assert_eq!(hooks.written(at(1), true), AfterWrite::RunHooks);
    }

    #[test]
    fn a_credential_without_hooks_owes_nothing() {
        let mut hooks = HookRuns::new(0);
        assert_eq!(hooks.written(at(1), true), AfterWrite::NewSession);
        assert!(!hooks.are_owed(at(2)));
    }

    #[test]
    fn a_failure_is_news_until_it_repeats_itself() {
        let mut hooks = HookRuns::new(1);
        let failed = |why: &str| HookOutcome::Failed(why.to_owned());
        assert_eq!(hooks.note(0, at(1), failed("exit 1")), HookChange::Failed("exit 1".to_owned()));
        assert_eq!(hooks.note(0, at(2), failed("exit 1")), HookChange::FailedAgain("exit 1".to_owned()));
        assert_eq!(hooks.note(0, at(3), failed("exit 2")), HookChange::Failed("exit 2".to_owned()));
        assert_eq!(hooks.note(0, at(4), HookOutcome::Done), HookChange::Recovered);
        assert_eq!(hooks.note(0, at(5), HookOutcome::NoRecipient("no process".to_owned())), HookChange::None);
        let late = hooks.note(0, at(6), HookOutcome::TimedOut(Duration::from_secs(10)));
        assert_eq!(late, HookChange::Failed("it took longer than 10s and was stopped".to_owned()));
        assert_eq!(hooks.note(1, at(7), HookOutcome::Done), HookChange::None, "there is no such hook");
        let state = &hooks.states()[0];
        assert_eq!(state.outcomes(), [(HookResult::Ok, 2), (HookResult::Failed, 3), (HookResult::TimedOut, 1)]);
        assert_eq!((state.ran_at(), state.error().is_some()), (Some(at(6)), true));
    }
}
