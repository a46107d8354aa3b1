//! Colors of log lines on a terminal that can be read on dark and on light backgrounds.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Wraps another format, which colors levels, and replaces the yellow of WARN: it cannot be read on white.
#[derive(Debug)]
pub(super) struct Readable<F>(pub(super) F);

impl<S, N, F> FormatEvent<S, N> for Readable<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&readable(&line))
    }
}

/// Only the level is yellow: messages and values cannot contain escape sequences.
fn readable(line: &str) -> String {
    line.replacen(YELLOW, MAGENTA, 1)
}

const YELLOW: &str = "\x1b[33m";
const MAGENTA: &str = "\x1b[35m";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_magenta_and_other_levels_stay() {
        assert_eq!(readable("\x1b[33m WARN\x1b[0m denied"), "\x1b[35m WARN\x1b[0m denied");
        assert_eq!(readable("\x1b[31mERROR\x1b[0m denied"), "\x1b[31mERROR\x1b[0m denied");
    }
}
