//! `POST /v1/auth/accesskey/exchange`: an access key becomes a session.

use std::io;

use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::answer::Shape;
use super::bearer::Bearer;
use super::context::{Context, Decision};
use super::descope;
use super::details::{Details, Parsed, Presented};
use super::mint::{self, object};
use super::reply::Reply;
use super::request_json::Members;
use super::settings::Settings;
use crate::fingerprint::Fingerprint;
use crate::secret::Secret;

/// A well-formed request.
pub(super) struct AccessKeyRequest {
    bearer: Bearer,
    options: LoginOptions,
}

/// The `loginOptions` of the body.
struct LoginOptions {
    custom_claims: Option<Map<String, Value>>,
    selected_tenant: Option<String>,
}

impl AccessKeyRequest {
    pub(super) fn parse(headers: &HeaderMap, body: Result<&[u8], &Reply>) -> Parsed<Self> {
        let bearer = Bearer::of(headers);
        let management_key = bearer.as_ref().and_then(|bearer| Some(bearer.management_key.as_ref()?.fingerprint()));
        let presented = Presented::in_bearer(bearer.as_ref(), Details::AccessKey { management_key });
        let request = bearer.ok_or_else(|| descope::MISSING_KEY.reply()).and_then(|bearer| {
            let options = LoginOptions::of(body.map_err(Clone::clone)?)?;
            Ok(Self { bearer, options })
        });
        Parsed { presented, request }
    }

    /// Decides by the settings; a forced shape gives any key a session.
    pub(super) fn decide(self, forced: Option<Shape>, context: &Context<'_>) -> io::Result<Decision> {
        let Self { bearer, options } = self;
        let settings = context.settings();
        if forced.is_none() {
            let management_key = bearer.management_key.as_ref().map(Secret::fingerprint);
            if let Err(refusal) = admit(management_key, settings) {
                return Ok(Decision::Replied(refusal));
            }
            if !settings.accepts(&bearer.project, bearer.secret.fingerprint()) {
                return Ok(Decision::Replied(descope::INVALID_KEY.reply()));
            }
        }
        session(&bearer, options, &forced.unwrap_or_default(), context).map(Decision::Session)
    }
}

/// Checks the auth management key, for a project whose authentication endpoints are closed to anonymous calls.
fn admit(presented: Option<Fingerprint>, settings: &Settings) -> Result<(), Reply> {
    match (settings.auth_management_key, presented) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(descope::MISSING_MANAGEMENT_KEY.reply()),
        (Some(expected), Some(presented)) if expected == presented => Ok(()),
        (Some(_), Some(_)) => Err(descope::INVALID_MANAGEMENT_KEY.reply()),
    }
}

fn session(bearer: &Bearer, options: LoginOptions, shape: &Shape, context: &Context<'_>) -> io::Result<Reply> {
    let settings = context.settings();
    let key_id = mint::key_id(bearer.secret.fingerprint());
    let mut claims = object([
        ("amr", json!(["accesskey"])), // undocumented
        ("drn", json!("DS")),
        ("iss", json!(bearer.project)),
        ("sub", json!(key_id)),
    ]);
    if let Some(custom) = options.custom_claims {
        claims.insert("nsec".to_owned(), Value::Object(custom));
    }
    if let Some(tenant) = options.selected_tenant {
        claims.insert("tenants".to_owned(), json!({&tenant: {}}));
        claims.insert("dct".to_owned(), Value::String(tenant));
    }
    let session = mint::session(claims, shape, context)?;

    let mut body = object([("keyId", json!(key_id)), ("sessionJwt", json!(session.jwt))]);
    if settings.tell_expiration {
        body.insert("expiration".to_owned(), json!(session.expires));
    }
    if settings.tell_session_expiration {
        body.insert("sessionExpiration".to_owned(), json!(session.expires));
    }
    if let Some(next_refresh) = settings.next_refresh {
        body.insert("nextRefreshSeconds".to_owned(), json!(next_refresh.as_secs()));
    }
    Ok(mint::reply(body, shape))
}

impl LoginOptions {
    /// An empty body and absent or null members mean no options. (Third parties send unknown members.)
    fn of(body: &[u8]) -> Result<Self, Reply> {
        let Some(mut options) = Members::of(body)?.nested("loginOptions")? else {
            return Ok(Self { custom_claims: None, selected_tenant: None });
        };
        Ok(Self { custom_claims: options.object("customClaims")?, selected_tenant: options.text("selectedTenant")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_a_wrong_type_are_malformed() {
        for good in ["", "{}", r#"{"loginOptions":null}"#, r#"{"loginId":1,"loginOptions":{"stepup":true}}"#] {
            assert!(LoginOptions::of(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["x", "[]", "null", r#"{"loginOptions":1}"#, r#"{"loginOptions":{"customClaims":"a"}}"#] {
            assert!(LoginOptions::of(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(LoginOptions::of(br#"{"loginOptions":{"selectedTenant":7}}"#).is_err());
    }
}
