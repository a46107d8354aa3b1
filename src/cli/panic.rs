//! What is said of a bug: where it is, and never with which values.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    panic,
};

use tracing::error;

use super::print;

/// Replaces what the standard library says when a thread panics, which repeats values: an `unwrap` prints the error, and a
/// slice that is cut within a letter prints the whole text. To be called first.
pub(super) fn say_no_values() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = what(panic.payload());
        if tracing::dispatcher::has_been_set() {
            error!(place, "panicked: {what}; this is a bug in tokenwell, please report it");
        } else {
            let said = format_args!("panicked at {place}: {what}; this is a bug in tokenwell, please report it");
            print::complaint(&said);
        }
        // Names of functions and lines of source, if `$RUST_BACKTRACE` asks for them.
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            print::complaint(&trace);
        }
    }));
}

/// Words that stand in the source may be said; a text that was put together may hold anything.
fn what(payload: &(dyn Any + Send)) -> &str {
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
    fn words_of_the_source_are_said_and_values_are_not() {
        let said = |bug: fn()| what(panic::catch_unwind(bug).unwrap_err().as_ref()).to_owned();
        assert_eq!(said(|| panic!("the alarm is broken")), "the alarm is broken");
        let hidden = "the message may hold values and is not shown";
        assert_eq!(said(|| panic!("cannot use {}", "K2canary".to_owned())), hidden);
        assert_eq!(said(|| panic::panic_any("K2canary".to_owned())), hidden);
        assert_eq!(said(|| drop("K2canary\u{e9}"[..9].to_owned())), hidden);
        assert_eq!(said(|| drop(Secret("K2canary".to_owned()).refused().unwrap())), hidden);
    }
}
