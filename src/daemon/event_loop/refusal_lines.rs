//! Logs refusals, with what they mean for the token on disk.

use tracing::{debug, error, warn};

use super::Daemon;
use crate::{
    daemon::{
        refusals::{Logged, RefusalMessage},
        span,
    },
    exchange::Refused,
    fingerprint::Fingerprint,
    renewal::{Id, Moment, RefusalClass},
    status::ExchangeResult,
};

impl Daemon {
    /// Counts a refusal and logs it: a new reason loudly, a known one at debug.
    pub(super) fn say_refused(&mut self, id: Id, now: Moment, key: Option<Fingerprint>, refused: &Refused) {
        let (Some(state), Some(renewal)) = (self.credentials.get_mut(id), self.fleet.get(id)) else { return };
        if state.is_draining() {
            return;
        }
        let class = refused.refusal.class();
        state.counts_mut().add(now, ExchangeResult::Refused(class));
        let refusal = RefusalMessage {
            class,
            message: refused.message.clone(),
            remedy: refused.remedy.as_deref().map(str::to_owned),
            at: now,
        };
        let telling = state.log_mut().refusals_mut().note(key, refusal);
        if let Some(origin) = self.fleet.origin_of(id).filter(|_| class == RefusalClass::Busy) {
            self.host_holds.note(origin, state.name(), &refused.message);
        }
        let next = renewal.exchange_due().map(|due| due.max(self.fleet.opens(id)));
        let next_in = next.map_or_else(|| "never".to_owned(), |due| span::until(now, due));
        let expires_in =
            renewal.on_disk().filter(|term| term.is_valid_at(now)).map(|term| span::until(now, term.expires()));
        let token = match (renewal.on_disk(), &expires_in, renewal.doubt(now)) {
            (_, _, Some(doubt)) => format!("{doubt} on disk"),
            (Some(_), Some(expires_in), None) => format!("the last token lives for {expires_in}"),
            (Some(_), None, None) => "the last token has expired".to_owned(),
            (None, _, None) => match renewal.unwritten() {
                Some(term) if term.is_valid_at(now) => {
                    format!("the newest token lives for {} and cannot be written", span::until(now, term.expires()))
                }
                Some(_) => "the newest token has expired before it could be written".to_owned(),
                None => "there is no token yet".to_owned(),
            },
        };
        let expires_in = expires_in.as_deref();
        let (name, attempt, message) = (state.name().to_owned(), renewal.refusals_in_a_row(), &refused.message);
        let in_a_row = renewal.refusals_of_last_class();
        let is_denied = refused.refusal.class() == RefusalClass::Denied;
        let repeated = match telling {
            Logged::Repeated(times) => Some(times),
            Logged::New | Logged::Known => None,
        };
        // A macro, because the level of an event is a constant.
        macro_rules! log_at {
            ($level:ident) => {
                $level!(
                    credential = name,
                    class = class.word(),
                    attempt,
                    in_a_row,
                    repeated,
                    expires_in,
                    next_in,
                    remedy = refused.remedy.as_deref(),
                    "{message}; {token}"
                )
            };
        }
        match (telling, is_denied) {
            (Logged::Known, _) => log_at!(debug),
            (Logged::New | Logged::Repeated(_), true) => log_at!(error),
            (Logged::New | Logged::Repeated(_), false) => log_at!(warn),
        }
        state.log_mut().note_event(format!("refused: {class}"));
    }
}
