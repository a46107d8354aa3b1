//! The line of a summary, in the format of the log.

use std::fmt::{self, Write as _};

use serde_json::Value;
use tracing_subscriber::fmt::{format::Writer, time::FormatTime as _};

use super::destination::Destination;
use crate::{cli::journal, clock, log_lines::Summary};

/// Returns the line, with its end.
pub(super) fn line(summary: &Summary, destination: Destination, is_text: bool) -> String {
    let mut line = String::new();
    if destination == Destination::Journal {
        let _ = journal::write_priority(&mut line, summary.level);
    }
    let _ = match (is_text, destination) {
        (true, Destination::Journal) => write_journal_text(&mut line, summary),
        (true, Destination::Terminal | Destination::Other) => write_text(&mut line, destination, summary),
        (false, _) => write_json(&mut line, summary),
    };
    line.push('\n');
    line
}

fn write_text(line: &mut String, destination: Destination, summary: &Summary) -> fmt::Result {
    destination.format_time(&mut Writer::new(line))?;
    write!(line, " {:>5} {}", summary.level, summary.message)?;
    write_fields(line, summary)
}

fn write_journal_text(line: &mut String, summary: &Summary) -> fmt::Result {
    write!(line, "{} ", summary.level)?;
    journal::write_escaped(line, &summary.message)?;
    write_fields(line, summary)
}

fn write_fields(line: &mut String, summary: &Summary) -> fmt::Result {
    write!(line, " suppressed={}", summary.suppressed)?;
    summary.credentials.iter().try_for_each(|credentials| write!(line, " credentials={credentials:?}"))
}

/// Writes the fields in the order of other lines, which a JSON object of `serde_json` would sort.
fn write_json(line: &mut String, summary: &Summary) -> fmt::Result {
    let Summary { level, message, suppressed, credentials, target } = summary;
    let time = humantime::format_rfc3339_micros(clock::wall());
    let message = Value::from(message.as_str());
    write!(line, r#"{{"timestamp":"{time}","level":"{level}","message":{message},"suppressed":{suppressed}"#)?;
    if let Some(credentials) = credentials {
        write!(line, r#","credentials":{}"#, Value::from(credentials.as_str()))?;
    }
    write!(line, r#","target":"{target}"}}"#)
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
        let journal = line(&summary(Some("a, b")), Destination::Journal, true);
        assert_eq!(journal, "<3>ERROR 57 more like this: \"x\" suppressed=57 credentials=\"a, b\"\n");
        let journal = line(&summary(None), Destination::Journal, false);
        let json: Value = serde_json::from_str(journal.strip_prefix("<3>").unwrap_or_default()).unwrap_or_default();
        assert_eq!((&json["suppressed"], &json["level"]), (&57.into(), &"ERROR".into()));
        assert_eq!(
            (&json["message"], &json["target"]),
            (&"57 more like this: \"x\"".into(), &"tokenwell::daemon".into())
        );
        assert!(json.get("credentials").is_none() && journal.ends_with("}\n"), "{journal}");
    }
}
