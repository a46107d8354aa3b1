//! `status`.

use super::{
    entry::{Entry, Section},
    form,
};
use crate::{config::section::status::SOCKET_PATH_BYTES_MAX, status::HOST_LABEL_BYTES_MAX};

/// Describes `status`.
pub(super) fn status() -> Section {
    let entries = vec![
        Entry::new(
            "listen",
            form::listen(SOCKET_PATH_BYTES_MAX),
            "The address of the server for health, metrics and a status page.",
        )
        .required(),
        Entry::new(
            "hosts",
            form::hosts(HOST_LABEL_BYTES_MAX),
            "Host names under which a loopback address answers, such as that of a reverse proxy on this machine; `/livez`, \
             `/readyz` and `/metrics` answer under every name.",
        ),
    ];
    Section::new(
        "Status",
        "The status server. Without it, status is only in `status.json` in the state directory.",
        entries,
    )
}
