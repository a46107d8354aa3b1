//! What was logged about one credential, so that each thing is logged once.

use std::mem::{self, Discriminant};

use crate::{
    daemon::refusals::Refusals,
    renewal::{Health, Moment},
    session::GrantNote,
};

/// What was logged, and what the status shows of it.
#[derive(Debug)]
pub(in crate::daemon) struct CredentialLog {
    refusals: Refusals,
    health: Health,
    /// Since when it has this health.
    since: Moment,
    last_event: Option<String>,
    /// The end of the session whose end was logged.
    logged_end: Option<Moment>,
    /// When the session was requested whose age the clocks were logged to disagree on.
    logged_doubt: Option<Moment>,
    is_conflict_logged: bool,
    logged_notes: Vec<Discriminant<GrantNote>>,
}

/// What an altered output means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::daemon) enum ConflictNews {
    /// Something else altered it.
    Altered,
    /// Something else alters it again and again.
    ConflictBegan,
    /// The conflict goes on.
    ConflictGoesOn,
}

impl CredentialLog {
    pub(super) fn new(now: Moment) -> Self {
        Self {
            refusals: Refusals::default(),
            health: Health::Starting,
            since: now,
            last_event: None,
            logged_end: None,
            logged_doubt: None,
            is_conflict_logged: false,
            logged_notes: Vec::new(),
        }
    }

    /// The refusals since the last session.
    pub(in crate::daemon) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// The refusals since the last session, to add one or to end the row.
    pub(in crate::daemon) fn refusals_mut(&mut self) -> &mut Refusals {
        &mut self.refusals
    }

    /// Notes the health, which began at `since` if it is another one.
    pub(in crate::daemon) fn note_health(&mut self, health: Health, since: Moment) {
        if self.health != health {
            (self.health, self.since) = (health, since);
        }
    }

    /// Since when the credential has its health.
    pub(in crate::daemon) fn since(&self) -> Moment {
        self.since
    }

    /// Notes the last event.
    pub(in crate::daemon) fn note_event(&mut self, event: impl Into<String>) {
        self.last_event = Some(event.into());
    }

    /// The last event.
    pub(in crate::daemon) fn last_event(&self) -> Option<&str> {
        self.last_event.as_deref()
    }

    /// Whether the end of a session is to be logged, for each session once.
    pub(in crate::daemon) fn note_end(&mut self, end: Option<Moment>) -> bool {
        mem::replace(&mut self.logged_end, end) != end
    }

    /// Whether a disagreement on the age of the session that was requested then is to be logged, for each session once.
    pub(in crate::daemon) fn note_doubt(&mut self, sent: Moment) -> bool {
        self.logged_doubt.replace(sent) != Some(sent)
    }

    /// Notes that something else altered an output; `is_conflict` says whether it does so again and again.
    pub(in crate::daemon) fn note_altered(&mut self, is_conflict: bool) -> ConflictNews {
        let was_logged = mem::replace(&mut self.is_conflict_logged, is_conflict);
        match (is_conflict, was_logged) {
            (false, _) => ConflictNews::Altered,
            (true, false) => ConflictNews::ConflictBegan,
            (true, true) => ConflictNews::ConflictGoesOn,
        }
    }

    /// Returns those notes of a session whose kind was not logged before.
    pub(in crate::daemon) fn take_new_notes(&mut self, notes: Vec<GrantNote>) -> Vec<GrantNote> {
        let is_new = |note: &GrantNote| !self.logged_notes.contains(&mem::discriminant(note));
        let new: Vec<_> = notes.into_iter().filter(is_new).collect();
        self.logged_notes.extend(new.iter().map(mem::discriminant));
        new
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
    fn a_conflict_is_logged_when_it_begins() {
        let mut log = CredentialLog::new(at(0));
        let news = [false, true, true, false, true].map(|is_conflict| log.note_altered(is_conflict));
        let (altered, began, goes_on) =
            (ConflictNews::Altered, ConflictNews::ConflictBegan, ConflictNews::ConflictGoesOn);
        assert_eq!(news, [altered, began, goes_on, altered, began]);
    }

    #[test]
    fn the_end_of_each_session_is_logged_once() {
        let mut log = CredentialLog::new(at(0));
        let logged = [10, 10, 20, 20].map(|end| log.note_end(Some(at(end))));
        assert_eq!(logged, [true, false, true, false]);
    }

    #[test]
    fn a_disagreement_on_each_session_is_logged_once() {
        let mut log = CredentialLog::new(at(0));
        assert_eq!([10, 10, 20, 20].map(|sent| log.note_doubt(at(sent))), [true, false, true, false]);
    }

    #[test]
    fn a_kind_of_note_is_logged_once() {
        let mut log = CredentialLog::new(at(0));
        let note = |seconds| GrantNote::HintBelowSpacing {
            reported: Duration::from_secs(seconds),
            spacing: Duration::from_secs(9),
        };
        assert_eq!(log.take_new_notes(vec![note(1)]).len(), 1);
        assert_eq!(log.take_new_notes(vec![note(2)]).len(), 0);
    }

    #[test]
    fn a_health_counts_from_its_begin() {
        let mut log = CredentialLog::new(at(0));
        log.note_health(Health::Starting, at(5));
        assert_eq!(log.since(), at(0));
        log.note_health(Health::Fresh, at(6));
        log.note_health(Health::Fresh, at(7));
        assert_eq!(log.since(), at(6));
    }
}
