//! Where the log goes, and the time that its lines need there.

use std::{
    fmt,
    io::{self, IsTerminal as _},
};

use tracing_subscriber::fmt::{format::Writer, time::FormatTime};

use crate::{cli::journal, clock};

/// Where standard error goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Destination {
    Terminal,
    Journal,
    Other,
}

impl Destination {
    /// Returns that of this process.
    pub(super) fn of_standard_error() -> Self {
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
