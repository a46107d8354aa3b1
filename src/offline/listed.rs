//! Names of outputs in a sentence.

use crate::output::Output;

/// Formats `a`, `b` and `c`.
pub(super) fn listed<'o>(outputs: impl IntoIterator<Item = &'o Output>) -> String {
    let paths: Vec<_> = outputs.into_iter().map(|output| format!("`{}`", output.name())).collect();
    match paths.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        Some(_) | None => paths.concat(),
    }
}
