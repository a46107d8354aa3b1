//! Leaves out lines that repeat.

use std::fmt::{self, Write as _};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::log_lines::{self, Line, ROUTINE};

/// Wraps another format and writes nothing for a line that repeats too often. A person who asked for DEBUG or TRACE gets these, and
/// every line about a credential.
///
/// This is not a filter of the subscriber: a filter of one layer that refuses an event, rather than a call site, leaves a
/// mark in `tracing-subscriber` 0.3 that also hides the next event.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotRepeated<F> {
    pub(super) lines: F,
}

impl<S, N, F> FormatEvent<S, N> for NotRepeated<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if *event.metadata().level() <= Level::INFO {
            let line = line(event);
            let is_asked_for = line.credential.is_some() && LevelFilter::current() >= Level::DEBUG;
            if !is_asked_for && !log_lines::admit(&line) {
                return Ok(());
            }
        }
        self.lines.format_event(context, writer, event)
    }
}

fn line(event: &Event<'_>) -> Line {
    let metadata = event.metadata();
    let mut fields = Fields::default();
    event.record(&mut fields);
    Line {
        site: (metadata.file().unwrap_or_default(), metadata.line().unwrap_or_default()),
        level: *metadata.level(),
        target: metadata.target(),
        is_routine: metadata.name() == ROUTINE,
        credential: fields.credential,
        class: fields.class,
        message: fields.message,
    }
}

/// The fields that tell lines apart.
#[derive(Debug, Default)]
struct Fields {
    credential: Option<String>,
    class: Option<String>,
    message: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "credential" => self.credential = Some(value.to_owned()),
            "class" => self.class = Some(value.to_owned()),
            "message" => value.clone_into(&mut self.message),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "credential" | "class" => self.record_str(field, &format!("{value:?}")),
            "message" => {
                let _ = write!(self.message, "{value:?}");
            }
            _ => {}
        }
    }
}
