//! Durations such as `500ms`, `30s`, `5m` or `1h30m`.

use std::{ops::RangeInclusive, time::Duration};

use crate::config::{diagnostics::Diagnostics, reader::Field, show::shown, tree::Node};

/// The text is not a duration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotADuration {
    /// A number without a unit.
    #[error("it has no unit: write `10s`, `10m` or `10h`")]
    NoUnit,
    /// Anything else.
    #[error("it is not a duration such as `500ms`, `30s`, `5m` or `1h30m`")]
    Other,
}

/// Parses a duration.
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    if text.trim().parse::<f64>().is_ok() {
        return Err(NotADuration::NoUnit);
    }
    humantime::parse_duration(text).map_err(|_| NotADuration::Other)
}

/// Formats a duration as `parse` reads it, such as `1h30m`.
pub fn short(duration: Duration) -> String {
    // Days are formatted as hours, the largest unit that messages suggest.
    if duration >= DAY && duration.as_secs().is_multiple_of(HOUR.as_secs()) && duration.subsec_nanos() == 0 {
        return format!("{}h", duration.as_secs() / HOUR.as_secs());
    }
    humantime::format_duration(duration).to_string().replace(' ', "")
}

/// Reads a duration from a field and checks its bounds.
pub(in crate::config) fn read(
    field: &Field,
    bounds: &RangeInclusive<Duration>,
    diagnostics: &mut Diagnostics,
) -> Option<Duration> {
    if let Node::Integer(_) | Node::Float(_) = field.node {
        let number = match field.node {
            Node::Float(number) => number.to_string(),
            Node::Integer(number) => number.to_string(),
            Node::Null | Node::Bool(_) | Node::Text(_) | Node::List(_) | Node::Mapping(_) => String::new(),
        };
        no_unit(field, &number, diagnostics);
        return None;
    }
    let text = field.text(diagnostics)?;
    match parse(&text.value) {
        Ok(duration) if duration < *bounds.start() => {
            let what = format!("{} is too short", text.shown());
            diagnostics.mistake(&field.location, what, format!("write `{}` or more", short(*bounds.start())));
            None
        }
        Ok(duration) if duration > *bounds.end() => {
            let what = format!("{} is too long", text.shown());
            diagnostics.mistake(&field.location, what, format!("write `{}` or less", short(*bounds.end())));
            None
        }
        Ok(duration) => Some(duration),
        Err(NotADuration::NoUnit) => {
            no_unit(field, text.written(), diagnostics);
            None
        }
        Err(NotADuration::Other) => {
            let what = format!("{} is not a duration", text.shown());
            diagnostics.mistake(&field.location, what, "write it like `500ms`, `30s`, `5m` or `1h30m`");
            None
        }
    }
}

fn no_unit(field: &Field, number: &str, diagnostics: &mut Diagnostics) {
    let remedy = if number.len() <= 6 && number.bytes().all(|b| b.is_ascii_digit()) && number != "0" {
        format!("write `{number}s`, `{number}m` or `{number}h`")
    } else {
        "write it like `500ms`, `30s`, `5m` or `1h30m`".to_owned()
    };
    diagnostics.mistake(&field.location, format!("{} has no unit", shown(number)), remedy);
}

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
