//! Which program owns which keys of a Secret: `managedFields`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

/// A field manager, and the keys of the Secret's data that it owns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldOwner {
    /// Its name, such as `kubectl-edit`.
    pub manager: String,
    /// The keys.
    pub keys: BTreeSet<String>,
}

/// An entry of `managedFields`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedFields {
    #[serde(default)]
    manager: Option<String>,
    #[serde(default)]
    fields_v1: Option<Value>,
}

impl From<ManagedFields> for FieldOwner {
    fn from(entry: ManagedFields) -> Self {
        let data = entry.fields_v1.as_ref().and_then(|fields| fields.get("f:data")?.as_object());
        let keys = data.into_iter().flatten().filter_map(|(field, _)| field.strip_prefix("f:").map(str::to_owned));
        Self { manager: entry.manager.unwrap_or_default(), keys: keys.collect() }
    }
}
