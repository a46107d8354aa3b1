//! `http`.

use super::{Entry, Section, form};
use crate::config::{
    section::http::{Http, IN_FLIGHT, TIMEOUT},
    value::duration::short,
};

/// How requests are made.
pub(super) fn http() -> Section {
    let Http { settings, in_flight_max } = Http::default();
    let entries = vec![
        Entry::new("timeout", form::duration(&TIMEOUT), "For a whole request.").default(short(settings.timeout)),
        Entry::new("connectTimeout", form::duration(&TIMEOUT), "For DNS, TCP and TLS.")
            .default(short(settings.connect_timeout)),
        Entry::new("caFile", form::file(), "Certificates in PEM that are trusted besides the system's roots."),
        Entry::new("maxInFlight", form::count(&IN_FLIGHT), "The most exchanges at once.").default(in_flight_max.get()),
    ];
    Section::new("Requests", "How requests are made. `HTTPS_PROXY` and `NO_PROXY` are heard as well.", entries)
}
