//! `status`.

use super::{
    entry::{Entry, Section},
    form,
};
use crate::config::section::status::SOCKET_PATH_BYTES_MAX;

/// Describes `status`.
pub(super) fn status() -> Section {
    let entries = vec![
        Entry::new(
            "listen",
            form::listen(SOCKET_PATH_BYTES_MAX),
            "The address of the server for health, metrics and a status page.",
        )
        .required(),
    ];
    Section::new(
        "Status",
        "The status server. Without it, status is only in `status.json` in the state directory.",
        entries,
    )
}
