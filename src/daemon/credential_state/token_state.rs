//! The newest session of a credential, and what the state file holds of it.

use std::{
    mem,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::TokenGeneration;
use crate::{
    output::Excess,
    renewal::{ExchangeRecord, Moment, Term},
    session::{Session, Times},
    state::WrittenToken,
};

/// The session and its records.
#[derive(Debug, Default)]
pub(in crate::daemon) struct TokenState {
    /// The newest session, written or not.
    session: Option<Arc<Session>>,
    /// The times that readers were given with it.
    published: Option<PublishedTimes>,
    /// The last exchange, as the state file holds it.
    last_exchange: Option<ExchangeRecord>,
    /// The token that was written last, as the state file holds it.
    written: Option<WrittenToken>,
    /// The number of that token.
    generation: TokenGeneration,
    /// Whether the state of an earlier process was looked up. No exchange begins before.
    is_recalled: bool,
    /// Whether the token was due for renewal when this process took it over.
    is_overdue: bool,
    /// The limits of readers that the token exceeds.
    excesses: Vec<Excess>,
}

/// The times of one plan of one session. They stay the same to the second however often the session is written.
#[derive(Clone, Copy, Debug)]
struct PublishedTimes {
    sent: Moment,
    renew: Moment,
    times: Times,
}

impl TokenState {
    /// The newest session, written or not.
    pub(in crate::daemon) fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// The length of the newest session's token, in bytes.
    pub(in crate::daemon) fn bytes(&self) -> Option<usize> {
        self.session.as_ref().map(|session| session.jwt.byte_count())
    }

    /// The limits of readers that the token exceeds.
    pub(in crate::daemon) fn excesses(&self) -> &[Excess] {
        &self.excesses
    }

    /// Notes the limits of readers that the token exceeds. Returns those that the token before it did not exceed.
    pub(in crate::daemon) fn note_excesses(&mut self, excesses: Vec<Excess>) -> Vec<Excess> {
        let before = mem::replace(&mut self.excesses, excesses);
        let is_new = |excess: &&Excess| before.iter().all(|before| before.limit != excess.limit);
        self.excesses.iter().filter(is_new).cloned().collect()
    }

    /// The last exchange, as the state file holds it.
    pub(in crate::daemon) fn last_exchange(&self) -> Option<ExchangeRecord> {
        self.last_exchange
    }

    /// The token that was written last, as the state file holds it.
    pub(in crate::daemon) fn written(&self) -> Option<&WrittenToken> {
        self.written.as_ref()
    }

    /// Whether the state of an earlier process was looked up.
    pub(in crate::daemon) fn is_recalled(&self) -> bool {
        self.is_recalled
    }

    /// Notes that the state of an earlier process was looked up.
    pub(in crate::daemon) fn recalled(&mut self) {
        self.is_recalled = true;
    }

    /// Takes a new session.
    pub(in crate::daemon) fn granted(&mut self, session: Session, exchange: ExchangeRecord) {
        self.session = Some(Arc::new(session));
        self.last_exchange = Some(exchange);
    }

    /// Takes the last exchange, which brought no session to this process.
    pub(in crate::daemon) fn exchanged(&mut self, exchange: ExchangeRecord) {
        self.last_exchange = Some(exchange);
    }

    /// Takes over the session that another process wrote, and its record if there is one. `is_whole` says whether every output
    /// holds the session.
    pub(in crate::daemon) fn adopt(&mut self, session: Session, written: Option<WrittenToken>, is_whole: bool) {
        if let Some(WrittenToken { token, generation, .. }) = &written {
            self.generation.adopt(*token, *generation, is_whole);
        }
        self.session = Some(Arc::new(session));
        self.written = written;
    }

    /// Takes over the number of a token that another process wrote, and that no output holds any more.
    pub(in crate::daemon) fn recall_generation(&mut self, last: u64) {
        self.generation.recall(last);
    }

    /// The number of the token on disk.
    pub(in crate::daemon) fn generation(&self) -> TokenGeneration {
        self.generation
    }

    /// Notes that the outputs are others.
    pub(super) fn outputs_changed(&mut self) {
        self.generation.outputs_changed();
    }

    /// Notes that the files were removed.
    pub(in crate::daemon) fn withdrawn(&mut self) {
        self.generation.withdraw();
    }

    /// Gives readers the times that the other process gave them. `term` is the adopted session's.
    pub(in crate::daemon) fn adopt_times(&mut self, term: Term) {
        self.published = self.written.as_ref().map(|written| PublishedTimes::new(term, written.times));
    }

    /// Forgets the record of the last write.
    pub(in crate::daemon) fn forget_written(&mut self) {
        self.written = None;
        self.generation.withdraw();
    }

    /// Takes the record of a write, if any output took the token; `is_whole` says whether every output did.
    pub(in crate::daemon) fn published(&mut self, written: Option<WrittenToken>, is_whole: bool) {
        if let Some(WrittenToken { token, generation, .. }) = &written {
            self.generation.adopt(*token, *generation, is_whole);
        }
        self.note_written(written);
    }

    /// Takes a newer record of the token on disk, if there is one.
    pub(in crate::daemon) fn note_written(&mut self, written: Option<WrittenToken>) {
        self.written = written.or(self.written.take());
    }

    /// Notes that the token was due for renewal when this process took it over.
    pub(in crate::daemon) fn note_overdue(&mut self) {
        self.is_overdue = true;
    }

    /// Whether the token was due for renewal when this process took it over; only the first time.
    pub(in crate::daemon) fn take_overdue(&mut self) -> bool {
        mem::take(&mut self.is_overdue)
    }

    /// The times that readers were given last.
    pub(in crate::daemon) fn last_times(&self) -> Option<Times> {
        self.published.map(|published| published.times)
    }

    /// The times that readers were given of this plan.
    pub(in crate::daemon) fn times_of(&self, term: Term) -> Option<Times> {
        self.published.and_then(|published| published.of(term))
    }

    /// The times to give to readers of the newest session; `None` if there is none. `wall_of` shows a moment on the
    /// wall clock.
    pub(in crate::daemon) fn publish_times(
        &mut self,
        term: Term,
        wall_of: impl Fn(Moment) -> SystemTime,
    ) -> Option<Times> {
        let claims = &self.session.as_ref()?.claims;
        if let Some(times) = self.times_of(term) {
            return Some(times);
        }
        let times = Times {
            issued_at: whole(claims.issued_at.unwrap_or_else(|| wall_of(term.sent))),
            expires_at: whole(claims.expires_at.unwrap_or_else(|| wall_of(term.expires()))),
            renew_at: whole(wall_of(term.renew)),
        };
        self.published = Some(PublishedTimes::new(term, times));
        Some(times)
    }
}

impl PublishedTimes {
    fn new(term: Term, times: Times) -> Self {
        Self { sent: term.sent, renew: term.renew, times }
    }

    fn of(&self, term: Term) -> Option<Times> {
        (self.sent == term.sent && self.renew == term.renew).then_some(self.times)
    }
}

/// Cuts to whole seconds: readers need no more.
fn whole(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fingerprint::Fingerprint,
        renewal::Grant,
        secret::Secret,
        session::{Claims, ReplyFields},
    };

    fn at(seconds: u64) -> Moment {
        Moment::since_boot(Duration::from_secs(seconds))
    }

    fn term(sent: u64, renew: u64) -> Term {
        let grant = Grant { lifetime: Duration::from_secs(600), refresh_after: None };
        Term {
            key: Fingerprint::new([1; 8]),
            sent: at(sent),
            sent_wall: Duration::ZERO,
            grant,
            renew: at(renew),
            older_by: Duration::ZERO,
        }
    }

    fn session() -> Session {
        let grant = Grant { lifetime: Duration::from_secs(600), refresh_after: None };
        Session { jwt: Secret::new("a.b.c".to_owned()), grant, claims: Claims::default(), fields: ReplyFields::new() }
    }

    #[test]
    fn the_times_of_a_plan_stay_although_the_wall_clock_is_set() {
        let exchange = ExchangeRecord { key: Fingerprint::new([1; 8]), answer: None };
        let wall = |offset: u64| {
            move |moment: Moment| UNIX_EPOCH + at(offset).elapsed_since_boot() + moment.elapsed_since_boot()
        };
        let mut token = TokenState::default();
        assert_eq!(token.publish_times(term(100, 500), wall(0)), None, "there is no session");
        token.granted(session(), exchange);
        let first = token.publish_times(term(100, 500), wall(0)).unwrap();
        assert_eq!(first.expires_at, UNIX_EPOCH + Duration::from_secs(700));
        assert_eq!(token.publish_times(term(100, 500), wall(3600)), Some(first));
        assert_eq!((token.last_times(), token.times_of(term(100, 500))), (Some(first), Some(first)));
        assert_eq!(token.times_of(term(100, 400)), None, "another plan");
        let second = token.publish_times(term(100, 400), wall(0)).unwrap();
        assert_eq!(second.renew_at, UNIX_EPOCH + Duration::from_secs(400));
    }

    #[test]
    fn a_token_is_overdue_once() {
        let mut token = TokenState::default();
        assert!(!token.take_overdue());
        token.note_overdue();
        assert!(token.take_overdue() && !token.take_overdue());
    }
}
