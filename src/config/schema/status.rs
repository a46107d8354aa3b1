//! `status`.

use super::{
    entry::{Entry, Section},
    form,
};
use crate::{
    config::section::status::{INSTANCE_BYTES_MAX, SOCKET_PATH_BYTES_MAX},
    status::HOST_LABEL_BYTES_MAX,
};

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
        Entry::new(
            "instance",
            form::instance(INSTANCE_BYTES_MAX),
            "The name of this daemon on its page, in its status and in `tokenwell_build_info`, which tells it from others; overrides \
             `$TOKENWELL_INSTANCE`.",
        ),
    ];
    Section::new(
        "Status",
        "The status server. Without it, status is only in `status.json` in the state directory.",
        entries,
    )
}
