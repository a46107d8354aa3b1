//! A refresh token in a file: `POST /v1/auth/refresh`.

use std::{path::PathBuf, time::Duration};

use serde_json::json;

use super::{
    answer::Answer,
    chain::ChainLink,
    chain_folder::TOKEN_FILE_BYTES_MAX,
    descope,
    expectation::Expectation,
    explanation::explained,
    identity::Identity,
    secret_file,
    secret_kind::{SecretFile, SecretKind},
    suspect_text::judge,
    suspicion::Suspicion,
    token_chain::{PresentedRefresh, PresentedToken, SIGN_IN_AGAIN, TokenChain},
    unusable::ReadError,
    word::word_in,
};
use crate::{
    exchange::{Api, ExchangeNames, Refused, Reply, Request, Timing},
    renewal::Refusal,
    secret::Secret,
};

/// A refresh token, and the tokens that replace it.
#[derive(Clone, PartialEq, Debug)]
pub struct RefreshToken {
    /// The mounted token and its chain.
    pub chain: TokenChain,
    /// The file with the token of another vendor that is sent along (`externalTokenFile`).
    pub external_token_file: Option<PathBuf>,
    /// How long before the end of a refresh token a person is warned (`refreshWarnBefore`).
    pub warn_before: Duration,
}

/// A refresh token that was read from its file or its chain.
#[derive(Debug)]
pub struct RefreshTokenMaterial {
    presented: PresentedToken,
    external_token: Option<Secret>,
}

impl RefreshToken {
    /// Returns the token in a file, with the defaults of the configuration.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { chain: TokenChain::at(file), external_token_file: None, warn_before: WARN_BEFORE }
    }

    pub(super) fn files(&self) -> Vec<SecretFile<'_>> {
        let external = self.external_token_file.iter();
        let external = external.map(|path| SecretFile { kind: SecretKind::ExternalToken, path });
        [self.chain.secret_file()].into_iter().chain(external).collect()
    }

    pub(super) fn read(&self) -> Result<RefreshTokenMaterial, ReadError> {
        let presented = self.chain.read()?;
        let external_token = self.external_token_file.as_ref().map(|path| {
            let explain = |bytes: &[u8], why| explained(SecretKind::ExternalToken, bytes, why);
            let word = secret_file::read(path, TOKEN_FILE_BYTES_MAX)
                .and_then(|bytes| word_in(&bytes).map_err(|why| explain(&bytes, why)));
            word.map_err(|why| ReadError { kind: SecretKind::ExternalToken, path: path.clone(), why })
        });
        Ok(RefreshTokenMaterial { presented, external_token: external_token.transpose()? })
    }

    pub(super) fn missing_remedy(&self) -> String {
        format!("put the refresh token into `{}`; it is used as soon as it is there", self.chain.file.display())
    }

    pub(super) fn denied_remedy(&self) -> String {
        self.chain.sign_in_remedy()
    }
}

impl RefreshTokenMaterial {
    /// Returns the fingerprint of the mounted token, whichever token is presented. Another external token counts as a
    /// replaced secret.
    pub(super) fn identity(&self) -> Identity {
        let mount = self.presented.link.mount();
        let version = self
            .external_token
            .as_ref()
            .map_or(mount, |external| Secret::new(mount.to_string()).fingerprint_with(external));
        Identity { key: mount, shown: mount, version }
    }

    /// Returns what the external token probably is instead. The refresh token is a JWT.
    pub(super) fn suspicion(&self) -> Option<(SecretKind, Suspicion)> {
        let suspicion = judge(SecretKind::ExternalToken, self.external_token.as_ref()?.expose().as_bytes())?;
        Some((SecretKind::ExternalToken, suspicion))
    }

    pub(super) fn link(&self) -> ChainLink {
        self.presented.link
    }

    pub(super) fn shown(&self) -> PresentedRefresh {
        self.presented.shown()
    }

    /// Returns the request, with `Authorization: Bearer <project>:<refreshJwt>`.
    pub(super) fn request(&self, api: &Api) -> Result<Request, Refused> {
        let body = match &self.external_token {
            None => json!({}),
            Some(external) => json!({ "externalToken": external.expose() }),
        };
        self.presented.request(api, PATH, &body)
    }

    /// Interprets a reply to a refresh. A refresh token in it replaces the one that was sent, whatever else it contains.
    pub(super) fn answer(&self, reply: &Reply, timing: Timing, expectation: &Expectation) -> Answer {
        let result = descope::session(reply, timing, expectation, &NAMES).map_err(|refused| match refused.refusal {
            Refusal::Denied => Refused { message: format!("{}; {SIGN_IN_AGAIN}", refused.message), ..refused },
            _ => refused,
        });
        self.presented.answer(reply, result)
    }

    pub(super) fn into_secrets(self) -> Vec<Secret> {
        self.presented.into_secrets().chain(self.external_token).collect()
    }
}

/// Where refresh tokens are presented.
pub(super) const PATH: &str = "/v1/auth/refresh";
const NAMES: ExchangeNames =
    ExchangeNames { server: "Descope", api: "Descope's API", secret: "refresh token", setting: "baseUrl" };
/// The default of `refreshWarnBefore`.
pub const WARN_BEFORE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
