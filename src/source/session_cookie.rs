//! Cookies of a reply. Their values are secrets, which no message repeats.

use crate::{exchange::Reply, session::Jwt};

/// Returns the names and values of the cookies that a reply sets.
pub(super) fn cookies(reply: &Reply) -> impl Iterator<Item = (&str, &str)> {
    let cookies = reply.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    pairs.map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
}

/// Whether a cookie holds a session: `DS`, or a JWT under the name of a project's own that is no refresh token.
pub(super) fn has_session(reply: &Reply) -> bool {
    let is_named = |name: &str| ["DS", "__Host-DS", "__Secure-DS"].contains(&name);
    let is_session = |value: &str| Jwt::parse(value).is_ok_and(|jwt| !jwt.is_refresh_token);
    cookies(reply)
        .any(|(name, value)| name != REFRESH_COOKIE && (is_named(name) && !value.is_empty() || is_session(value)))
}

/// The cookie of the refresh token in Descope's SDKs.
pub(super) const REFRESH_COOKIE: &str = "DSR";
