//! A Secret, as the API server returns it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::{
    fence::Fence,
    field_owners::{FieldOwner, ManagedFields},
};
use crate::secret::Secret;

/// A Secret.
#[derive(Debug)]
pub struct SecretObject {
    /// Its identity and version, by which a write is fenced.
    pub fence: Fence,
    /// Its type, such as `Opaque`.
    pub kind: String,
    /// Whether its data can never change.
    pub is_immutable: bool,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its values; `None` for a value that is no text.
    pub data: BTreeMap<String, Option<Secret>>,
    /// The owners of its keys.
    pub owners: Vec<FieldOwner>,
}

/// The members of an object's metadata.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    #[serde(default)]
    uid: String,
    #[serde(default)]
    resource_version: String,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    managed_fields: Option<Vec<ManagedFields>>,
}

/// An object of which only the metadata matters.
#[derive(Deserialize)]
pub(super) struct AnyObject {
    pub(super) metadata: Metadata,
}

#[derive(Deserialize)]
struct SecretJson {
    kind: String,
    metadata: Metadata,
    #[serde(default)]
    data: Option<BTreeMap<String, String>>,
    #[serde(default, rename = "type")]
    type_of_data: Option<String>,
    #[serde(default)]
    immutable: Option<bool>,
}

impl Metadata {
    /// Returns the identity and version; `None` if the object has none.
    pub(super) fn fence(&self) -> Option<Fence> {
        if self.uid.is_empty() || self.resource_version.is_empty() {
            return None;
        }
        Some(Fence::At { uid: self.uid.clone(), version: self.resource_version.clone() })
    }
}

impl SecretObject {
    /// Reads a Secret; an error says what is wrong without repeating it.
    pub(super) fn parse(body: &[u8]) -> Result<Self, &'static str> {
        let json: SecretJson = serde_json::from_slice(body).map_err(|_| "the body is not the JSON of a Secret")?;
        if json.kind != "Secret" {
            return Err("the body is an object of another kind than Secret");
        }
        let fence = json.metadata.fence().ok_or("the Secret has no `uid` or `resourceVersion`")?;
        let mut data = BTreeMap::new();
        for (key, value) in json.data.unwrap_or_default() {
            let bytes = STANDARD.decode(value).map_err(|_| "a value of the Secret is not base64")?;
            data.insert(key, String::from_utf8(bytes).ok().map(Secret::new));
        }
        let Metadata { labels, annotations, managed_fields, .. } = json.metadata;
        Ok(Self {
            fence,
            kind: json.type_of_data.unwrap_or_default(),
            is_immutable: json.immutable.unwrap_or_default(),
            labels: labels.unwrap_or_default(),
            annotations: annotations.unwrap_or_default(),
            data,
            owners: managed_fields.unwrap_or_default().into_iter().map(FieldOwner::from).collect(),
        })
    }

    /// Returns the names of the managers that own a key.
    pub fn owners_of(&self, key: &str) -> impl Iterator<Item = &str> {
        self.owners.iter().filter(move |owner| owner.keys.contains(key)).map(|owner| owner.manager.as_str())
    }
}
