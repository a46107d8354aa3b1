//! Why a step of the network path failed, in words with the remedy: for the daemon and for `check --online`.

use std::fmt;

use super::{LookUpError, NetworkPath, NoConnection, NotConnected, Route, Untunnelled};
use crate::blocking::LIMITS;

/// Why a step failed, and what a person can do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    /// What happened.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// Writes both, separated by a semicolon.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

impl Cause {
    /// Returns the cause with the proxy as the subject of what happened.
    pub(in crate::exchange) fn by_proxy(self) -> Self {
        Self { what: format!("the proxy {}", self.what), ..self }
    }
}

impl NetworkPath {
    /// Returns why the name of the first host has no address.
    pub fn look_up_cause(&self, error: &LookUpError) -> Cause {
        let (host, _) = self.first();
        let (whose, setting) = match &self.route {
            Route::Proxy { variable, .. } => ("the proxy ", *variable),
            Route::Direct | Route::Exempt { .. } | Route::PlainHttp => ("", self.setting),
        };
        let remedy = match error {
            LookUpError::NoThread(_) => LIMITS.to_owned(),
            error if error.is_temporary() => NAME_SERVERS.to_owned(),
            _ => format!("correct the host in `{setting}`, or see whether this machine's name servers know that name"),
        };
        Cause { what: format!("{whose}`{host}` cannot be looked up: {}", error.words()), remedy }
    }

    /// Returns why no address of the first host accepted a connection.
    pub fn connect_cause(&self, attempts: &[NotConnected]) -> Cause {
        let (_, port) = self.first();
        let (whose, setting) = match &self.route {
            Route::Proxy { variable, .. } => ("the proxy ", *variable),
            Route::Direct | Route::Exempt { .. } | Route::PlainHttp => ("", self.setting),
        };
        let all_are = |is: fn(&NoConnection) -> bool| attempts.iter().all(|attempt| is(&attempt.why));
        let question = if all_are(|why| matches!(why, NoConnection::Failed(words) if words == REFUSED)) {
            format!("does a server listen at port {port} there?")
        } else if all_are(|why| matches!(why, NoConnection::Slow(_))) {
            format!("does the firewall, network policy or egress rule let port {port} out?")
        } else {
            format!(
                "does this machine have a route there, and does the firewall or network policy let port {port} out?"
            )
        };
        let each: Vec<_> = attempts.iter().map(|NotConnected { address, why }| format!("{address}: {why}")).collect();
        Cause {
            what: format!("no connection to {whose}{}", each.join(", ")),
            remedy: format!("is `{setting}` right, and {question}"),
        }
    }

    /// Returns why the proxy opens no tunnel, or none that works; `None` without a proxy.
    pub fn tunnel_cause(&self, refusal: &Untunnelled) -> Option<Cause> {
        self.route.tunnel_cause(refusal, &self.host)
    }
}

impl Route {
    /// Returns the proxy and why it opens no tunnel to `target`; `None` without a proxy.
    pub fn tunnel_cause(&self, refusal: &Untunnelled, target: &str) -> Option<Cause> {
        let Self::Proxy { variable, host, port, has_login, is_tls } = self else { return None };
        let (why, remedy) = match refusal {
            Untunnelled::Refused { status, schemes } => status_words(*status, schemes, variable, *has_login, target),
            Untunnelled::Page => (
                "answers CONNECT with success and then sends HTTP instead of TLS, as the sign-in page of a network does".to_owned(),
                format!("sign in there, or name a proxy for https in `{variable}`"),
            ),
            Untunnelled::Cut { why } => (
                format!("answers CONNECT with success, and then {why}"),
                format!("can it reach `{target}`, and does it allow it?"),
            ),
            Untunnelled::Broken { why } if *is_tls => {
                (format!("gives no tunnel: {why}"), "is it a proxy that speaks TLS itself (`https://`), at that port?".to_owned())
            }
            Untunnelled::Broken { why } => {
                (format!("gives no tunnel: {why}"), "is it a proxy for https, at that port?".to_owned())
            }
            Untunnelled::Untrusted { why } => (
                format!("gives no tunnel, because TLS with the proxy itself fails: {why}"),
                format!("correct that at the proxy, or write `http://` into `{variable}` if it is reached without TLS"),
            ),
            Untunnelled::Unsupported { what } => (
                format!("opens the tunnel with {what}, which tokenwell's HTTP library does not read"),
                format!("let its operator answer CONNECT with HTTP 200 and a short header, or name another proxy in `{variable}`"),
            ),
            Untunnelled::Slow(time) => (
                format!("gives no tunnel within {}", humantime::format_duration(*time)),
                format!("does it respond, and can it reach `{target}`?"),
            ),
        };
        Some(Cause { what: format!("`{host}:{port}`, which `{variable}` names, {why}"), remedy })
    }
}

