//! The session of a user: the whole reply of a refresh and of verified security questions.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::refresh_token::{self, Holder};
use crate::sandbox::answer::Shape;
use crate::sandbox::context::Context;
use crate::sandbox::mint::{self, Minted, object};
use crate::sandbox::reply::Reply;

/// How a session of a user differs by endpoint.
pub(super) struct UserSession<'a> {
    pub(super) holder: &'a Holder,
    /// Whether the reply contains a new refresh JWT.
    pub(super) with_refresh: bool,
    /// The `loginId` of the request.
    pub(super) login_id: Option<&'a str>,
    /// Whether the session has the claim `su` of a step-up.
    pub(super) stepup: bool,
}

impl UserSession<'_> {
    /// Returns the reply. Members that have no value are zero, empty or null, as in Descope's replies. If the shape
    /// replaces `refreshJwt`, no refresh JWT is rotated.
    pub(super) fn reply(&self, shape: &Shape, context: &Context<'_>) -> io::Result<Reply> {
        let rotates = self.with_refresh && !shape.body.contains_key("refreshJwt");
        let successor = rotates.then(|| refresh_token::succeed(self.holder, context)).transpose()?;
        let refresh_expires = successor.as_ref().map_or(self.holder.expires, |successor| successor.expires);
        let session = mint::session(self.claims(refresh_expires), shape, context)?;
        Ok(mint::reply(self.body(&session, successor, refresh_expires, context), shape))
    }

    fn claims(&self, refresh_expires: u64) -> Map<String, Value> {
        let mut claims = object([
            ("amr", json!(["pwd"])),
            ("drn", json!("DS")),
            ("iss", json!(self.holder.project)),
            ("permissions", json!(PERMISSIONS)),
            ("rexp", json!(rfc3339(refresh_expires))),
            ("roles", json!(ROLES)),
            ("sub", json!(self.holder.user)),
            ("tenants", json!({TENANT: {"permissions": PERMISSIONS, "roles": ROLES}})),
        ]);
        if self.stepup {
            claims.insert("su".to_owned(), json!(true));
        }
        claims
    }

    fn body(
        &self,
        session: &Minted,
        successor: Option<Minted>,
        refresh_expires: u64,
        context: &Context<'_>,
    ) -> Map<String, Value> {
        let settings = context.settings();
        let int32 = |value: u64| i32::try_from(value).unwrap_or(i32::MAX); // as the API's schema declares them
        object([
            ("sessionJwt", json!(session.jwt)),
            ("refreshJwt", json!(successor.map(|successor| successor.jwt).unwrap_or_default())),
            ("cookieDomain", json!("sandbox.localhost")),
            ("cookiePath", json!("/")),
            ("cookieMaxAge", json!(int32(refresh_expires.saturating_sub(context.unix_seconds())))),
            ("cookieExpiration", json!(int32(refresh_expires))),
            ("user", self.user()),
            ("firstSeen", json!(false)),
            ("idpResponse", Value::Null),
            ("sessionExpiration", json!(session.expires)),
            ("externalToken", json!("")),
            ("claims", json!({})),
            ("tenantSSOID", json!("")),
            ("trustedDeviceJwt", json!("")),
            ("nextRefreshSeconds", json!(settings.next_refresh.unwrap_or_default().as_secs())),
            ("cookieName", json!("DSR")),
            ("sessionCookieName", json!("DS")),
            ("sessionCookieDomain", json!("")),
            ("unsavedSSO", json!(false)),
        ])
    }

    fn user(&self) -> Value {
        let login_id = self.login_id.unwrap_or(LOGIN_ID);
        json!({
            "loginIds": [login_id],
            "userId": self.holder.user,
            "name": "Sandbox User",
            "email": LOGIN_ID,
            "phone": "",
            "verifiedEmail": true,
            "verifiedPhone": false,
            "roleNames": ROLES,
            "userTenants": [
                {"tenantId": TENANT, "roleNames": ROLES, "tenantName": "Sandbox Tenant", "permissions": PERMISSIONS},
            ],
            "status": "enabled",
            "externalIds": [login_id],
            "picture": "",
            "test": false,
            "customAttributes": {"plan": "gold", "seats": 3},
            "createdTime": CREATED,
            "TOTP": false,
            "SAML": false,
            "OAuth": {},
            "webauthn": false,
            "password": true,
            "ssoAppIds": [],
            "givenName": "Sandbox",
            "middleName": "",
            "familyName": "User",
            "editable": true,
            "SCIM": false,
            "push": false,
            "permissions": PERMISSIONS,
            "OIDC": false,
            "consentExpiration": 0,
        })
    }
}

fn rfc3339(unix_seconds: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(unix_seconds)).to_string()
}

const LOGIN_ID: &str = "user@example.com";
const TENANT: &str = "T2sandboxsandboxsandboxsandb";
const ROLES: [&str; 1] = ["reader"];
const PERMISSIONS: [&str; 1] = ["read"];
/// 2026-01-01T00:00:00Z.
const CREATED: u64 = 1_767_225_600;
