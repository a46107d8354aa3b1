//! Log filters: `info`, or `tokenwell=debug,hyper=warn`.

use crate::config::{diagnostics::Diagnostics, reader::Text};

/// Reads a filter. Refuses a bare word that is not a level: `tracing` would take it for a target and suppress
/// everything else.
pub(in crate::config) fn read(text: &Text, diagnostics: &mut Diagnostics) -> Option<String> {
    let wrong = text.value.split(',').find(|part| !is_directive(part.trim()));
    if wrong.is_some() {
        let remedy =
            "write `error`, `warn`, `info`, `debug`, `trace` or `off`, or a filter such as `info,tokenwell=debug`";
        diagnostics.mistake(&text.location, format!("{} is not a log level", text.shown()), remedy);
        return None;
    }
    Some(text.value.clone())
}

fn is_directive(part: &str) -> bool {
    let (target, level) = part.split_once('=').map_or(("all", part), |(target, level)| (target, level));
    let is_target = !target.is_empty() && target.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'));
    is_target && LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))
}

pub(in crate::config) const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
