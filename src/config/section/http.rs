//! `http`: how requests are made.

use std::{num::NonZeroUsize, ops::RangeInclusive, time::Duration};

use crate::{
    config::{
        notes::Notes,
        reader::Field,
        uses::{Purpose, Uses},
        value::{count, duration, path},
    },
    exchange::HttpSettings,
};

/// How requests are made, and how many at once.
pub(in crate::config) struct Http {
    pub(in crate::config) settings: HttpSettings,
    pub(in crate::config) in_flight_max: NonZeroUsize,
}

impl Default for Http {
    fn default() -> Self {
        Self { settings: HttpSettings::default(), in_flight_max: IN_FLIGHT_DEFAULT }
    }
}

/// Reads the section; what is not said is the default.
pub(in crate::config) fn read(field: &Field, uses: &mut Uses, notes: &mut Notes) -> Http {
    let mut http = Http::default();
    let Some(mut fields) = field.fields(notes) else { return http };
    if let Some(said) = fields.take("timeout", notes).and_then(|field| duration::read(&field, &TIMEOUT, notes)) {
        http.settings.timeout = said;
    }
    if let Some(said) = fields.take("connectTimeout", notes).and_then(|field| duration::read(&field, &TIMEOUT, notes)) {
        http.settings.connect_timeout = said;
    }
    if let Some(field) = fields.take("caFile", notes) {
        http.settings.ca_file = path::file(&field, notes);
        uses.note(Purpose::CaFile, http.settings.ca_file.as_deref(), &field.spot);
    }
    if let Some(said) = fields.take("maxInFlight", notes).and_then(|field| count::read(&field, &IN_FLIGHT, notes)) {
        http.in_flight_max = said;
    }
    fields.finish(notes);
    http
}

pub(in crate::config) const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(300);
pub(in crate::config) const IN_FLIGHT: RangeInclusive<usize> = 1..=256;
pub(in crate::config) const IN_FLIGHT_DEFAULT: NonZeroUsize = NonZeroUsize::new(8).unwrap();
