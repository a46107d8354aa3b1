//! Panic messages: they name the place of the bug and never show values.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    panic,
    sync::atomic::{AtomicU32, Ordering},
};

use tracing::error;

use super::print;

/// Replaces the panic hook of the standard library, which prints values: an `unwrap` prints the error, and a slice that
/// is cut within a character prints the whole text. Call this first.
pub(super) fn hide_values() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = safe_message(panic.payload());
        if tracing::dispatcher::has_been_set() {
            error!(place, "panicked: {message}; this is a bug in tokenwell, please report it");
        } else {
            let line = format_args!("panicked at {place}: {message}; this is a bug in tokenwell, please report it");
            print::error(&line);
        }
        // Function names and source lines, if `$RUST_BACKTRACE` is set.
        if PANICS.fetch_add(1, Ordering::Relaxed) < BACKTRACES_MAX {
            let trace = Backtrace::capture();
            if trace.status() == BacktraceStatus::Captured {
                print::error(&trace);
            }
        }
    }));
}

/// The panics so far.
static PANICS: AtomicU32 = AtomicU32::new(0);
/// The first panics have a backtrace; a bug that repeats has the same one.
const BACKTRACES_MAX: u32 = 3;

/// Returns the message if it is a literal in the source code; a formatted message may contain anything.
fn safe_message(payload: &(dyn Any + Send)) -> &str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("the message may hold values and is not shown")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Secret(String);

    impl Secret {
        fn refused(self) -> Result<String, String> {
            Err(self.0)
        }
    }

    #[test]
    fn literal_messages_are_shown_and_values_are_not() {
        let shown = |bug: fn()| safe_message(panic::catch_unwind(bug).unwrap_err().as_ref()).to_owned();
        assert_eq!(shown(|| panic!("the alarm is broken")), "the alarm is broken");
        let hidden = "the message may hold values and is not shown";
        assert_eq!(shown(|| panic!("cannot use {}", "K2canary".to_owned())), hidden);
        assert_eq!(shown(|| panic::panic_any("K2canary".to_owned())), hidden);
        assert_eq!(shown(|| drop("K2canary\u{e9}"[..9].to_owned())), hidden);
        assert_eq!(shown(|| drop(Secret("K2canary".to_owned()).refused().unwrap())), hidden);
    }
}
