//! The state of an object that a write is meant for.

use serde_json::{Map, Value};

/// Which state of an object a write is meant for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fence {
    /// It must not be there.
    Absent,
    /// It must be the one with this identity, at this version.
    At {
        /// Its `uid`.
        uid: String,
        /// Its `resourceVersion`.
        version: String,
    },
}

impl Fence {
    /// Adds the identity and version to an object's metadata.
    pub(super) fn add_to(&self, metadata: &mut Map<String, Value>) {
        match self {
            Self::Absent => {
                metadata.insert("resourceVersion".to_owned(), VERSION_OF_NOTHING.into());
            }
            Self::At { uid, version } => {
                metadata.insert("uid".to_owned(), uid.as_str().into());
                metadata.insert("resourceVersion".to_owned(), version.as_str().into());
            }
        }
    }
}

/// A version that no object has, as the first write to the store is the second version: a write with it succeeds only if there is no
/// object. (`0` would mean any version.)
const VERSION_OF_NOTHING: &str = "1";
