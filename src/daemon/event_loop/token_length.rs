//! Warns about tokens that are longer than some of their readers take.

use tracing::warn;

use super::Daemon;
use crate::{
    output::{Content, excesses},
    renewal::Id,
};

impl Daemon {
    /// Warns if the token of a credential exceeds limits of its readers that the token before it did not exceed.
    pub(super) fn notice_token_length(&mut self, id: Id) {
        let Some(state) = self.credentials.get_mut(id) else { return };
        let (Some(session), Some(times)) = (state.token().session().cloned(), state.token().last_times()) else {
            return;
        };
        let credential = state.credential();
        let project = self.context.api.project.as_str();
        let content = Content { session: &session, credential: &credential.name, project, times };
        let found = excesses(&credential.outputs, &content);
        let news = state.token_mut().note_excesses(found);
        if !news.is_empty() {
            let token_bytes = session.jwt.byte_count();
            let lines: Vec<_> = news.iter().map(ToString::to_string).collect();
            warn!(credential = state.name(), token_bytes, "{}", lines.join("; "));
            self.note_change();
        }
    }
}
