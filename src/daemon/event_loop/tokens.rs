//! Answers questions about the newest token of a credential: at once, or when another generation is on disk.

use tokio::sync::oneshot;

use super::Daemon;
use crate::{
    clock,
    daemon::credential_state::CredentialState,
    renewal::Id,
    status::{TokenAnswer, TokenQuestion, TokenReport, TokenTimes},
};

impl Daemon {
    /// Answers a question now if there is an answer; else at the end of the turn that brings one.
    pub(super) fn answer_about_token(&mut self, question: TokenQuestion, answer: oneshot::Sender<TokenAnswer>) {
        match self.token_answer(&question) {
            // A client that has gone needs no answer.
            Some(known) => drop(answer.send(known)),
            None => self.publisher.waiting_clients().push(question, answer),
        }
    }

    /// Answers the clients that wait, as far as this turn brought an answer.
    pub(super) fn wake_waiting_clients(&mut self) {
        if self.publisher.waiting_clients().is_empty() {
            return;
        }
        let mut waiting = std::mem::take(self.publisher.waiting_clients());
        waiting.answer(|question| self.token_answer(question));
        *self.publisher.waiting_clients() = waiting;
    }

    fn token_answer(&self, question: &TokenQuestion) -> Option<TokenAnswer> {
        let named = self.credentials.named(&question.credential).filter(|(_, state)| !state.is_draining());
        let Some((id, state)) = named else {
            if !self.inputs.has_scanned() {
                return Some(TokenAnswer::Starting);
            }
            let known = self.credentials.active().map(|(_, state)| state.name().to_owned());
            return Some(TokenAnswer::Unknown(known.collect()));
        };
        let is_answered = question.wanted.is_answered_by(state.token().generation().on_disk());
        is_answered.then(|| self.token_report(id, state)).flatten()
    }

    fn token_report(&self, id: Id, state: &CredentialState) -> Option<TokenAnswer> {
        let report = self.credential_report(clock::now(), id, state, self.fleet.get(id)?);
        let times = state.token().last_times().filter(|_| report.generation.is_some());
        let times = times.map(|times| TokenTimes::new(times.issued_at, times.expires_at, times.renew_at));
        Some(TokenAnswer::Token(Box::new(TokenReport::new(report, times.unwrap_or_default()))))
    }
}
