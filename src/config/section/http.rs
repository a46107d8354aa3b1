//! `http`: how requests are made.

use std::{num::NonZeroUsize, ops::RangeInclusive, time::Duration};

use crate::{
    config::{
        diagnostics::Diagnostics,
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::Field,
        value::{count, duration, path},
    },
    exchange::HttpSettings,
};

/// The settings of requests, and the limit of concurrent ones.
pub(in crate::config) struct Http {
    pub(in crate::config) settings: HttpSettings,
    pub(in crate::config) in_flight_max: NonZeroUsize,
}

impl Default for Http {
    fn default() -> Self {
        Self { settings: HttpSettings::default(), in_flight_max: IN_FLIGHT_DEFAULT }
    }
}

/// Reads the section. Missing fields keep their defaults.
pub(in crate::config) fn read(field: &Field, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Http {
    let mut http = Http::default();
    let Some(mut fields) = field.fields(diagnostics) else { return http };
    if let Some(value) =
        fields.take("timeout", diagnostics).and_then(|field| duration::read(&field, &TIMEOUT, diagnostics))
    {
        http.settings.timeout = value;
    }
    if let Some(value) =
        fields.take("connectTimeout", diagnostics).and_then(|field| duration::read(&field, &TIMEOUT, diagnostics))
    {
        http.settings.connect_timeout = value;
    }
    if let Some(field) = fields.take("caFile", diagnostics) {
        http.settings.ca_file = path::file(&field, diagnostics);
        conflicts.record(Purpose::CaFile, http.settings.ca_file.as_deref(), &field.location);
    }
    if let Some(value) =
        fields.take("maxInFlight", diagnostics).and_then(|field| count::read(&field, &IN_FLIGHT, diagnostics))
    {
        http.in_flight_max = value;
    }
    fields.finish(diagnostics);
    http
}

pub(in crate::config) const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(300);
pub(in crate::config) const IN_FLIGHT: RangeInclusive<usize> = 1..=256;
pub(in crate::config) const IN_FLIGHT_DEFAULT: NonZeroUsize = NonZeroUsize::new(8).unwrap();
