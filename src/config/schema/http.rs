//! `http`.

use serde_json::json;

use super::{
    entry::{Entry, Section},
    form,
};
use crate::config::{
    section::http::{Http, IN_FLIGHT, TIMEOUT},
    value::duration::short,
};

/// Describes `http`.
pub(super) fn http() -> Section {
    let Http { settings, in_flight_max } = Http::default();
    let entries = vec![
        Entry::new(
            "timeout",
            form::duration(&TIMEOUT),
            "The time limit of a whole request, from the name look-up to the last byte of the reply.",
        )
        .default(short(settings.timeout)),
        Entry::new(
            "connectTimeout",
            form::duration(&TIMEOUT),
            "The time limit of TCP, a proxy's tunnel and TLS together. The name look-up is bounded by `timeout`.",
        )
        .default(short(settings.connect_timeout)),
        Entry::new("caFile", form::file(), "A PEM file of certificates to trust in addition to the system's roots."),
        Entry::new(
            "clientCertificateFile",
            form::file(),
            "A PEM file with the certificate that is presented to https servers that ask for one, and its intermediate ones.",
        ),
        Entry::new("clientKeyFile", form::file(), "A PEM file with the private key of that certificate, unencrypted."),
        Entry::new("maxInFlight", form::count(&IN_FLIGHT), "The limit of concurrent exchanges.")
            .default(in_flight_max.get()),
    ];
    Section::new("Requests", "How requests are made. The variables `HTTPS_PROXY` and `NO_PROXY` apply too.", entries)
        .rule(
            "dependencies",
            json!({"clientCertificateFile": ["clientKeyFile"], "clientKeyFile": ["clientCertificateFile"]}),
        )
}
