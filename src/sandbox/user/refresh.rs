//! `POST /v1/auth/refresh`: a refresh JWT becomes a session, and with rotation a new refresh JWT.

use std::io;

use http::HeaderMap;

use super::refresh_token;
use super::session::UserSession;
use crate::sandbox::answer::Shape;
use crate::sandbox::bearer::Bearer;
use crate::sandbox::context::{Context, Decision};
use crate::sandbox::descope;
use crate::sandbox::details::{Details, Parsed, Presented};
use crate::sandbox::reply::Reply;
use crate::sandbox::request_json::Members;
use crate::secret::Secret;

/// A well-formed request. Its `externalToken`, a session of another vendor, is only recorded.
pub(in crate::sandbox) struct RefreshRequest {
    bearer: Bearer,
}

impl RefreshRequest {
    pub(in crate::sandbox) fn parse(headers: &HeaderMap, body: Result<&[u8], &Reply>) -> Parsed<Self> {
        let bearer = Bearer::of(headers);
        let external_token = body.map_err(Clone::clone).and_then(|body| Members::of(body)?.text("externalToken"));
        let external_print = external_token.as_ref().ok().and_then(Option::clone);
        let external_print = external_print.map(|token| Secret::new(token).fingerprint());
        let presented = Presented::in_bearer(bearer.as_ref(), Details::Refresh { external_token: external_print });
        let request = bearer
            .ok_or_else(|| descope::MISSING_REFRESH.reply())
            .and_then(|bearer| external_token.map(|_recorded| Self { bearer }));
        Parsed { presented, request }
    }

    /// Decides by the settings; a forced shape gives any refresh JWT a session.
    pub(in crate::sandbox) fn decide(&self, forced: Option<&Shape>, context: &Context<'_>) -> io::Result<Decision> {
        let presented = match forced {
            Some(_) => Ok(refresh_token::present_forced(&self.bearer, context)),
            None => refresh_token::present(&self.bearer, context),
        };
        let holder = match presented {
            Ok(holder) => holder,
            Err(refusal) => return Ok(Decision::Replied(refusal)),
        };
        let with_refresh = context.settings().rotate_refresh_tokens;
        let session = UserSession { holder: &holder, with_refresh, login_id: None, stepup: false };
        session.reply(forced.unwrap_or(&Shape::default()), context).map(Decision::Session)
    }
}