/// Words for a status that is no success.
fn status_words(status: u16, schemes: &[String], variable: &str, has_login: bool, target: &str) -> (String, String) {
    match status {
        407 => login_words(schemes, variable, has_login),
        300..=399 => (
            format!("redirects CONNECT (HTTP {status}), as the sign-in page of a network does"),
            format!("sign in there, or name a proxy for https in `{variable}`"),
        ),
        // By RFC 9110 this asks for a login at a server; some proxies send it for their own.
        401 => (
            format!("wants a login for `{target}` (HTTP 401)"),
            format!("write `http://user:password@host:port` into `{variable}`, or ask its operator"),
        ),
        400 | 404 | 405 | 501 => (
            format!("does not understand CONNECT (HTTP {status})"),
            format!("is it a proxy for https, at that port? Name one in `{variable}`"),
        ),
        429 => (format!("asks to slow down (HTTP {status})"), "ask its operator to raise the limit".to_owned()),
        502..=504 | 520..=530 => (
            format!("cannot reach `{target}` itself (HTTP {status})"),
            "let its operator see whether it can look up and reach that host, or name the host in `NO_PROXY` if it can be reached directly".to_owned(),
        ),
        500..=599 => (format!("fails (HTTP {status})"), "let its operator see its log".to_owned()),
        _ => (
            format!("refuses to connect to `{target}` (HTTP {status})"),
            "let its operator allow that host, or name it in `NO_PROXY` if it can be reached directly".to_owned(),
        ),
    }
}

/// Words for HTTP 407. Only the scheme Basic is supported.
fn login_words(schemes: &[String], variable: &str, has_login: bool) -> (String, String) {
    let takes_basic = schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    let write = format!("write `http://user:password@host:port` into `{variable}`, or ask its operator");
    let correct = format!("correct them in `{variable}`");
    match (schemes.is_empty(), takes_basic, has_login) {
        (true, _, true) => (
            "does not take the user and password in it, and names no scheme (HTTP 407 without `Proxy-Authenticate`)"
                .to_owned(),
            format!("{correct}, or ask its operator"),
        ),
        (true, _, false) => {
            ("wants a login and names no scheme (HTTP 407 without `Proxy-Authenticate`)".to_owned(), write)
        }
        (false, true, true) => {
            ("does not take the user and password in it (HTTP 407)".to_owned(), format!("{correct}, {ESCAPES}"))
        }
        (false, true, false) => (
            "wants a user and a password (HTTP 407)".to_owned(),
            format!("write them as `http://user:password@host:port` into `{variable}`, {ESCAPES}"),
        ),
        (false, false, _) => (
            format!("wants a login by {} (HTTP 407), which tokenwell does not support", schemes.join(" or ")),
            format!(
                "name a local proxy that logs in there, such as px or cntlm, in `{variable}`, or let its operator offer Basic"
            ),
        ),
    }
}

/// The remedy if the name servers do not answer.
pub(in crate::exchange) const NAME_SERVERS: &str = "see which name servers `/etc/resolv.conf` names, and whether a firewall or network policy lets DNS through (port 53)";
const ESCAPES: &str = "with special characters as in URLs, such as `%40` for `@`";
const REFUSED: &str = "connection refused";
