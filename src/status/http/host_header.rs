//! Checks the `Host` header of requests by loopback, against DNS rebinding.
//!
//! Otherwise a foreign web page, whose name resolves to 127.0.0.1, could read from loopback: the browser would treat the
//! response as the page's own site.

use std::net::IpAddr;

use http::{HeaderMap, header::HOST, uri::Authority};
use rustix::system::uname;

use super::host_pattern::AllowedHosts;

/// Whether the host is a name that only this machine can have, or one that is allowed. A request without `Host` does not
/// come from a browser.
pub(super) fn is_for_this_machine(headers: &HeaderMap, allowed: &AllowedHosts) -> bool {
    let Some(named) = headers.get(HOST) else { return true };
    let Ok(authority) = Authority::try_from(named.as_bytes()) else { return false };
    let host = authority.host().to_ascii_lowercase();
    if host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok() {
        return true;
    }
    let host = host.strip_suffix('.').unwrap_or(&host);
    // RFC 6761 reserves `localhost` and its subdomains for loopback.
    host == "localhost"
        || host.ends_with(".localhost")
        || is_own(host, &uname().nodename().to_string_lossy())
        || allowed.allow(host)
}

/// Whether the host is this machine's name, without or with its domain.
fn is_own(host: &str, node: &str) -> bool {
    let node = node.to_ascii_lowercase();
    let label = node.split('.').next().unwrap_or_default();
    !label.is_empty() && (host == node || host == label)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::status::http::host_pattern::HostPattern;

    #[test]
    fn only_names_of_this_machine_are_accepted() {
        let accepted = |host: &str| {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())]);
            is_for_this_machine(&headers, &AllowedHosts::default())
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
            assert!(accepted(ours), "{ours}");
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
            assert!(!accepted(others), "{others}");
        }
        assert!(is_for_this_machine(&HeaderMap::new(), &AllowedHosts::default()));
    }

    #[test]
    fn a_name_of_the_configuration_is_accepted_with_any_port() {
        let allowed = AllowedHosts::new(vec![HostPattern::parse("*.corp.example").unwrap()]);
        for (host, is_accepted) in [
            ("status.corp.example", true),
            ("STATUS.Corp.Example.:8443", true),
            ("corp.example", false),
            ("status.corp.example.evil.example", false),
        ] {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())]);
            assert_eq!(is_for_this_machine(&headers, &allowed), is_accepted, "{host}");
        }
    }

    #[test]
    fn a_machine_has_its_name_without_or_with_its_own_domain() {
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
