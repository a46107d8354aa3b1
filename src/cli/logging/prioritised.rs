//! Formats of log lines for systemd's journal.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::cli::journal;

/// Wraps another format and, if `with_priority`, adds the priority in front of each line.
#[derive(Debug)]
pub(super) struct Prioritised<F> {
    pub(super) lines: F,
    pub(super) with_priority: bool,
}

impl<S, N, F> FormatEvent<S, N> for Prioritised<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if self.with_priority {
            journal::write_priority(&mut writer, *event.metadata().level())?;
        }
        self.lines.format_event(context, writer, event)
    }
}

/// The level, the message and the fields on one line. The journal records the time itself, and shows no colours.
#[derive(Debug)]
pub(super) struct JournalText;

impl<S, N> FormatEvent<S, N> for JournalText
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = String::new();
        context.format_fields(Writer::new(&mut text), event)?;
        write!(writer, "{} ", event.metadata().level())?;
        journal::write_escaped(&mut writer, &text)?;
        writeln!(writer)
    }
}
