//! The secrets that were read from a source.

use super::{
    access_key::{self, AccessKeyMaterial},
    answer::Answer,
    chain::ChainLink,
    expectation::Expectation,
    identity::Identity,
    oauth::OAuthMaterial,
    public_key::PublicKeys,
    refresh_token::RefreshTokenMaterial,
    secret_kind::SecretKind,
    security_questions::SecurityQuestionsMaterial,
    suspicion::Suspicion,
    token_chain::PresentedRefresh,
};
use crate::{
    exchange::{Api, Refused, Reply, Request, Timing},
    secret::Secret,
};

/// What an exchange needs from the files of a source. It exists for one exchange only.
#[derive(Debug)]
pub struct Material {
    /// The secrets.
    pub secrets: Secrets,
    /// The only public keys that may sign the session, if the source names any.
    pub public_keys: Option<PublicKeys>,
}

/// What a look at the files of a source finds, without the secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObservedSecrets {
    /// The identity of the secrets.
    pub identity: Identity,
    /// The refresh token that is presented, if the source has one.
    pub refresh: Option<PresentedRefresh>,
}

/// The secrets of a source and the settings that are sent with them.
#[derive(Debug)]
pub enum Secrets {
    /// An access key.
    AccessKey(AccessKeyMaterial),
    /// A refresh token.
    RefreshToken(RefreshTokenMaterial),
    /// Answers to security questions and a refresh token.
    SecurityQuestions(SecurityQuestionsMaterial),
    /// The secret of an OAuth client, or an assertion.
    OAuth(OAuthMaterial),
}

impl From<Secrets> for Material {
    /// Returns the secrets of a source that names no public keys.
    fn from(secrets: Secrets) -> Self {
        Self { secrets, public_keys: None }
    }
}

impl Material {
    /// Returns the identity of the secrets. Other public keys count as a replaced secret.
    pub fn identity(&self) -> Identity {
        let secrets = match &self.secrets {
            Secrets::AccessKey(material) => material.identity(),
            Secrets::RefreshToken(material) => material.identity(),
            Secrets::OAuth(material) => material.identity(),
            // Other public keys make no denied answer right.
            Secrets::SecurityQuestions(material) => return material.identity(),
        };
        let version = self.public_keys.as_ref().map_or(secrets.version, |keys| keys.version_with(secrets.version));
        Identity { version, ..secrets }
    }

    /// Returns the refresh token that is presented, if the source has one.
    pub fn link(&self) -> Option<ChainLink> {
        match &self.secrets {
            Secrets::AccessKey(_) | Secrets::OAuth(_) => None,
            Secrets::RefreshToken(material) => Some(material.link()),
            Secrets::SecurityQuestions(material) => Some(material.link()),
        }
    }

    /// Returns what a look at the source finds.
    pub fn observed(&self) -> ObservedSecrets {
        let refresh = match &self.secrets {
            Secrets::AccessKey(_) | Secrets::OAuth(_) => None,
            Secrets::RefreshToken(material) => Some(material.shown()),
            Secrets::SecurityQuestions(material) => Some(material.shown()),
        };
        ObservedSecrets { identity: self.identity(), refresh }
    }

    /// Returns which of the secrets is probably something else, and what.
    pub(super) fn suspicion(&self) -> Option<(SecretKind, Suspicion)> {
        match &self.secrets {
            Secrets::AccessKey(material) => material.suspicion(),
            Secrets::RefreshToken(material) => material.suspicion(),
            Secrets::SecurityQuestions(material) => material.suspicion(),
            Secrets::OAuth(material) => material.suspicion(),
        }
    }

    /// Returns the request for a session.
    pub fn request(&self, api: &Api) -> Result<Request, Refused> {
        match &self.secrets {
            Secrets::AccessKey(material) => material.request(api),
            Secrets::RefreshToken(material) => material.request(api),
            Secrets::SecurityQuestions(material) => material.request(api),
            Secrets::OAuth(material) => Ok(material.request(api)),
        }
    }

    /// Interprets the reply to that request.
    pub fn reply(&self, reply: &Reply, timing: Timing, expectation: &Expectation) -> Answer {
        match &self.secrets {
            Secrets::AccessKey(_) => access_key::answer(reply, timing, expectation),
            Secrets::RefreshToken(material) => material.answer(reply, timing, expectation),
            Secrets::SecurityQuestions(material) => material.answer(reply, timing, expectation),
            Secrets::OAuth(material) => material.answer(reply, timing, expectation),
        }
    }

    /// Returns every secret, so that they can be redacted in the output of programs.
    pub fn into_secrets(self) -> Vec<Secret> {
        match self.secrets {
            Secrets::AccessKey(material) => {
                [Some(material.key), material.auth_management_key].into_iter().flatten().collect()
            }
            Secrets::RefreshToken(material) => material.into_secrets(),
            Secrets::SecurityQuestions(material) => material.into_secrets(),
            Secrets::OAuth(material) => vec![material.into_secret()],
        }
    }
}
