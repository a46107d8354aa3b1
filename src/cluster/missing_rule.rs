//! A rule that the service account's Role lacks.

use std::fmt;

use super::{
    call::{Call, Resource},
    object_name::ObjectName,
};

/// The rule for one object, with every verb that Tokenwell needs for it, so that it is added once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct MissingRule {
    /// The sort of the object.
    pub resource: Resource,
    /// Its name.
    pub name: ObjectName,
}

impl MissingRule {
    /// Returns the rule for the object of a call.
    pub fn of(call: &Call) -> Self {
        Self { resource: call.resource, name: call.name.clone() }
    }
}

/// Writes it on one line, as YAML that can be an element of the Role's `rules`.
impl fmt::Display for MissingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, name } = self;
        let (group, plural, verbs) = (resource.group(), resource.plural(), resource.verbs().join(", "));
        write!(f, r#"- {{apiGroups: ["{group}"], resources: [{plural}], resourceNames: ["{name}"], verbs: [{verbs}]}}"#)
    }
}
