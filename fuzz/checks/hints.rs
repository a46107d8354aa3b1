//! Short texts of servers and environments: how long to wait, what time it is, and which hosts no proxy is for.
//!
//! ```text
//! retry-after: 30
//! date: Mon, 23 Nov 2026 12:00:00 GMT
//! no-proxy: .example.com, 10.0.0.0/8
//! host: api.example.com
//! ```

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokenwell::{
    exchange::{BaseUrl, ExchangeNames, NetworkPath, Proxies, Reply, Route, refused},
    renewal::Refusal,
};

use super::{
    Judged,
    text::assert_one_line,
    world::{NOON, at},
};

/// Checks what is read of hints.
pub fn check(input: &[u8]) -> Judged {
    let Ok(text) = str::from_utf8(input) else { return Judged::Ignored };
    let lines: Vec<_> = text.lines().filter_map(|line| line.split_once(':')).take(LINES_MAX).collect();
    let value = |wanted: &str| lines.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.trim());
    check_wait(&lines);
    if let (Some(list), Some(host)) = (value("no-proxy"), value("host")) {
        check_exceptions(list, host);
    }
    if let Some(proxy) = value("proxy") {
        check_proxy(proxy);
    }
    if lines.is_empty() { Judged::Ignored } else { Judged::Accepted }
}

fn check_wait(lines: &[(&str, &str)]) {
    let mut headers = HeaderMap::new();
    for (name, value) in lines.iter().filter(|(name, _)| !["no-proxy", "host", "proxy"].contains(name)) {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value.trim()))
        else {
            return;
        };
        headers.append(name, value);
    }
    let only = |name| headers.get_all(name).iter().count() == 1;
    let reply = |status| Reply { status, headers: headers.clone(), body: Vec::new().into() };
    if let Some(date) = reply(StatusCode::OK).date() {
        let again = httpdate::parse_http_date(&httpdate::fmt_http_date(date));
        assert_eq!(again.ok(), Some(date), "printed and read again");
    }
    let wait = |status| {
        let refused = refused(&reply(status), None, &NAMES, None, at(NOON));
        assert_one_line(&refused.message, 1024);
        match refused.refusal {
            Refusal::Busy { retry_after } => {
                assert!(retry_after.is_none_or(|wait| wait <= CENTURY), "{retry_after:?}");
                Some(retry_after)
            }
            _ => None,
        }
    };
    let (limited, unavailable) = (wait(StatusCode::TOO_MANY_REQUESTS), wait(StatusCode::SERVICE_UNAVAILABLE));
    let limited = limited.expect("429 is busy");
    assert!(unavailable.is_none_or(|wait| wait == limited), "{unavailable:?} and {limited:?}");
    if let Some(seconds) = headers.get("retry-after").filter(|_| only("retry-after")) {
        let digits = seconds.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some(seconds) = digits.filter(|digits| (1..=9).contains(&digits.len())) {
            assert_eq!(limited, Some(Duration::from_secs(seconds.parse().unwrap())));
        }
    }
}

fn check_exceptions(list: &str, host: &str) {
    let Ok(url) = BaseUrl::parse(&format!("https://{host}"), false) else { return };
    let is_exempt = |list: &str| {
        let proxies = Proxies::read(|variable| match variable {
            "HTTPS_PROXY" => Some("http://proxy.example:3128".to_owned()),
            "NO_PROXY" => Some(list.to_owned()),
            _ => None,
        });
        match NetworkPath::of(&url.origin(), "baseUrl", &proxies).unwrap().route() {
            Route::Exempt { .. } => true,
            Route::Proxy { host, port, .. } => {
                assert_eq!((host.as_str(), *port), ("proxy.example", 3128));
                false
            }
            other => panic!("{other:?} with a proxy and https"),
        }
    };
    // As with curl, `*` is for all only if it is the whole list.
    if is_exempt(list) && list != "*" {
        assert!(is_exempt(&format!("{list},other.example")), "one more name takes no host away");
        assert!(is_exempt(&format!("other.example,{list}")), "one more name takes no host away");
    }
    assert!(is_exempt("*"), "`*` is for all");
    let origin = url.origin().to_string();
    let name = origin.trim_start_matches("https://");
    // In an item, a dot before a name has a meaning of its own.
    if !name.contains([':', ',', '*', '/', ' ']) && !name.starts_with('.') {
        assert!(is_exempt(&format!("other.example,{name}")), "`{name}` is for itself");
    }
}

fn check_proxy(proxy: &str) {
    let proxies = Proxies::read(|variable| (variable == "HTTPS_PROXY").then(|| proxy.to_owned()));
    let origin = BaseUrl::parse("https://api.example", false).unwrap().origin();
    match NetworkPath::of(&origin, "baseUrl", &proxies) {
        Ok(path) => match path.route() {
            Route::Proxy { host, .. } => assert!(!host.is_empty() && !host.contains(['@', '/', ' ']), "{host:?}"),
            Route::Direct => assert!(proxy.is_empty(), "a proxy that is set is used"),
            other => panic!("{other:?} without exceptions"),
        },
        Err(error) => {
            assert_one_line(&error.to_string(), 1024);
            assert!(!error.to_string().contains("CANARY"));
        }
    }
    assert!(!format!("{proxies:?}").contains("CANARY"));
}

const NAMES: ExchangeNames =
    ExchangeNames { server: "Descope", api: "Descope's API", secret: "access key", setting: "baseUrl" };
const CENTURY: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
const LINES_MAX: usize = 32;
