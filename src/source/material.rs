//! The secrets that were read from a source.

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

/// The secrets of a source and the settings that are sent with them. It exists for one exchange only.
#[derive(Debug)]
pub enum Material {
    /// An access key.
    AccessKey(AccessKeyMaterial),
}

impl Material {
    /// Returns the identity that the core compares; see [`Identity`].
    pub fn identity(&self) -> Identity {
        match self {
            Self::AccessKey(material) => material.identity(),
        }
    }

    /// Returns the request for a session.
    pub fn request(&self, api: &Api) -> Result<Request, Refused> {
        match self {
            Self::AccessKey(material) => material.request(api),
        }
    }

    /// Interprets the reply to that request.
    pub fn reply(&self, reply: &Reply, timing: Timing, expectation: &Expectation) -> Answer {
        match self {
            Self::AccessKey(_) => access_key::answer(reply, timing, expectation),
        }
    }

    /// Returns every secret, so that they can be redacted in the output of programs.
    pub fn into_secrets(self) -> Vec<Secret> {
        match self {
            Self::AccessKey(material) => vec![material.key],
        }
    }
}
