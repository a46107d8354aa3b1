//! `onExpiry`, and readers that do not cope with the removal of their file.
//!
//! Which program reads a file is not in the configuration, so these are warnings by format, by name and by hooks. There is none
//! for `json`: its readers are usually programs of the user that check the expiry in it.

use crate::{
    config::output_paths::is_read_by_traefik,
    hook::Hook,
    output::{Format, Output, Target},
    renewal::OnExpiry,
};

/// A warning and its remedy.
pub(super) type Warning = (&'static str, &'static str);

/// Returns what a person should know of `onExpiry: remove` beside these outputs and hooks.
pub(super) fn warnings_of_removal(outputs: &[Output], hooks: &[Hook]) -> Vec<Warning> {
    let is_needed_at_start = outputs.iter().any(|output| is_needed_at_start(&output.format));
    let is_read_once = outputs.iter().any(|output| matches!(output.format, Format::Jwt | Format::Bearer));
    let is_of_traefik = outputs.iter().any(|output| {
        let Target::File(file) = &output.target;
        matches!(output.format, Format::Template(_)) && is_read_by_traefik(&file.path)
    });
    let found = [
        is_needed_at_start.then_some(NEEDED_AT_START),
        is_of_traefik.then_some(TRAEFIK),
        is_read_once.then_some(if hooks.is_empty() { NEVER_LOOKS_AGAIN } else { NOT_TOLD }),
    ];
    found.into_iter().flatten().collect()
}

/// Whether the usual readers of this format fail if the file is missing.
fn is_needed_at_start(format: &Format) -> bool {
    match format {
        Format::Jwt | Format::Json { .. } => false,
        Format::Env { .. } | Format::Header | Format::Bearer | Format::Template(_) => true,
    }
}

const NEEDED_AT_START: Warning = (
    "some readers do not start while their file is missing: `EnvironmentFile=` of systemd, `include` of nginx, \
     `curl -H @file`",
    "make the file optional, as `EnvironmentFile=-/path` does, or write `keep`",
);
const TRAEFIK: Warning = (
    "Traefik never looks again at a file that was missing when it started, and answers 404",
    "write `keep` for Traefik",
);
const NEVER_LOOKS_AGAIN: Warning = (
    "some readers never look again at a file that was missing: OpenTelemetry's `bearertokenauth`, oauth2-proxy, Prometheus 3.5 of \
     Debian, and watches of the file itself (fsnotify, `fs.watch`, inotify)",
    "write `keep`, unless the reader opens the file for each request",
);
const NOT_TOLD: Warning = (
    "no hook runs after a removal, so a reader that looks again only after a hook goes on with the expired token",
    "write `keep`, unless the reader opens the file for each request",
);

pub(in crate::config) const ON_EXPIRY: [(&str, OnExpiry); 2] = [("keep", OnExpiry::Keep), ("remove", OnExpiry::Remove)];
