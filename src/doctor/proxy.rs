//! The proxy: which one applies by which variable, and whether it lets us through.

use std::time::Duration;

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    exchange::{Anchors, Connected, NetworkPath, Route, Tunnel, Untunnelled},
};

/// The way through as it went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProxyProbe {
    route: Route,
    target: String,
    time: Duration,
    refusal: Option<Untunnelled>,
}

/// Asks the proxy for a tunnel, where one applies.
pub(super) async fn look(
    way: &NetworkPath,
    connected: Connected,
    anchors: &Anchors,
    timeout: Duration,
) -> (ProxyProbe, Option<Tunnel>) {
    let began = clock::now();
    let road = way.tunnel(connected, anchors, timeout).await;
    let time = clock::now() - began;
    let (road, refusal) = match road {
        Ok(road) => (Some(road), None),
        Err(refusal) => (None, Some(refusal)),
    };
    (ProxyProbe { route: way.route().clone(), target: way.host().to_owned(), time, refusal }, road)
}

impl ProxyProbe {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Self { route, target, time, refusal } = self;
        let finding = match route {
            Route::Direct => Finding::passed(SUBJECT, "none: neither `HTTPS_PROXY` nor `ALL_PROXY` is set"),
            Route::PlainHttp => {
                Finding::passed(SUBJECT, "none: plain http goes by no proxy, which would see the access key")
            }
            Route::Exempt { variable, exempting } => {
                Finding::passed(SUBJECT, format!("none: `{exempting}` takes `{target}` out of what `{variable}` says"))
            }
            Route::Proxy { variable, host, port, has_login, .. } => {
                let which = format!("`{host}:{port}`, which `{variable}` names,");
                match refusal {
                    None => {
                        Finding::passed(SUBJECT, format!("{which} lets us through to `{target}` ({})", took(*time)))
                    }
                    Some(refusal) => {
                        Finding::failed(SUBJECT, format!("{which} {}", refused(refusal, target, variable, *has_login)))
                    }
                }
            }
        };
        vec![finding]
    }
}

fn refused(refusal: &Untunnelled, target: &str, variable: &str, has_login: bool) -> String {
    match refusal {
        Untunnelled::Refused { status: 407 } if has_login => {
            format!("does not take the user and password in it (HTTP 407); correct them in `{variable}`")
        }
        Untunnelled::Refused { status: 407 } => {
            format!(
                "wants a user and a password (HTTP 407); write them as `http://user:password@host:port` into `{variable}`"
            )
        }
        Untunnelled::Refused { status } => format!(
            "refuses to connect to `{target}` (HTTP {status}); let its operator allow that host, or name it in `NO_PROXY` \
             if it can be reached directly"
        ),
        Untunnelled::Broken { why } => format!("gives no tunnel: {why}; is it a proxy for https, at that port?"),
        Untunnelled::Slow(time) => {
            format!("gives no tunnel within {}; can it reach `{target}`?", humantime::format_duration(*time))
        }
    }
}

const SUBJECT: &str = "proxy";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_through_has_its_words() {
        let proxy = |has_login| Route::Proxy {
            variable: "https_proxy",
            host: "proxy.corp".to_owned(),
            port: 3128,
            is_tls: false,
            has_login,
        };
        let exempt = Route::Exempt { variable: "ALL_PROXY", exempting: "no_proxy" };
        let cases = [
            (Route::Direct, None),
            (Route::PlainHttp, None),
            (exempt, None),
            (proxy(true), None),
            (proxy(true), Some(Untunnelled::Refused { status: 407 })),
            (proxy(false), Some(Untunnelled::Refused { status: 407 })),
            (proxy(false), Some(Untunnelled::Refused { status: 403 })),
            (proxy(false), Some(Untunnelled::Broken { why: "it does not speak HTTP".to_owned() })),
            (proxy(false), Some(Untunnelled::Slow(Duration::from_secs(3)))),
        ];
        let told = cases.map(|(route, refusal)| {
            let seen =
                ProxyProbe { route, target: "api.descope.com".to_owned(), time: Duration::from_millis(3), refusal };
            let finding = seen.findings().remove(0);
            format!("{:?} {}", finding.verdict, finding.text)
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        Passed none: neither `HTTPS_PROXY` nor `ALL_PROXY` is set
        Passed none: plain http goes by no proxy, which would see the access key
        Passed none: `no_proxy` takes `api.descope.com` out of what `ALL_PROXY` says
        Passed `proxy.corp:3128`, which `https_proxy` names, lets us through to `api.descope.com` (3ms)
        Failed `proxy.corp:3128`, which `https_proxy` names, does not take the user and password in it (HTTP 407); correct them in `https_proxy`
        Failed `proxy.corp:3128`, which `https_proxy` names, wants a user and a password (HTTP 407); write them as `http://user:password@host:port` into `https_proxy`
        Failed `proxy.corp:3128`, which `https_proxy` names, refuses to connect to `api.descope.com` (HTTP 403); let its operator allow that host, or name it in `NO_PROXY` if it can be reached directly
        Failed `proxy.corp:3128`, which `https_proxy` names, gives no tunnel: it does not speak HTTP; is it a proxy for https, at that port?
        Failed `proxy.corp:3128`, which `https_proxy` names, gives no tunnel within 3s; can it reach `api.descope.com`?
        ");
    }
}
