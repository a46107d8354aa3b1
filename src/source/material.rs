//! What was read of a source, ready to be sent.

use super::{
    access_key::{self, AccessKeyMaterial},
    answer::Answer,
    expectation::Expectation,
    identity::Identity,
};
use crate::{
    exchange::{Api, Refused, Reply, Request, Timing},
    secret::Secret,
};

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

    /// The request for a session.
    pub fn request(&self, api: &Api) -> Result<Request, Refused> {
        match self {
            Self::AccessKey(material) => material.request(api),
        }
    }

    /// What the reply to that request means.
    pub fn reply(&self, reply: &Reply, timing: Timing, expectation: &Expectation) -> Answer {
        match self {
            Self::AccessKey(_) => access_key::answer(reply, timing, expectation),
        }
    }

    /// Takes out every secret, so that programs which print one are masked.
    pub fn into_secrets(self) -> Vec<Secret> {
        match self {
            Self::AccessKey(material) => vec![material.key],
        }
    }
}
