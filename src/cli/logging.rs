//! Log lines on standard error: text for people, JSON for machines.

use std::{
    env,
    io::{self, IsTerminal as _},
};

use tracing::Level;
use tracing_subscriber::{filter::Targets, fmt, prelude::*};

use super::Failure;
use crate::config::{LogFormat, LogSettings};

/// Starts logging for the life of the process. `$TOKENWELL_LOG` beats the configured level.
pub(super) fn start(settings: &LogSettings) -> Result<(), Failure> {
    let filter = filter(settings)?;
    let terminal = io::stderr().is_terminal();
    let text = match settings.format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    // Otherwise a line that cannot be written (a log collector that is gone, a full disk) is complained of with `eprintln!`,
    // which panics for the same reason.
    let layer = fmt::layer().with_writer(io::stderr).log_internal_errors(false);
    let registry = tracing_subscriber::registry();
    if text {
        let colours = terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        registry.with(layer.with_target(false).with_ansi(colours).with_filter(filter)).init();
    } else {
        registry.with(layer.json().flatten_event(true).with_current_span(false).with_filter(filter)).init();
    }
    Ok(())
}

fn filter(settings: &LogSettings) -> Result<Targets, Failure> {
    let wrong = |what: &str, text: &str| {
        Failure::CommandLine(format!(
            "{what} `{text}` is no log filter; write one such as `info` or `tokenwell=debug,hyper=warn`"
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
