//! Why a proxy opens no tunnel, in words with the remedy: for the daemon and for `check --online`.

use super::{NetworkPath, Route, Untunnelled};

impl Route {
    /// Returns the proxy and why it opens no tunnel to `target`; `None` without a proxy.
    pub fn refused_words(&self, refusal: &Untunnelled, target: &str) -> Option<String> {
        let Self::Proxy { variable, host, port, has_login, .. } = self else { return None };
        let why = match refusal {
            Untunnelled::Refused { status: 407, schemes } => login_words(schemes, variable, *has_login),
            Untunnelled::Refused { status, .. } => format!(
                "refuses to connect to `{target}` (HTTP {status}); let its operator allow that host, or name it in `NO_PROXY` if it can be \
                 reached directly"
            ),
            Untunnelled::Page => format!(
                "answers CONNECT with 200 and then sends HTTP instead of TLS, as the sign-in page of a network does; sign in there, or \
                 name a proxy for https in `{variable}`"
            ),
            Untunnelled::Cut { why } => {
                format!("answers CONNECT with 200, and then {why}; can it reach `{target}`, and does it allow it?")
            }
            Untunnelled::Broken { why } => format!("gives no tunnel: {why}; is it a proxy for https, at that port?"),
            Untunnelled::Slow(time) => {
                format!("gives no tunnel within {}; can it reach `{target}`?", humantime::format_duration(*time))
            }
        };
        Some(format!("`{host}:{port}`, which `{variable}` names, {why}"))
    }
}

impl NetworkPath {
    /// Returns what to look at if no connection was made in time; `None` without a proxy, where the first words say it all.
    pub(in crate::exchange) fn slow_words(&self) -> Option<String> {
        let Route::Proxy { variable, host, port, .. } = &self.route else { return None };
        Some(format!(
            "through the proxy `{host}:{port}`, which `{variable}` names; does it respond, and can it reach `{}`?",
            self.host
        ))
    }
}

/// Words for HTTP 407. Only the scheme Basic is supported.
fn login_words(schemes: &[String], variable: &str, has_login: bool) -> String {
    let takes_basic = schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    match (schemes.is_empty(), takes_basic, has_login) {
        (true, _, true) => format!(
            "does not take the user and password in it, and names no scheme (HTTP 407 without `Proxy-Authenticate`); correct them in \
             `{variable}`, or ask its operator"
        ),
        (true, _, false) => format!(
            "wants a login and names no scheme (HTTP 407 without `Proxy-Authenticate`); write `http://user:password@host:port` into \
             `{variable}`, or ask its operator"
        ),
        (false, true, true) => {
            format!("does not take the user and password in it (HTTP 407); correct them in `{variable}`")
        }
        (false, true, false) => format!(
            "wants a user and a password (HTTP 407); write them as `http://user:password@host:port` into `{variable}`"
        ),
        (false, false, _) => format!(
            "wants a login by {} (HTTP 407), which tokenwell does not support; name a local proxy that logs in there, such as px or cntlm, \
             in `{variable}`, or let its operator offer Basic",
            schemes.join(" or ")
        ),
    }
}
