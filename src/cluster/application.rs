//! A server-side apply: the fields of one credential in one Secret.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, json};
use zeroize::Zeroizing;

use super::{
    fence::Fence,
    field_manager::{MANAGED_BY, MANAGED_BY_LABEL, annotation_of, field_manager_of},
    object_name::ObjectName,
    ownership::{Claim, Force, Label},
};
use crate::secret::Secret;

/// All fields that a credential has in a Secret. A field that an earlier application had and this one has not is removed.
#[derive(Debug)]
pub struct Application<'a> {
    /// The Secret.
    pub secret: &'a ObjectName,
    /// The name of the credential, which gives the field manager and the annotation their names.
    pub credential: &'a str,
    /// The version of the Secret that was read. It is always checked, so a writer that was paused overwrites nothing newer.
    pub fence: &'a Fence,
    /// What [`super::claim`] allows for it.
    pub claim: Claim,
    /// The values.
    pub data: &'a BTreeMap<String, Secret>,
    /// The record of the credential, for its annotation; `None` removes the annotation.
    pub record: Option<&'a str>,
    /// The user's labels.
    pub labels: &'a BTreeMap<String, String>,
    /// The user's annotations.
    pub annotations: &'a BTreeMap<String, String>,
    /// The type, such as `Opaque`.
    pub kind: &'a str,
}

/// What an application left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The version of the Secret. It is the one of before if nothing has changed.
    pub fence: Fence,
}

impl Application<'_> {
    /// Returns the query of the request.
    pub(super) fn query(&self) -> String {
        let force = match self.claim.force {
            Force::Yes => "true",
            Force::No => "false",
        };
        format!("fieldManager={}&force={force}", field_manager_of(self.credential))
    }

    /// Returns the body of the request: JSON, which is YAML too.
    pub(super) fn body(&self, namespace: &ObjectName) -> Zeroizing<Vec<u8>> {
        let mut annotations = self.annotations.clone();
        annotations.extend(self.record.map(|record| (annotation_of(self.credential), record.to_owned())));
        let mut labels = self.labels.clone();
        match self.claim.label {
            Label::Set => {
                labels.insert(MANAGED_BY_LABEL.to_owned(), MANAGED_BY.to_owned());
            }
            Label::LeaveOther => {}
        }
        let mut metadata = Map::new();
        metadata.insert("name".to_owned(), self.secret.as_str().into());
        metadata.insert("namespace".to_owned(), namespace.as_str().into());
        metadata.insert("labels".to_owned(), json!(labels));
        metadata.insert("annotations".to_owned(), json!(annotations));
        self.fence.add_to(&mut metadata);
        let data: Map<_, _> =
            self.data.iter().map(|(key, value)| (key.clone(), STANDARD.encode(value.expose()).into())).collect();
        let object =
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": self.kind, "data": data});
        Zeroizing::new(object.to_string().into_bytes())
    }

    /// Returns the texts that no message may repeat.
    pub(super) fn secrets(&self) -> Vec<Zeroizing<String>> {
        let forms = |value: &Secret| [value.expose().to_owned(), STANDARD.encode(value.expose())].map(Zeroizing::new);
        self.data.values().flat_map(forms).collect()
    }
}
