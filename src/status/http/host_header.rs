//! Under which names this machine may be asked by loopback.
//!
//! A page of somebody else's, whose name was made to lead to 127.0.0.1 (DNS rebinding), could else read from loopback what it
//! cannot reach by itself: to the browser it would be its own site.

use std::net::IpAddr;

use http::{HeaderMap, header::HOST, uri::Authority};
use rustix::system::uname;

/// Whether the request is for this machine by a name that nobody else can have. A client that names nobody is no browser.
pub(super) fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let Some(named) = headers.get(HOST) else { return true };
    let Ok(authority) = Authority::try_from(named.as_bytes()) else { return false };
    let host = authority.host().to_ascii_lowercase();
    if host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok() {
        return true;
    }
    let host = host.strip_suffix('.').unwrap_or(&host);
    // RFC 6761 keeps `localhost` and all below it for loopback.
    host == "localhost" || host.ends_with(".localhost") || is_own(host, &uname().nodename().to_string_lossy())
}

/// With its domain, if the machine knows it, or without.
fn is_own(host: &str, node: &str) -> bool {
    let node = node.to_ascii_lowercase();
    let label = node.split('.').next().unwrap_or_default();
    !label.is_empty() && (host == node || host == label)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn loopback_has_the_names_that_nobody_else_can_have() {
        let asked = |host: &str| {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())]);
            is_for_this_machine(&headers)
        };
        let node = uname().nodename().to_string_lossy().to_string();
        for ours in [
            "localhost",
            "LOCALHOST:9465",
            "localhost.",
            "localhost.:9465",
            "tokenwell.localhost",
            "a.b.localhost.:1",
            "127.0.0.1",
            "10.1.2.3:80",
            "[::1]:9465",
            node.as_str(),
            &format!("{}:9465", node.to_uppercase()),
        ] {
            assert!(asked(ours), "{ours}");
        }
        for others in [
            "evil.example",
            "localhost.evil.example",
            "xlocalhost",
            ".example",
            "127.0.0.1.nip.io",
            &format!("{node}.evil.example"),
            "a b",
            "",
        ] {
            assert!(!asked(others), "{others}");
        }
        assert!(is_for_this_machine(&HeaderMap::new()));
    }

    #[test]
    fn a_machine_that_knows_its_domain_is_known_without_it_and_by_no_other() {
        for (host, node, is_ours) in [
            ("build7", "build7", true),
            ("build7.corp.example", "Build7.corp.example", true),
            ("build7", "build7.corp.example", true),
            ("build7.corp.example", "build7", false),
            ("build7.evil.example", "build7.corp.example", false),
            ("corp.example", "build7.corp.example", false),
            ("", "", false),
            ("", ".corp.example", false),
        ] {
            assert_eq!(is_own(host, node), is_ours, "{host} on {node}");
        }
    }
}
