//! What a request presented, for the journal: fingerprints instead of secrets, and nothing of the answers.

use serde_json::{Value, json};

use super::bearer::Bearer;
use super::reply::Reply;
use crate::fingerprint::Fingerprint;

/// What the journal records of a request beside its secret, by endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Details {
    /// Of an exchange of an access key.
    AccessKey {
        /// The fingerprint of the auth management key, the third part of the bearer.
        management_key: Option<Fingerprint>,
    },
    /// Of a refresh.
    Refresh {
        /// The fingerprint of the `externalToken` in the body.
        external_token: Option<Fingerprint>,
    },
    /// Of a request about security questions.
    SecurityQuestions {
        /// The `loginId` in the body; at most 200 characters.
        login_id: Option<String>,
        /// The ids of the answered questions, in the order of the body; at most 20 of 64 bytes.
        questions: Vec<String>,
        /// The `stepup` in the body; `None` if absent.
        stepup: Option<bool>,
    },
    /// Of a request for an OAuth token.
    OAuth {
        /// The `grant_type`.
        grant: Option<GrantType>,
        /// How the client authenticated.
        client: Option<ClientAuthentication>,
        /// The `scope`; at most 200 characters.
        scope: Option<String>,
        /// The `audience`; at most 200 characters.
        audience: Option<String>,
    },
}

/// The `grant_type` of a request for an OAuth token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GrantType {
    /// `client_credentials`: RFC 6749, section 4.4.
    ClientCredentials,
    /// `urn:ietf:params:oauth:grant-type:jwt-bearer`: RFC 7523.
    JwtBearer,
    /// Any other, which the sandbox does not support.
    Other,
}

/// How an OAuth client presented its secret: RFC 6749, section 2.3.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientAuthentication {
    /// By HTTP Basic.
    Basic,
    /// In the body.
    Post,
}

/// A request's identity in the journal.
pub(super) struct Presented {
    pub(super) project: Option<String>,
    pub(super) key: Option<Fingerprint>,
    pub(super) details: Details,
}

/// A request, or the reply that refuses it as malformed, with its identity in either case.
pub(super) struct Parsed<T> {
    pub(super) presented: Presented,
    pub(super) request: Result<T, Reply>,
}

impl Presented {
    pub(super) fn in_bearer(bearer: Option<&Bearer>, details: Details) -> Self {
        let key = bearer.map(|bearer| bearer.secret.fingerprint());
        Self { project: bearer.map(|bearer| shortened(&bearer.project, PROJECT_CHARS_MAX)), key, details }
    }
}

impl<T> Parsed<T> {
    pub(super) fn map<U>(self, wrap: impl FnOnce(T) -> U) -> Parsed<U> {
        Parsed { presented: self.presented, request: self.request.map(wrap) }
    }
}

impl Details {
    /// Returns the JSON of the control endpoint.
    pub(super) fn shown(&self) -> Value {
        let shown = |print: &Option<Fingerprint>| print.map(|print| print.to_string());
        match self {
            Self::AccessKey { management_key } => json!({ "authManagementKey": shown(management_key) }),
            Self::Refresh { external_token } => json!({ "externalToken": shown(external_token) }),
            Self::SecurityQuestions { login_id, questions, stepup } => {
                json!({"loginId": login_id, "questions": questions, "stepup": stepup})
            }
            Self::OAuth { grant, client, scope, audience } => json!({
                "grantType": grant.map(GrantType::name),
                "clientAuth": client.map(ClientAuthentication::name),
                "scope": scope,
                "audience": audience,
            }),
        }
    }
}

impl GrantType {
    const fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "clientCredentials",
            Self::JwtBearer => "jwtBearer",
            Self::Other => "other",
        }
    }
}

impl ClientAuthentication {
    const fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Post => "post",
        }
    }
}

/// Returns the start of a text from a request.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

pub(super) const PROJECT_CHARS_MAX: usize = 64;
pub(super) const TEXT_CHARS_MAX: usize = 200;
