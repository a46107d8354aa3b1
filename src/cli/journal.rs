//! Lines for systemd's journal: each begins with its priority (`sd-daemon(3)`), which the journal removes.

use std::{env, fmt, io};

use rustix::fs::fstat;
use tracing::Level;

/// Whether standard error goes to the journal: `$JOURNAL_STREAM` contains the device and inode of the stream from the
/// service manager (`systemd.exec(5)`). They differ if standard error was redirected.
pub(super) fn is_standard_error() -> bool {
    let Some(value) = env::var(STREAM_VARIABLE).ok() else { return false };
    let stream = value.split_once(':').and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    let ours = fstat(io::stderr()).ok().map(|found| (found.st_dev, found.st_ino));
    stream.is_some() && stream == ours
}

/// Writes the prefix of a line of this level. The priorities are those of `syslog(3)`.
pub(super) fn write_priority(line: &mut impl fmt::Write, level: Level) -> fmt::Result {
    let priority = match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    };
    write!(line, "<{priority}>")
}

/// Returns the text with the priority in front of each of its lines, and with an end of line.
pub(super) fn with_priority(text: &str, level: Level) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let _ = write_priority(&mut lines, level);
        lines.push_str(line);
        lines.push('\n');
    }
    lines
}

/// Writes a text on one line: the journal would make an entry without a priority of each further line.
pub(super) fn write_escaped(line: &mut impl fmt::Write, text: &str) -> fmt::Result {
    text.chars().try_for_each(|character| {
        if character.is_control() { write!(line, "{}", character.escape_default()) } else { line.write_char(character) }
    })
}

const STREAM_VARIABLE: &str = "JOURNAL_STREAM";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_an_error_has_its_priority() {
        assert_eq!(with_priority("error: a\n  b", Level::ERROR), "<3>error: a\n<3>  b\n");
        assert_eq!(with_priority("warning: c", Level::WARN), "<4>warning: c\n");
    }

    #[test]
    fn a_message_of_several_lines_becomes_one() {
        let mut line = String::new();
        write_escaped(&mut line, "täglich \"a\"\n<3>b\r\u{1b}[31m\u{85}").unwrap();
        assert_eq!(line, "täglich \"a\"\\n<3>b\\r\\u{1b}[31m\\u{85}");
    }
}
