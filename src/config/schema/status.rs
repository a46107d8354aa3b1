//! `status`.

use super::{Entry, Section, form};
use crate::config::section::status::SOCKET_PATH_BYTES_MAX;

/// Where status is served.
pub(super) fn status() -> Section {
    let entries = vec![
        Entry::new(
            "listen",
            form::listen(SOCKET_PATH_BYTES_MAX),
            "The address that health, metrics and a page for people are served at.",
        )
        .needed(),
    ];
    Section::new(
        "Status",
        "Where status is served. Without it nowhere, but in `status.json` of the state directory.",
        entries,
    )
}
