//! The line of a summary, in the format of the log.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use tracing_subscriber::fmt::{format::Writer, time::FormatTime as _};

use super::{destination::Destination, journal};
use crate::{clock, log_lines::Summary};

/// Returns the line, with its end.
pub(super) fn line(summary: &Summary, destination: Destination, is_text: bool) -> String {
    let mut line = String::new();
    if destination == Destination::Journal {
        let _ = write!(line, "<{}>", journal::priority(summary.level));
    }
    if is_text {
        let _ = destination.format_time(&mut Writer::new(&mut line));
        write_text(&mut line, summary);
    } else {
        let time = humantime::format_rfc3339_micros(clock::wall()).to_string();
        line.push_str(&json(summary, time).to_string());
    }
    line.push('\n');
    line
}

fn write_text(line: &mut String, summary: &Summary) {
    let Summary { level, message, suppressed, credentials, .. } = summary;
    let _ = write!(line, " {level:>5} {message} suppressed={suppressed}");
    if let Some(credentials) = credentials {
        let _ = write!(line, " credentials={credentials:?}");
    }
}

fn json(summary: &Summary, time: String) -> Value {
    let Summary { level, message, suppressed, credentials, target } = summary;
    let mut fields = Map::new();
    fields.insert("timestamp".to_owned(), time.into());
    fields.insert("level".to_owned(), level.to_string().into());
    fields.insert("message".to_owned(), message.as_str().into());
    fields.insert("suppressed".to_owned(), (*suppressed).into());
    if let Some(credentials) = credentials {
        fields.insert("credentials".to_owned(), credentials.as_str().into());
    }
    fields.insert("target".to_owned(), (*target).into());
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn summary(credentials: Option<&str>) -> Summary {
        Summary {
            level: Level::ERROR,
            target: "tokenwell::daemon",
            message: "57 more like this: \"x\"".to_owned(),
            suppressed: 57,
            credentials: credentials.map(str::to_owned),
        }
    }

    #[test]
    fn a_summary_has_the_format_of_other_lines() {
        let text = line(&summary(Some("a, b")), Destination::Other, true);
        let (time, rest) = text.split_once(' ').unwrap_or_default();
        assert!(humantime::parse_rfc3339(time).is_ok(), "{text}");
        assert_eq!(rest, "ERROR 57 more like this: \"x\" suppressed=57 credentials=\"a, b\"\n");
        let journal = line(&summary(None), Destination::Journal, false);
        let json: Value = serde_json::from_str(journal.strip_prefix("<3>").unwrap_or_default()).unwrap_or_default();
        assert_eq!((&json["suppressed"], &json["level"]), (&57.into(), &"ERROR".into()));
        assert!(json.get("credentials").is_none() && journal.ends_with("}\n"), "{journal}");
    }
}
