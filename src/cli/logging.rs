//! Log lines on standard error: text for people, JSON for programs, priorities for systemd's journal.

mod journal;

use std::{
    env, fmt,
    io::{self, IsTerminal as _},
};

use tracing::{Level, info, warn};
use tracing_subscriber::{
    Registry,
    filter::Targets,
    fmt::{format::Writer, time::FormatTime},
    prelude::*,
    reload,
};

use self::journal::Prioritised;
use super::failure::Failure;
use crate::{
    clock,
    config::{LogFormat, LogSettings},
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
        LogFormat::Auto => destination == Destination::Terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let with_priority = destination == Destination::Journal;
    // By default the subscriber reports a line that cannot be written (closed log collector, full disk) with
    // `eprintln!`, which panics for the same reason.
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).log_internal_errors(false);
    let registry = tracing_subscriber::registry();
    if text {
        let colours =
            destination == Destination::Terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let layer = layer.with_target(false).with_ansi(colours).with_timer(destination);
        let layer = layer.map_event_format(|lines| Prioritised { lines, with_priority });
        registry.with(layer.with_filter(filter)).init();
    } else {
        let layer = layer.json().flatten_event(true).with_current_span(false);
        let layer = layer.map_event_format(|lines| Prioritised { lines, with_priority });
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

/// Where standard error goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Destination {
    Terminal,
    Journal,
    Other,
}

impl Destination {
    fn of_standard_error() -> Self {
        if io::stderr().is_terminal() {
            Self::Terminal
        } else if journal::is_standard_error() {
            Self::Journal
        } else {
            Self::Other
        }
    }
}

/// A person knows the date, and the journal records the time itself.
impl FormatTime for Destination {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now = humantime::format_rfc3339_micros(clock::wall());
        match self {
            Self::Terminal => {
                let text = now.to_string();
                let time_of_day = text.split_once('T').and_then(|(_, time)| time.split('.').next());
                write!(writer, "{}Z", time_of_day.unwrap_or(&text))
            }
            Self::Journal => Ok(()),
            Self::Other => write!(writer, "{now}"),
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
