//! Which credentials are desired, and how the present ones become them.

mod key_folders;
mod origins;
mod plan;

use std::collections::HashMap;

pub(super) use self::{
    key_folders::{FolderChange, KeyFolders},
    origins::Origins,
    plan::ReconcilePlan,
};
use super::credentials::Credentials;
use crate::{
    config::{Config, Credential},
    offline,
    renewal::{Id, LastExchange, Moment},
};

/// What decides about the desired credentials.
#[derive(Debug, Default)]
pub(super) struct Reconciler {
    folders: KeyFolders,
    origins: Origins,
    /// Desired credentials that wait until a write of the present ones has ended.
    deferred: Option<Vec<Credential>>,
    /// The last exchanges of credentials that were removed, which keep the spacing if one returns, and until when.
    last_exchanges: HashMap<String, (LastExchange, Moment)>,
}

impl Reconciler {
    /// The desired credentials, as far as the key folders are known.
    pub(super) fn desired(&self, config: &Config) -> Vec<Credential> {
        offline::desired(config, |folder| self.folders.files(folder))
    }

    /// Plans the reconciliation, or defers it while a file is being written that another credential may come to own, or while
    /// a secret is being replaced that another credential may come to read. `writing` are the credentials in question.
    pub(super) fn plan(
        &mut self,
        desired: Vec<Credential>,
        present: &Credentials,
        writing: impl Iterator<Item = Id>,
    ) -> Option<ReconcilePlan> {
        if is_being_written(&desired, present, writing) {
            self.deferred = Some(desired);
            return None;
        }
        self.deferred = None;
        Some(ReconcilePlan::new(desired, present))
    }

    /// Takes the desired credentials that were deferred.
    pub(super) fn take_deferred(&mut self) -> Option<Vec<Credential>> {
        self.deferred.take()
    }

    /// The origins that credentials send requests to.
    pub(super) fn origins_mut(&mut self) -> &mut Origins {
        &mut self.origins
    }

    /// Keeps the last exchange of a removed credential until `until`.
    pub(super) fn keep_last_exchange(&mut self, name: String, exchange: LastExchange, until: Moment) {
        self.last_exchanges.insert(name, (exchange, until));
    }

    /// Takes the last exchange of a credential that returns.
    pub(super) fn take_last_exchange(&mut self, name: &str) -> LastExchange {
        self.last_exchanges.remove(name).map(|(exchange, _)| exchange).unwrap_or_default()
    }

    /// Forgets last exchanges that are too old to matter.
    pub(super) fn forget_old_exchanges(&mut self, now: Moment) {
        self.last_exchanges.retain(|_, (_, until)| now < *until);
    }

    /// Whether the last scan settled which credentials there are.
    pub(super) fn is_settled(&self) -> bool {
        self.deferred.is_none() && self.folders.errors().next().is_none()
    }

    /// The key folders.
    pub(super) fn folders(&self) -> &KeyFolders {
        &self.folders
    }

    /// The key folders, to take what a scan found.
    pub(super) fn folders_mut(&mut self) -> &mut KeyFolders {
        &mut self.folders
    }
}

fn is_being_written(desired: &[Credential], present: &Credentials, mut writing: impl Iterator<Item = Id>) -> bool {
    let desired: HashMap<&str, &Credential> =
        desired.iter().map(|credential| (credential.name.as_str(), credential)).collect();
    writing.any(|id| {
        let Some(state) = present.get(id) else { return false };
        let wanted = desired.get(state.name());
        let present = state.credential();
        wanted.is_none_or(|wanted| wanted.outputs != present.outputs || wanted.source != present.source)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        daemon::credentials::tests::{credential, credentials},
        source::AccessKey,
    };

    #[test]
    fn a_write_defers_what_would_take_its_file_away() {
        let (present, [a, b]) = credentials(["a", "b"]);
        let mut reconciler = Reconciler::default();
        assert!(reconciler.plan(vec![credential("a")], &present, [a].into_iter()).is_some(), "its outputs stay");
        assert!(reconciler.plan(vec![credential("a")], &present, [b].into_iter()).is_none());
        assert!(!reconciler.is_settled());
        let deferred = reconciler.take_deferred().unwrap();
        assert_eq!(deferred, [credential("a")]);
        assert!(reconciler.plan(deferred, &present, std::iter::empty()).is_some());
        assert!(reconciler.is_settled() && reconciler.take_deferred().is_none());
    }

    #[test]
    fn a_secret_that_is_being_replaced_defers_another_source() {
        let (present, [a]) = credentials(["a"]);
        let mut reconciler = Reconciler::default();
        let other = Credential { source: AccessKey::at("/keys/other").into(), ..credential("a") };
        assert!(reconciler.plan(vec![other.clone()], &present, [a].into_iter()).is_none());
        assert!(reconciler.plan(vec![other], &present, std::iter::empty()).is_some());
        let stays = Credential { required: false, ..credential("a") };
        assert!(reconciler.plan(vec![stays], &present, [a].into_iter()).is_some());
    }

    #[test]
    fn a_last_exchange_is_kept_as_long_as_it_matters() {
        let at = |seconds| Moment::since_boot(Duration::from_secs(seconds));
        let mut reconciler = Reconciler::default();
        reconciler.keep_last_exchange("a".to_owned(), LastExchange::default(), at(10));
        reconciler.forget_old_exchanges(at(9));
        assert_eq!(reconciler.last_exchanges.len(), 1);
        reconciler.take_last_exchange("a");
        assert!(reconciler.last_exchanges.is_empty());
        reconciler.keep_last_exchange("a".to_owned(), LastExchange::default(), at(10));
        reconciler.forget_old_exchanges(at(10));
        assert!(reconciler.last_exchanges.is_empty());
    }
}
