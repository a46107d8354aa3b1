//! Lines for systemd's journal: each begins with its priority (`sd-daemon(3)`), which the journal takes off.

use std::{env, fmt, io};

use rustix::fs::fstat;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Whether standard error goes to the journal: `$JOURNAL_STREAM` names the device and inode of what the service manager
/// passed (`systemd.exec(5)`), and a redirected one is another.
pub(super) fn is_read_by_it() -> bool {
    let Some(told) = env::var(STREAM_VARIABLE).ok() else { return false };
    let stream = told.split_once(':').and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    let ours = fstat(io::stderr()).ok().map(|found| (found.st_dev, found.st_ino));
    stream.is_some() && stream == ours
}

/// The lines of another format with their priorities before them, where they are wanted.
#[derive(Debug)]
pub(super) struct Prioritised<F> {
    pub(super) lines: F,
    pub(super) wanted: bool,
}

impl<S, N, F> FormatEvent<S, N> for Prioritised<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if self.wanted {
            write!(writer, "<{}>", priority(*event.metadata().level()))?;
        }
        self.lines.format_event(context, writer, event)
    }
}

/// As `syslog(3)` counts them.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

const STREAM_VARIABLE: &str = "JOURNAL_STREAM";
