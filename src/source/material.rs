//! What was read of a source, ready to be sent.

use super::{access_key::AccessKeyMaterial, identity::Identity};

/// The secrets of a source as they were read, with the settings that they are sent with. Lives as long as one exchange.
#[derive(Debug)]
pub enum Material {
    /// An access key.
    AccessKey(AccessKeyMaterial),
}

impl Material {
    /// What the core compares: see [`Identity`].
    pub fn identity(&self) -> Identity {
        match self {
            Self::AccessKey(material) => material.identity(),
        }
    }

    /// Takes out every secret, so that programs which print one are masked.
    pub fn into_secrets(self) -> Vec<crate::secret::Secret> {
        match self {
            Self::AccessKey(material) => vec![material.key],
        }
    }
}
