//! Log lines on standard error: text for people, JSON for programs, priorities for systemd's journal.

mod colors;
mod destination;
mod prioritised;
mod repeats;
mod summary;

use std::env;

use tracing::{Level, info, warn};
use tracing_subscriber::{Registry, filter::Targets, prelude::*, reload};

use self::{
    colors::Readable,
    destination::Destination,
    prioritised::{JournalText, Prioritised},
    repeats::NotRepeated,
};
use super::failure::Failure;
use crate::{
    config::{LogFormat, LogSettings},
    log_lines::{self, Lines},
};

/// The log of this process, whose level can change.
pub(super) struct Log {
    filter: reload::Handle<Targets, Registry>,
    format: LogFormat,
}

/// Starts logging for the rest of the process. `$TOKENWELL_LOG` overrides the configured level.
pub(super) fn start(settings: &LogSettings) -> Result<Log, Failure> {
    let (filter, handle) = reload::Layer::new(filter(settings)?);
    let destination = Destination::of_standard_error();
    let text = match settings.format {
        LogFormat::Auto => destination != Destination::Other,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let with_priority = destination == Destination::Journal;
    // By default the subscriber reports a line that cannot be written with `eprintln!`, which waits for standard error.
    let layer = tracing_subscriber::fmt::layer().with_writer(Lines::default).log_internal_errors(false);
    log_lines::set_format(move |summary| summary::line(summary, destination, text));
    let registry = tracing_subscriber::registry();
    if text && with_priority {
        let layer = layer.with_ansi(false);
        let layer =
            layer.map_event_format(|_| NotRepeated { lines: Prioritised { lines: JournalText, with_priority } });
        registry.with(layer.with_filter(filter)).init();
    } else if text {
        let colours =
            destination == Destination::Terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let layer = layer.with_target(false).with_ansi(colours).with_timer(destination);
        let layer = layer.map_event_format(|lines| NotRepeated {
            lines: Prioritised { lines: Readable(lines.with_ansi(colours)), with_priority },
        });
        registry.with(layer.with_filter(filter)).init();
    } else {
        let layer = layer.json().flatten_event(true).with_current_span(false);
        let layer = layer.map_event_format(|lines| NotRepeated { lines: Prioritised { lines, with_priority } });
        registry.with(layer.with_filter(filter)).init();
    }
    Ok(Log { filter: handle, format: settings.format })
}

impl Log {
    /// Applies the settings of a new configuration. The format changes only at the next start.
    pub(super) fn apply(&self, settings: &LogSettings) {
        if settings.format != self.format {
            warn!("a change of `log.format` takes effect at the next start");
        }
        match filter(settings) {
            Ok(filter) if self.filter.with_current(|current| *current == filter).is_ok_and(|same| same) => {}
            Ok(filter) => {
                let level = settings.level.as_deref().unwrap_or("info");
                match self.filter.reload(filter) {
                    Ok(()) => info!(level, "the log level changed"),
                    Err(error) => warn!("cannot change the log level: {error}"),
                }
            }
            Err(failure) => warn!("the log level is unchanged: {failure}"),
        }
    }
}

fn filter(settings: &LogSettings) -> Result<Targets, Failure> {
    let wrong = |what: &str, text: &str| {
        Failure::CommandLine(format!(
            "{what} `{text}` is not a log filter; write one such as `info` or `tokenwell=debug,hyper=warn`"
        ))
    };
    match env::var(LOG_VARIABLE).ok().filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map_err(|_| wrong("$TOKENWELL_LOG", &text)),
        None => match &settings.level {
            Some(text) => text.parse().map_err(|_| wrong("`log.level`", text)),
            None => Ok(Targets::new().with_default(Level::INFO)),
        },
    }
}

const LOG_VARIABLE: &str = "TOKENWELL_LOG";
