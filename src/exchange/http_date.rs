//! Dates in header fields, as servers write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Parses a date in one of the three forms of RFC 9110 section 5.6.7, in any case, with any numeric zone, with or without the day
/// of the week; or in RFC 3339. A fraction of a second is rounded up. Dates before 1970 and after 9999 are none.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let text = text.trim().trim_matches('"');
    httpdate::parse_http_date(text).ok().or_else(|| lenient(text)).or_else(|| rfc3339(text))
}

fn lenient(text: &str) -> Option<SystemTime> {
    let text = text.split_once(',').map_or(text, |(_, after_day)| after_day);
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    let (date, zone) = match words[..] {
        // The form of asctime has no zone and ends with the year.
        [weekday, month, day, time, year] if weekday.starts_with(|letter: char| letter.is_alphabetic()) => {
            ([day, month, year, time], "GMT")
        }
        [day, month, year, time, zone] => ([day, month, year, time], zone),
        [date, time, zone] => {
            let mut parts = date.split('-');
            ([parts.next()?, parts.next()?, parts.next()?, time], zone)
        }
        _ => return None,
    };
    let [day, month, year, time] = date;
    let month = format!("{}{}", month.get(..1)?.to_ascii_uppercase(), month.get(1..)?.to_ascii_lowercase());
    // The weekday has to fit, but says nothing: of the seven, one does. Two digits are a year of the century that `httpdate`
    // chooses.
    let local = WEEKDAYS.iter().find_map(|(short, long)| {
        let whole = if year.len() == 2 {
            format!("{long}, {day:0>2}-{month}-{year} {time} GMT")
        } else {
            format!("{short}, {day:0>2} {month} {year} {time} GMT")
        };
        httpdate::parse_http_date(&whole).ok()
    })?;
    let (is_east, offset) = offset(zone)?;
    let universal = if is_east { local.checked_sub(offset)? } else { local.checked_add(offset)? };
    in_range(universal)
}

/// Returns whether a zone is east of Greenwich, and by how much it differs.
fn offset(zone: &str) -> Option<(bool, Duration)> {
    if ["GMT", "UTC", "UT", "Z"].iter().any(|name| zone.eq_ignore_ascii_case(name)) {
        return Some((true, Duration::ZERO));
    }
    let zone = zone.strip_prefix("GMT").or_else(|| zone.strip_prefix("UTC")).unwrap_or(zone);
    let (sign, digits) = zone.split_at_checked(1)?;
    let digits: String = digits.chars().filter(|letter| *letter != ':').collect();
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u64>().ok());
    let (hours, minutes) = (number(digits.get(..2))?, number(digits.get(2..4))?);
    let is_offset = digits.len() == 4 && matches!(sign, "+" | "-") && hours < 24 && minutes < 60;
    is_offset.then(|| (sign == "+", Duration::from_secs(hours * 3600 + minutes * 60)))
}

fn rfc3339(text: &str) -> Option<SystemTime> {
    let exact = humantime::parse_rfc3339_weak(text).ok()?;
    let rest = exact.duration_since(UNIX_EPOCH).ok()?.subsec_nanos();
    let whole = if rest == 0 { exact } else { exact + Duration::from_nanos(u64::from(1_000_000_000 - rest)) };
    in_range(whole)
}

fn in_range(time: SystemTime) -> Option<SystemTime> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    (since.as_secs() <= LAST_SECOND).then_some(time)
}

const WEEKDAYS: [(&str, &str); 7] = [
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];
/// The last second of the year 9999, which is the last one that a header field can express.
const LAST_SECOND: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 12:01:30 UTC.
    const THEN: u64 = 1_795_435_290;

    #[test]
    fn dates_are_read_in_every_form_that_servers_write() {
        for text in [
            "Mon, 23 Nov 2026 12:01:30 GMT",
            "Monday, 23-Nov-26 12:01:30 GMT",
            "Mon Nov 23 12:01:30 2026",
            "mon, 23 nov 2026 12:01:30 gmt",
            "MONDAY, 23-NOV-26 12:01:30 gmt",
            "Mon, 23 Nov 2026 12:01:30 UTC",
            "Mon, 23 Nov 2026 12:01:30 +0000",
            "Mon, 23 Nov 2026 12:01:30 -0000",
            "Mon, 23 Nov 2026 13:31:30 +0130",
            "Mon, 23 Nov 2026 07:01:30 -05:00",
            "Mon, 23 Nov 2026 13:01:30 GMT+0100",
            "Mon, 23-Nov-2026 12:01:30 GMT",
            "23 Nov 2026 12:01:30 GMT",
            "  Mon,  23  Nov 2026 12:01:30  GMT ",
            "\"Mon, 23 Nov 2026 12:01:30 GMT\"",
            "2026-11-23T12:01:30Z",
            "2026-11-23 12:01:30",
            "2026-11-23T12:01:29.5Z",
        ] {
            assert_eq!(parse(text), Some(UNIX_EPOCH + Duration::from_secs(THEN)), "{text}");
        }
        let one_digit = parse("Tue, 1 Dec 2026 12:01:30 GMT");
        assert_eq!(one_digit, Some(UNIX_EPOCH + Duration::from_secs(THEN + 8 * 86_400)));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "7",
            "Mon, 23 Nov 2026 25:01:30 GMT",
            "Mon, 32 Nov 2026 12:01:30 GMT",
            "Mon, 23 Foo 2026 12:01:30 GMT",
            "Mon, 23 Nov 2026 12:01:30 CET",
            "Mon, 23 Nov 2026 12:01:30 +9900",
            "Mon, 23 Nov 2026",
            "Thu, 01 Jan 1970 00:00:00 +0100",
            "é é é é é",
            "2026-11-23",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
