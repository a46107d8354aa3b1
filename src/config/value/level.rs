//! The filter of log lines: `info`, or `tokenwell=debug,hyper=warn`.

use crate::config::{diagnostics::Diagnostics, reader::Text};

/// Reads a filter. A bare word that is no level would be a target to `tracing`, and silence everything else: refused.
pub(in crate::config) fn read(text: &Text, diagnostics: &mut Diagnostics) -> Option<String> {
    let wrong = text.value.split(',').find(|part| !is_directive(part.trim()));
    if wrong.is_some() {
        let remedy = "write `error`, `warn`, `info`, `debug`, `trace` or `off`, or such as `info,tokenwell=debug`";
        diagnostics.mistake(&text.location, format!("{} is no log level", text.shown()), remedy);
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
