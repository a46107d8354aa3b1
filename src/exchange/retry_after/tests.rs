//! Every form of a wait that servers send.

use http::{HeaderName, HeaderValue};

use super::*;

/// 2026-11-23 12:00:00.
const NOON: u64 = 1_795_435_200;

fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    let field = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    };
    fields.iter().map(field).collect()
}

fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOON)
}

#[test]
fn retry_after_is_rounded_up_and_the_first_value_counts() {
    for (text, seconds) in [
        ("299.997", Some(300)),
        ("7.5", Some(8)),
        ("7.0", Some(7)),
        ("7.", Some(7)),
        (".5", Some(1)),
        ("7s", Some(7)),
        ("7 s", Some(7)),
        ("7 Seconds", Some(7)),
        ("1500ms", Some(2)),
        ("7, 7", Some(7)),
        ("7,30", Some(7)),
        ("7;x", Some(7)),
        ("7 ; x=9", Some(7)),
        ("7 (seconds)", Some(7)),
        ("7 # at most", Some(7)),
        ("2m", Some(120)),
        ("1.5 hours", Some(5400)),
        ("+7", Some(7)),
        (" 7 ", Some(7)),
        ("\"7\"", Some(7)),
        ("007", Some(7)),
        ("0", Some(0)),
        ("soon, 7", Some(7)),
        ("Mon, 23 Nov 2026 12:01:30 GMT", Some(90)),
        ("mon, 23 nov 2026 12:01:30 utc", Some(90)),
        ("Monday, 23-Nov-26 13:01:30 +0100", Some(90)),
        ("Mon Nov 23 12:01:30 2026", Some(90)),
        ("Mon, 23 Nov 2026 11:01:30 GMT", Some(0)),
        ("2026-11-23T12:01:29.5Z", Some(90)),
        ("99999999999999999999999999", Some(3_153_600_000)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", Some(3_153_600_000)),
        ("-7", None),
        ("", None),
        ("soon", None),
        ("7 apples", None),
        ("7e1", None),
        ("0x7", None),
        ("1.2.3", None),
        (".", None),
        ("Mon, 23 Nov 2026 25:01:30 GMT", None),
    ] {
        let wait = retry_after(&headers(&[("Retry-After", text)]), noon());
        assert_eq!(wait, seconds.map(Duration::from_secs), "{text}");
    }
    let several = headers(&[("Retry-After", "soon"), ("Retry-After", "7"), ("Retry-After", "9")]);
    assert_eq!(retry_after(&several, noon()), Some(Duration::from_secs(7)));
}

#[test]
fn the_end_of_a_rate_limit_is_read_in_every_form() {
    for (name, text, seconds) in [
        ("Retry-After-Ms", "1500", Some(1.5)),
        ("x-ms-retry-after-ms", "250", Some(0.25)),
        ("RateLimit-Reset", "25", Some(25.0)),
        ("RateLimit-Reset", "24.2", Some(25.0)),
        ("RateLimit", "limit=100, remaining=0, reset=25", Some(25.0)),
        ("RateLimit", "limit=100; remaining=0; reset=25", Some(25.0)),
        ("RateLimit", "LIMIT=100,REMAINING=0,RESET=25", Some(25.0)),
        ("RateLimit", "\"default\";r=0;t=25", Some(25.0)),
        ("RateLimit", "default;r=0;t=25;pk=:abc:", Some(25.0)),
        ("RateLimit", "\"default\";t=25", Some(25.0)),
        ("RateLimit", "\"burst\";r=0;t=25, \"daily\";r=900;t=40000", Some(25.0)),
        ("RateLimit", "\"burst\";r=0;t=5, \"hourly\";r=0;t=25", Some(25.0)),
        ("RateLimit", "\"default\";r=50;t=25", None),
        ("RateLimit", "\"default\";r=0", None),
        ("X-RateLimit-Reset", "25", Some(25.0)),
        ("X-RateLimit-Reset", "1795435225", Some(25.0)),
        ("X-RateLimit-Reset", "1795435225.2", Some(26.0)),
        ("X-RateLimit-Reset", "1795435225000", Some(25.0)),
        ("X-RateLimit-Reset", "1795435100", Some(0.0)),
        ("X-RateLimit-Reset", "2026-11-23T12:00:25Z", Some(25.0)),
        ("X-RateLimit-Reset", "Mon, 23 Nov 2026 12:00:25 GMT", Some(25.0)),
        ("X-Rate-Limit-Reset", "1795435225", Some(25.0)),
        ("X-RateLimit-Reset-After", "24.3", Some(25.0)),
        ("X-RateLimit-Reset-Requests", "1m5s", Some(65.0)),
        ("X-RateLimit-Reset", "soon", None),
        ("X-RateLimit-Reset", "-5", None),
        ("X-RateLimit-Limit", "25", None),
    ] {
        let wait = until_reset(&headers(&[(name, text)]), noon());
        assert_eq!(wait, seconds.map(Duration::from_secs_f64), "{name}: {text}");
    }
}

#[test]
fn a_limit_is_used_up_only_if_the_reply_says_so() {
    for (name, text, exhausted) in [
        ("RateLimit", "\"default\";r=0;t=25", true),
        ("RateLimit", "limit=100, remaining=0, reset=25", true),
        ("RateLimit-Remaining", "0", true),
        ("X-RateLimit-Remaining", "0", true),
        ("X-Rate-Limit-Remaining", " 0 ", true),
        ("RateLimit", "\"default\";r=50;t=25", false),
        ("RateLimit", "\"default\";t=25", false),
        ("X-RateLimit-Remaining", "99", false),
        ("X-RateLimit-Reset", "25", false),
    ] {
        assert_eq!(is_exhausted(&headers(&[(name, text)])), exhausted, "{name}: {text}");
    }
}
