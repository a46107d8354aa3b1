//! Where a token was written, for a log line.

use crate::output::{Output, Published, WriteError, Written};

/// Returns the names of the outputs that a write changed. Names three at most, and the number of the others.
pub(super) fn written_outputs(outputs: &[Output], results: &[Result<Published, WriteError>]) -> String {
    let is_written = |result: &Result<Published, WriteError>| {
        result.as_ref().is_ok_and(|published| matches!(published.written, Written::Written))
    };
    let written: Vec<_> = outputs.iter().zip(results).filter(|(_, result)| is_written(result)).collect();
    let names: Vec<_> = written.iter().take(NAMED_MAX).map(|(output, _)| output.name()).collect();
    match written.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

const NAMED_MAX: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(count: usize, changed: impl Fn(usize) -> bool) -> String {
        let outputs: Vec<_> = (0..count).map(|n| Output::at(format!("/run/{n}.jwt").into())).collect();
        let result = |n| {
            let written = if changed(n) { Written::Written } else { Written::Unchanged };
            Ok(Published { written, imposed: None })
        };
        written_outputs(&outputs, &(0..count).map(result).collect::<Vec<_>>())
    }

    #[test]
    fn only_changed_outputs_are_named_and_not_more_than_three() {
        assert_eq!(written(1, |_| true), "/run/0.jwt");
        assert_eq!(written(3, |n| n != 1), "/run/0.jwt, /run/2.jwt");
        assert_eq!(written(3, |_| true), "/run/0.jwt, /run/1.jwt, /run/2.jwt");
        assert_eq!(written(9, |n| n > 0), "/run/1.jwt, /run/2.jwt, /run/3.jwt and 5 more");
        assert_eq!(written(2, |_| false), "");
    }
}
