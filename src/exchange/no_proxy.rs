//! The hosts that are reached without a proxy: the list in `NO_PROXY`.
//!
//! The rules are those of curl. What curl matches with nothing and others read is read as they mean it: a port, `*.` before a
//! name, an IPv6 address in brackets, and networks of IPv6.

use std::net::IpAddr;

/// Returns the item of a list that exempts a host. `host` is without brackets.
///
/// Items are separated by commas and white space. `*` alone is every host. A name is itself and every name below it, with or
/// without a dot before or after; `*.` before it leaves the name itself out. An address is itself, and a network (CIDR) every
/// address in it. A port after an item limits it to that port.
pub(super) fn exempting_item<'a>(list: &'a str, host: &str, port: u16) -> Option<&'a str> {
    if list == "*" {
        return Some(list);
    }
    let host = Host::of(host);
    list.split(|letter: char| letter == ',' || letter.is_ascii_whitespace()).find(|item| host.is_matched_by(item, port))
}

enum Host {
    Address(IpAddr),
    /// In lower case, without the dot at its end.
    Name(String),
}

impl Host {
    fn of(text: &str) -> Self {
        match address(text) {
            Some(address) => Self::Address(address),
            None => Self::Name(without_last_dot(text).to_ascii_lowercase()),
        }
    }

    fn is_matched_by(&self, item: &str, port: u16) -> bool {
        let (item, only_port) = split_port(item);
        if only_port.is_some_and(|only| only != port) {
            return false;
        }
        match self {
            Self::Address(host) => match item.rsplit_once('/') {
                Some((network, bits)) => address(network).is_some_and(|network| is_in(*host, network, bits)),
                None => address(item) == Some(*host),
            },
            Self::Name(host) => is_below(host, item),
        }
    }
}

fn is_below(host: &str, item: &str) -> bool {
    let item = without_last_dot(item).to_ascii_lowercase();
    let (item, is_itself_left_out) = match item.strip_prefix("*.") {
        Some(below) => (below, true),
        None => (item.strip_prefix('.').unwrap_or(&item), false),
    };
    match host.strip_suffix(item).filter(|_| !item.is_empty()) {
        Some("") => !is_itself_left_out,
        Some(before) => before.ends_with('.'),
        None => false,
    }
}

fn is_in(host: IpAddr, network: IpAddr, bits: &str) -> bool {
    let (host, network, width) = match (host, network) {
        (IpAddr::V4(host), IpAddr::V4(network)) => (u128::from(host.to_bits()), u128::from(network.to_bits()), 32),
        (IpAddr::V6(host), IpAddr::V6(network)) => (host.to_bits(), network.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    let bits = bits.parse::<u32>().ok().filter(|bits| *bits <= width);
    bits.is_some_and(|bits| (host ^ network).checked_shr(width - bits).unwrap_or(0) == 0)
}

/// Parses an address, which may be in brackets and have a zone.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let text = text.split_once('%').map_or(text, |(address, _zone)| address);
    without_last_dot(text).parse().ok()
}

/// Splits a port from an item. An IPv6 address has one after brackets only.
fn split_port(item: &str) -> (&str, Option<u16>) {
    let split = item.rsplit_once(':').filter(|(before, _)| before.ends_with(']') || !before.contains(':'));
    match split.and_then(|(before, port)| Some((before, port.parse().ok()?))) {
        Some((before, port)) => (before, Some(port)),
        None => (item, None),
    }
}

fn without_last_dot(text: &str) -> &str {
    text.strip_suffix('.').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// List, host, port, whether the host is exempt.
    type Row = (&'static str, &'static str, u16, bool);

    /// What curl 7.88 does too.
    #[rustfmt::skip] // a table reads by its lines
    const AS_CURL: &[Row] = &[
        ("*", "api.example.com", 443, true),
        ("*", "10.1.2.3", 443, true),
        ("*", "::1", 443, true),
        ("foo,*", "api.example.com", 443, false),
        ("foo, *", "10.1.2.3", 443, false),
        (" * ", "api.example.com", 443, false),
        ("localhost.", "localhost", 443, true),
        ("localhost", "localhost.", 443, true),
        ("example.com", "example.com", 443, true),
        ("example.com", "api.example.com", 443, true),
        (".example.com", "api.example.com", 443, true),
        (".example.com", "example.com", 443, true),
        ("example.com.", "api.example.com", 443, true),
        ("example.com", "api.example.com.", 443, true),
        ("*.example.com", "example.com", 443, false),
        ("EXAMPLE.com", "api.example.COM", 443, true),
        ("xample.com", "example.com", 443, false),
        (" example.com ", "api.example.com", 443, true),
        ("foo\texample.com", "api.example.com", 443, true),
        ("foo example.com", "api.example.com", 443, true),
        ("foo,,example.com", "api.example.com", 443, true),
        (",", "api.example.com", 443, false),
        ("example.com:8443", "api.example.com", 443, false),
        ("10.1.2.3", "10.1.2.3", 443, true),
        ("10.1.2.0/24", "10.1.2.3", 443, true),
        ("10.1.3.0/24", "10.1.2.3", 443, false),
        ("10.1.2.3/8", "10.9.9.9", 443, true),
        ("10.1.2.3/32", "10.1.2.3", 443, true),
        ("10.1.2.0/33", "10.1.2.3", 443, false),
        ("10.", "10.1.2.3", 443, false),
        ("2.3", "10.1.2.3", 443, false),
        (".2.3", "10.1.2.3", 443, false),
        ("127.0.0.1/8", "127.9.9.9", 443, true),
        ("::1", "::1", 443, true),
        ("..example.com", "api.example.com", 443, false),
        ("http://example.com", "api.example.com", 443, false),
    ];

    /// What curl 7.88 matches with nothing.
    #[rustfmt::skip] // a table reads by its lines
    const BEYOND_CURL: &[Row] = &[
        ("*.example.com", "api.example.com", 443, true),
        ("example.com:8443", "api.example.com", 8443, true),
        ("example.com:443", "api.example.com", 443, true),
        ("10.1.2.3:8443", "10.1.2.3", 8443, true),
        ("10.0.0.0/0", "192.168.1.1", 443, true),
        ("[::1]", "::1", 443, true),
        ("[::1]:443", "::1", 443, true),
        ("[::1]:8443", "::1", 443, false),
        ("fd00::/8", "fd12::1", 443, true),
        ("[fd00::]/8", "fd12::1", 443, true),
        ("fd00::/8", "fe80::1", 443, false),
        ("0:0:0:0:0:0:0:1", "::1", 443, true),
        ("fe80::1%eth0", "fe80::1", 443, true),
        ("::/0", "10.1.2.3", 443, false),
    ];

    #[test]
    fn hosts_are_exempt_as_with_curl_and_a_little_beyond() {
        for (list, host, port, is_exempt) in AS_CURL.iter().chain(BEYOND_CURL) {
            assert_eq!(exempting_item(list, host, *port).is_some(), *is_exempt, "{list:?} for {host}:{port}");
        }
        assert_eq!(exempting_item("a.example, b.example", "x.b.example", 443), Some("b.example"));
    }
}
