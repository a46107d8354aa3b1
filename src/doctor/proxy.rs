//! The proxy: which variable names it, and whether it opens a tunnel.

use std::time::Duration;

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    exchange::{Anchors, Connected, NetworkPath, Route, Tunnel, Untunnelled},
};

/// Result of the request for a tunnel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProxyProbe {
    route: Route,
    target: String,
    time: Duration,
    refusal: Option<Untunnelled>,
}

/// Asks the proxy for a tunnel, if there is a proxy.
pub(super) async fn probe(
    network_path: &NetworkPath,
    connected: Connected,
    anchors: Option<&Anchors>,
    timeout: Duration,
) -> (ProxyProbe, Option<Tunnel>) {
    let began = clock::now();
    let tunnel = match (network_path.tunnel(connected, anchors, timeout).await, network_path.route()) {
        (Ok(tunnel), Route::Proxy { .. }) => tunnel.expect_silence().await,
        (tunnel, _) => tunnel,
    };
    let time = clock::now() - began;
    let (tunnel, refusal) = match tunnel {
        Ok(tunnel) => (Some(tunnel), None),
        Err(refusal) => (None, Some(refusal)),
    };
    (ProxyProbe { route: network_path.route().clone(), target: network_path.host().to_owned(), time, refusal }, tunnel)
}

impl ProxyProbe {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Self { route, target, time, refusal } = self;
        let finding = match route {
            Route::Direct => Finding::passed(SUBJECT, "none: neither `HTTPS_PROXY` nor `ALL_PROXY` is set"),
            Route::PlainHttp => {
                Finding::passed(SUBJECT, "none: plain http uses no proxy, because a proxy would see the secret")
            }
            Route::Exempt { variable, exempting, item } => Finding::passed(
                SUBJECT,
                format!("none: the item `{item}` of `{exempting}` exempts `{target}` from `{variable}`"),
            ),
            Route::Proxy { variable, host, port, .. } => {
                let refused = refusal.as_ref().and_then(|refusal| route.tunnel_cause(refusal, target));
                match refused {
                    None => Finding::passed(
                        SUBJECT,
                        format!(
                            "`{host}:{port}`, which `{variable}` names, opens a tunnel to `{target}` ({})",
                            took(*time)
                        ),
                    ),
                    Some(cause) => Finding::failed(SUBJECT, cause.to_string()),
                }
            }
        };
        vec![finding]
    }
}

const SUBJECT: &str = "proxy";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_and_refusal_has_its_message() {
        let proxy = |has_login| Route::Proxy {
            variable: "https_proxy",
            host: "proxy.corp".to_owned(),
            port: 3128,
            is_tls: false,
            has_login,
        };
        let refused = |status, schemes: &[&str]| Untunnelled::Refused {
            status,
            schemes: schemes.iter().map(|scheme| (*scheme).to_owned()).collect(),
        };
        let exempt = Route::Exempt { variable: "ALL_PROXY", exempting: "no_proxy", item: "descope.com".to_owned() };
        let cases = [
            (Route::Direct, None),
            (Route::PlainHttp, None),
            (exempt, None),
            (proxy(true), None),
            (proxy(true), Some(refused(407, &["Basic"]))),
            (proxy(false), Some(refused(407, &["Negotiate", "basic"]))),
            (proxy(true), Some(refused(407, &["Negotiate", "NTLM"]))),
            (proxy(true), Some(refused(407, &[]))),
            (proxy(false), Some(refused(407, &[]))),
            (proxy(false), Some(refused(403, &[]))),
            (proxy(false), Some(Untunnelled::Page)),
            (proxy(false), Some(Untunnelled::Broken { why: "it does not speak HTTP".to_owned() })),
            (proxy(false), Some(Untunnelled::Slow(Duration::from_secs(3)))),
        ];
        let lines = cases.map(|(route, refusal)| {
            let probe =
                ProxyProbe { route, target: "api.descope.com".to_owned(), time: Duration::from_millis(3), refusal };
            let finding = probe.findings().remove(0);
            format!("{:?} {}", finding.status, finding.text)
        });
        insta::assert_snapshot!(lines.join("\n"), @r"
        Passed none: neither `HTTPS_PROXY` nor `ALL_PROXY` is set
        Passed none: plain http uses no proxy, because a proxy would see the secret
        Passed none: the item `descope.com` of `no_proxy` exempts `api.descope.com` from `ALL_PROXY`
        Passed `proxy.corp:3128`, which `https_proxy` names, opens a tunnel to `api.descope.com` (3ms)
        Failed `proxy.corp:3128`, which `https_proxy` names, does not take the user and password in it (HTTP 407); correct them in `https_proxy`, with special characters as in URLs, such as `%40` for `@`
        Failed `proxy.corp:3128`, which `https_proxy` names, wants a user and a password (HTTP 407); write them as `http://user:password@host:port` into `https_proxy`, with special characters as in URLs, such as `%40` for `@`
        Failed `proxy.corp:3128`, which `https_proxy` names, wants a login by Negotiate or NTLM (HTTP 407), which tokenwell does not support; name a local proxy that logs in there, such as px or cntlm, in `https_proxy`, or let its operator offer Basic
        Failed `proxy.corp:3128`, which `https_proxy` names, does not take the user and password in it, and names no scheme (HTTP 407 without `Proxy-Authenticate`); correct them in `https_proxy`, or ask its operator
        Failed `proxy.corp:3128`, which `https_proxy` names, wants a login and names no scheme (HTTP 407 without `Proxy-Authenticate`); write `http://user:password@host:port` into `https_proxy`, or ask its operator
        Failed `proxy.corp:3128`, which `https_proxy` names, refuses to connect to `api.descope.com` (HTTP 403); let its operator allow that host, or name it in `NO_PROXY` if it can be reached directly
        Failed `proxy.corp:3128`, which `https_proxy` names, answers CONNECT with success and then sends HTTP instead of TLS, as the sign-in page of a network does; sign in there, or name a proxy for https in `https_proxy`
        Failed `proxy.corp:3128`, which `https_proxy` names, gives no tunnel: it does not speak HTTP; is it a proxy for https, at that port?
        Failed `proxy.corp:3128`, which `https_proxy` names, gives no tunnel within 3s; does it respond, and can it reach `api.descope.com`?
        ");
    }
}
