//! Every kind of source as one closed enum, with the methods that all kinds share. See [`super::Source`] for what each
//! method means.

use std::{io, path::Path, time::Duration};

use serde_json::{Value, json};

use super::{
    access_key::AccessKey,
    answer::{NotStored, RotatedSecret},
    chain::ChainLink,
    chain_folder::{ChainLock, CopiedChains},
    expectation::ExpectedIssuer,
    login_options::LoginOptions,
    material::Secrets,
    oauth::OAuth,
    refresh_token::{RefreshToken, WARN_BEFORE},
    secret_kind::{SecretFile, SecretKind},
    security_questions::SecurityQuestions,
    token_chain::{NotLocked, TokenChain},
    unusable::ReadError,
};
use crate::exchange::{Api, Origin};

/// A kind of source.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// An access key in a file.
    AccessKey(AccessKey),
    /// A refresh token in a file.
    RefreshToken(RefreshToken),
    /// Answers to security questions and a refresh token, in files.
    SecurityQuestions(SecurityQuestions),
    /// An OAuth client.
    OAuth(OAuth),
}

impl Kind {
    pub(super) fn files(&self) -> Vec<SecretFile<'_>> {
        match self {
            Self::AccessKey(source) => source.files(),
            Self::RefreshToken(source) => source.files(),
            Self::SecurityQuestions(source) => source.files(),
            Self::OAuth(source) => source.files(),
        }
    }

    pub(super) fn read(&self) -> Result<Secrets, ReadError> {
        match self {
            Self::AccessKey(source) => source.read().map(Secrets::AccessKey),
            Self::RefreshToken(source) => source.read().map(Secrets::RefreshToken),
            Self::SecurityQuestions(source) => source.read().map(Secrets::SecurityQuestions),
            Self::OAuth(source) => source.read().map(Secrets::OAuth),
        }
    }

    pub(super) fn origin(&self, api: &Api) -> Origin {
        match self {
            Self::AccessKey(_) | Self::RefreshToken(_) | Self::SecurityQuestions(_) => api.base_url.origin(),
            Self::OAuth(source) => source.origin(api),
        }
    }

    pub(super) fn issuer(&self, api: &Api) -> ExpectedIssuer {
        match self {
            Self::AccessKey(_) | Self::RefreshToken(_) | Self::SecurityQuestions(_) => {
                ExpectedIssuer::Project(api.project.clone())
            }
            Self::OAuth(_) => ExpectedIssuer::Any(api.project.clone()),
        }
    }

    /// Returns what distinguishes its requests from those of the same kind, without the secrets.
    pub(super) fn request_terms(&self) -> Vec<Value> {
        match self {
            Self::AccessKey(AccessKey {
                file: _,
                auth_management_key_file: _,
                options: LoginOptions { custom_claims, selected_tenant },
            }) => vec![json!(custom_claims), json!(selected_tenant)],
            Self::RefreshToken(_) => vec![json!("refresh")],
            Self::SecurityQuestions(SecurityQuestions { login_id, step_up, answers_file: _, chain: _ }) => {
                vec![json!("securityQuestions"), json!(login_id), json!(step_up)]
            }
            Self::OAuth(source) => source.request_terms(),
        }
    }

    pub(super) fn terms(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::AccessKey(source) => source.options.terms(),
            Self::RefreshToken(_) => Vec::new(),
            Self::SecurityQuestions(source) => source.terms(),
            Self::OAuth(source) => source.terms(),
        }
    }

    /// Key folders have access keys only.
    pub(super) fn named(&self, file_name: &str) -> Self {
        match self {
            Self::AccessKey(source) => Self::AccessKey(source.named(file_name)),
            Self::RefreshToken(_) | Self::SecurityQuestions(_) | Self::OAuth(_) => self.clone(),
        }
    }

    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::AccessKey(_) => SecretKind::AccessKey.noun(),
            Self::RefreshToken(_) => SecretKind::RefreshToken.noun(),
            Self::SecurityQuestions(_) => "refresh token or answers",
            Self::OAuth(source) => source.noun(),
        }
    }

    /// Whether none of its secrets can be guessed from a fingerprint.
    pub(super) fn has_only_strong_secrets(&self) -> bool {
        match self {
            Self::AccessKey(_) | Self::RefreshToken(_) | Self::OAuth(_) => true,
            Self::SecurityQuestions(_) => false,
        }
    }

    pub(super) fn missing_remedy(&self) -> String {
        match self {
            Self::AccessKey(source) => source.missing_remedy(),
            Self::RefreshToken(source) => source.missing_remedy(),
            Self::SecurityQuestions(source) => source.missing_remedy(),
            Self::OAuth(source) => source.missing_remedy(),
        }
    }

    pub(super) fn denied_remedy(&self) -> String {
        match self {
            Self::AccessKey(source) => source.denied_remedy(),
            Self::RefreshToken(source) => source.denied_remedy(),
            Self::SecurityQuestions(source) => source.denied_remedy(),
            Self::OAuth(source) => source.denied_remedy(),
        }
    }

    pub(super) fn sign_in_remedy(&self) -> Option<String> {
        self.chain().map(TokenChain::sign_in_remedy)
    }

    pub(super) fn rotates(&self) -> bool {
        self.chain().is_some()
    }

    pub(super) fn keep_in(&mut self, state_directory: &Path, credential: &str) {
        match self {
            Self::AccessKey(_) | Self::OAuth(_) => {}
            Self::RefreshToken(source) => source.chain.keep_in(state_directory, credential),
            Self::SecurityQuestions(source) => source.chain.keep_in(state_directory, credential),
        }
    }

    pub(super) fn has_chain_in(&self, state_directory: &Path, credential: &str) -> bool {
        self.rotates() && TokenChain::has_chain_in(state_directory, credential)
    }

    pub(super) fn copy_chain_from(
        &self,
        state_directory: &Path,
        credential: &str,
        is_certain: bool,
    ) -> io::Result<Option<CopiedChains>> {
        self.chain().map_or(Ok(None), |chain| chain.copy_chain_from(state_directory, credential, is_certain))
    }

    pub(super) fn reserve(&self) -> Result<(), ReadError> {
        self.chain().map_or(Ok(()), TokenChain::reserve)
    }

    pub(super) fn lock(&self) -> Result<Option<ChainLock>, NotLocked> {
        self.chain().map_or(Ok(None), TokenChain::lock)
    }

    pub(super) fn refresh_warn_before(&self) -> Option<Duration> {
        match self {
            Self::AccessKey(_) | Self::OAuth(_) => None,
            Self::RefreshToken(source) => Some(source.warn_before),
            Self::SecurityQuestions(_) => Some(WARN_BEFORE),
        }
    }

    pub(super) fn stored_tokens(&self) -> Option<String> {
        self.chain().and_then(TokenChain::description)
    }

    pub(super) fn store(&self, link: Option<ChainLink>, rotated: &RotatedSecret) -> Result<(), NotStored> {
        match (self.chain(), link) {
            (Some(chain), Some(link)) => chain.store(link, rotated),
            (_, _) => Err(NotStored::NeverRotates),
        }
    }

    pub(super) fn granted(&self, link: ChainLink) {
        if let Some(chain) = self.chain() {
            chain.granted(link);
        }
    }

    /// A denied verification resumes no other chain, because the answers would be sent again once that chain ends.
    pub(super) fn denied(&self, link: ChainLink) {
        match self {
            Self::AccessKey(_) | Self::SecurityQuestions(_) | Self::OAuth(_) => {}
            Self::RefreshToken(source) => source.chain.denied(link),
        }
    }

    pub(super) fn forget(&self, link: ChainLink) {
        if let Some(chain) = self.chain() {
            chain.forget(link);
        }
    }

    fn chain(&self) -> Option<&TokenChain> {
        match self {
            Self::AccessKey(_) | Self::OAuth(_) => None,
            Self::RefreshToken(source) => Some(&source.chain),
            Self::SecurityQuestions(source) => Some(&source.chain),
        }
    }
}
