//! The difference between the desired credentials and the present ones.

use std::collections::HashSet;

use crate::{config::Credential, daemon::credentials::Credentials, output::Address, renewal::Id};

/// What makes the present credentials the desired ones: first the retirements, then the rest in order.
#[derive(Debug)]
pub(in crate::daemon) struct ReconcilePlan {
    retired: Vec<Id>,
    desired: Vec<(Option<Id>, Credential)>,
    /// The outputs of the desired credentials.
    claimed: HashSet<Address>,
}

impl ReconcilePlan {
    /// Compares them.
    pub(super) fn new(desired: Vec<Credential>, present: &Credentials) -> Self {
        let wanted: HashSet<&str> = desired.iter().map(|credential| credential.name.as_str()).collect();
        let is_wanted = |id: &Id| present.get(*id).is_some_and(|state| wanted.contains(state.name()));
        let retired = present.ids().filter(|id| !is_wanted(id)).collect();
        let claimed = desired.iter().flat_map(Credential::addresses).collect();
        let with_id = |credential: Credential| (present.id(&credential.name), credential);
        Self { retired, desired: desired.into_iter().map(with_id).collect(), claimed }
    }

    /// The present credentials that are not desired.
    pub(in crate::daemon) fn retired(&self) -> &[Id] {
        &self.retired
    }

    /// Whether a desired credential writes to one of the outputs of this one.
    pub(in crate::daemon) fn claims_output_of(&self, credential: &Credential) -> bool {
        credential.addresses().any(|address| self.claimed.contains(&address))
    }

    /// The desired credentials that did not write to all of their outputs before.
    pub(in crate::daemon) fn with_new_outputs(&self, present: &Credentials) -> impl Iterator<Item = &Credential> {
        self.desired.iter().filter_map(|(id, credential)| {
            let before = id.and_then(|id| present.get(id));
            before.is_none_or(|state| state.credential().outputs != credential.outputs).then_some(credential)
        })
    }

    /// The desired credentials, each with its id if it is present.
    pub(in crate::daemon) fn into_desired(self) -> Vec<(Option<Id>, Credential)> {
        self.desired
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::credentials::tests::{credential, credentials};

    #[test]
    fn a_plan_retires_adds_and_keeps() {
        let (present, [gone, kept]) = credentials(["gone", "kept"]);
        let plan = ReconcilePlan::new(vec![credential("new"), credential("kept")], &present);
        assert_eq!(plan.retired(), [gone]);
        assert!(plan.claims_output_of(&credential("new")) && !plan.claims_output_of(&credential("gone")));
        let new: Vec<_> = plan.with_new_outputs(&present).map(|credential| credential.name.as_str()).collect();
        assert_eq!(new, ["new"]);
        let desired: Vec<_> = plan.into_desired().into_iter().map(|(id, credential)| (id, credential.name)).collect();
        assert_eq!(desired, [(None, "new".to_owned()), (Some(kept), "kept".to_owned())]);
    }

    #[test]
    fn a_credential_may_take_over_the_output_of_another() {
        let (present, [_, b]) = credentials(["a", "b"]);
        let heir = Credential { outputs: credential("a").outputs, ..credential("b") };
        let plan = ReconcilePlan::new(vec![heir], &present);
        assert!(plan.claims_output_of(&credential("a")));
        assert_eq!(plan.with_new_outputs(&present).count(), 1);
        assert_eq!(plan.into_desired()[0].0, Some(b));
    }
}
