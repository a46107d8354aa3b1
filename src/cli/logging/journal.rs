//! Log lines for systemd's journal: each begins with its priority (`sd-daemon(3)`), which the journal removes.

use std::{env, fmt, io};

use rustix::fs::fstat;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Whether standard error goes to the journal: `$JOURNAL_STREAM` contains the device and inode of the stream from the
/// service manager (`systemd.exec(5)`). They differ if standard error was redirected.
pub(super) fn is_standard_error() -> bool {
    let Some(value) = env::var(STREAM_VARIABLE).ok() else { return false };
    let stream = value.split_once(':').and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    let ours = fstat(io::stderr()).ok().map(|found| (found.st_dev, found.st_ino));
    stream.is_some() && stream == ours
}

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
            write!(writer, "<{}>", priority(*event.metadata().level()))?;
        }
        self.lines.format_event(context, writer, event)
    }
}

/// Returns the priority of a level, as in `syslog(3)`.
pub(super) fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

const STREAM_VARIABLE: &str = "JOURNAL_STREAM";
