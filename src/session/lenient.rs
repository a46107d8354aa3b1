//! Reads JSON leniently, as servers write it: numbers as strings, zero or empty for absent, types that change.

use std::{borrow::Cow, fmt, time::Duration};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Any JSON value. Only text and numbers are stored.
///
/// Text without escapes borrows from the input. A JWT has no escapes, so no second copy of it is made.
#[derive(Default)]
pub(crate) enum Lenient<'a> {
    /// Missing or null.
    #[default]
    Absent,
    /// A string.
    Text(Cow<'a, str>),
    /// A non-negative integer.
    Integer(u64),
    /// Any other number except negative integers.
    Fraction(f64),
    /// A negative integer, or a negative number beyond those of 64 bits.
    Negative,
    /// A positive number beyond those of 64 bits, such as `1e400`.
    Huge,
    /// A boolean, a list, an object, or a text that cannot be decoded, such as half of a surrogate pair.
    Other,
}

impl<'a> Lenient<'a> {
    /// Reads the text of a value, whose syntax must be right.
    pub(crate) fn of(value: &'a [u8]) -> Self {
        match value.first() {
            Some(b'[' | b'{') => Self::Other,
            Some(b'-') => serde_json::from_slice(value).unwrap_or(Self::Negative),
            Some(b'0'..=b'9') => serde_json::from_slice(value).unwrap_or(Self::Huge),
            Some(_) | None => serde_json::from_slice(value).unwrap_or(Self::Other),
        }
    }

    /// Returns the text if it is not empty.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            Self::Text(_)
            | Self::Absent
            | Self::Integer(_)
            | Self::Fraction(_)
            | Self::Negative
            | Self::Huge
            | Self::Other => None,
        }
    }

    /// Whether the field is missing, null or empty.
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Text(text) => text.is_empty(),
            Self::Integer(_) | Self::Fraction(_) | Self::Negative | Self::Huge | Self::Other => false,
        }
    }

    /// Returns seconds from a number or a string of digits. Zero and numbers beyond the year 9999 count as absent.
    pub(crate) fn seconds(&self) -> Option<Duration> {
        let value = match self {
            Self::Integer(seconds) => Some(Duration::from_secs(*seconds)),
            Self::Fraction(seconds) => Duration::try_from_secs_f64(*seconds).ok(),
            Self::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().ok().map(Duration::from_secs)
            }
            Self::Text(_) | Self::Absent | Self::Negative | Self::Huge | Self::Other => None,
        };
        value.filter(|value| !value.is_zero() && value.as_secs() <= SECONDS_MAX)
    }

    /// Whether it is a number of seconds beyond the year 9999.
    pub(crate) fn is_too_large(&self) -> bool {
        match self {
            Self::Huge => true,
            Self::Integer(seconds) => *seconds > SECONDS_MAX,
            Self::Fraction(seconds) => {
                *seconds > 0.0
                    && Duration::try_from_secs_f64(*seconds).map_or(true, |value| value.as_secs() > SECONDS_MAX)
            }
            Self::Text(text) => {
                let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                is_number && text.parse().map_or(true, |value: u64| value > SECONDS_MAX)
            }
            Self::Absent | Self::Negative | Self::Other => false,
        }
    }

    /// Whether it is a number that is negative or too large for a length of time.
    pub(crate) fn is_out_of_bounds(&self) -> bool {
        match self {
            Self::Negative => true,
            Self::Fraction(seconds) if *seconds < 0.0 => true,
            Self::Text(text) if text.starts_with('-') => text[1..].parse::<f64>().is_ok_and(|value| value > 0.0),
            Self::Integer(_) | Self::Fraction(_) | Self::Text(_) | Self::Absent | Self::Huge | Self::Other => {
                self.is_too_large()
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Lenient<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Lenient<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Lenient::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Lenient::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Lenient::Integer(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(number).map_or(Lenient::Negative, Lenient::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Lenient::Fraction(number))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Lenient::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Lenient::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Lenient::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Lenient::Other)
    }
}

/// The last second of the year 9999. A larger number is not a time in seconds: it is probably in milliseconds.
pub(crate) const SECONDS_MAX: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(json: &str) -> Option<Duration> {
        Lenient::of(json.as_bytes()).seconds()
    }

    #[test]
    fn seconds_are_numbers_or_strings_of_digits() {
        for json in ["600", "600.0", "6e2", "\"600\"", "\"0600\""] {
            assert_eq!(seconds(json), Some(Duration::from_secs(600)), "{json}");
        }
        assert_eq!(seconds("1.5"), Some(Duration::from_millis(1500)));
    }

    #[test]
    fn zero_empty_and_absurd_are_absent() {
        for json in [
            "0",
            "0.0",
            "-0.0",
            "-1",
            "-1.5",
            "null",
            "\"\"",
            "\"0\"",
            "\" 600\"",
            "\"+600\"",
            "\"6e2\"",
            "true",
            "[600]",
            "{\"a\":600}",
            "1e300",
            "1e400",
            "-1e400",
            "18446744073709551615",
            "253402300800",
            "1795414111000",
            "\"99999999999999999999999\"",
        ] {
            assert_eq!(seconds(json), None, "{json}");
        }
    }

    #[test]
    fn numbers_out_of_bounds_differ_from_values_without_a_number() {
        let read = |json: &str| {
            let value = Lenient::of(json.as_bytes());
            (value.is_too_large(), value.is_out_of_bounds())
        };
        for json in [
            "1e12",
            "1e300",
            "1e400",
            &"9".repeat(400),
            "1795414111000",
            "9223372036854775807",
            "18446744073709551616",
            "\"253402300800\"",
        ] {
            assert_eq!(read(json), (true, true), "{json}");
        }
        for json in ["-1", "-0.5", "-1e300", "-1e400", "\"-1\""] {
            assert_eq!(read(json), (false, true), "{json}");
        }
        for json in [
            "0",
            "-0.0",
            "1",
            "253402300799",
            "null",
            "\"\"",
            "\"soon\"",
            "\"-\"",
            "[1]",
            "true",
            "\"\\ud800\"",
            "1e-400",
        ] {
            assert_eq!(read(json), (false, false), "{json}");
        }
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        let input = String::from("\"eyJ\"");
        assert!(matches!(Lenient::of(input.as_bytes()), Lenient::Text(Cow::Borrowed("eyJ"))));
    }
}
