//! `http`: how requests are made.

use std::{
    num::NonZeroUsize,
    ops::RangeInclusive,
    time::{Duration, SystemTime},
};

use crate::{
    blocking,
    config::{
        diagnostics::{Diagnostics, Location},
        fields::Fields,
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::Field,
        value::{count, duration, path},
    },
    exchange::{
        ClientCertificateFiles, HttpSettings, PemFileError, TlsSetupError, judge_ca_file, judge_client_certificate,
    },
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
        let judged = http.settings.ca_file.as_deref().filter(|file| blocking::reaches(file)).map(judge_ca_file);
        if let Some(Err(error)) = judged {
            report(&error, "http.caFile", &field.location, diagnostics);
        }
    }
    http.settings.client_certificate = client_certificate(&mut fields, field, conflicts, diagnostics);
    if let Some(value) =
        fields.take("maxInFlight", diagnostics).and_then(|field| count::read(&field, &IN_FLIGHT, diagnostics))
    {
        http.in_flight_max = value;
    }
    fields.finish(diagnostics);
    http
}

/// Reads the two files of a client certificate.
fn client_certificate(
    fields: &mut Fields<'_>,
    section: &Field,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<ClientCertificateFiles> {
    let certificate = fields.take("clientCertificateFile", diagnostics);
    let key = fields.take("clientKeyFile", diagnostics);
    let read = |field: &Field, purpose, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics| {
        let file = path::file(field, diagnostics);
        conflicts.record(purpose, file.as_deref(), &field.location);
        file
    };
    let certificate_path =
        certificate.as_ref().and_then(|field| read(field, Purpose::ClientCertificateFile, conflicts, diagnostics));
    let key_path = key.as_ref().and_then(|field| read(field, Purpose::ClientKeyFile, conflicts, diagnostics));
    let (certificate, key) = match (certificate, key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) => return None,
        (Some(_), None) => {
            let remedy = "add `clientKeyFile`, the file with the certificate's private key";
            diagnostics.mistake(&section.location, "`clientCertificateFile` without `clientKeyFile`", remedy);
            return None;
        }
        (None, Some(_)) => {
            let remedy = "add `clientCertificateFile`, the file with the key's certificate";
            diagnostics.mistake(&section.location, "`clientKeyFile` without `clientCertificateFile`", remedy);
            return None;
        }
    };
    let files = ClientCertificateFiles { certificate: certificate_path?, key: key_path? };
    if blocking::reaches(&files.certificate)
        && blocking::reaches(&files.key)
        && let Err(TlsSetupError::File { setting, error, .. }) =
            judge_client_certificate(&files, SystemTime::UNIX_EPOCH)
    {
        let location = if setting == "http.clientKeyFile" { &key.location } else { &certificate.location };
        report(&error, setting, location, diagnostics);
    }
    Some(files)
}

/// Reports a file that is there and will not do.
fn report(error: &PemFileError, setting: &str, location: &Location, diagnostics: &mut Diagnostics) {
    if error.is_a_mistake() {
        diagnostics.mistake(location, error.to_string(), error.remedy(setting));
    }
}

pub(in crate::config) const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(300);
pub(in crate::config) const IN_FLIGHT: RangeInclusive<usize> = 1..=256;
pub(in crate::config) const IN_FLIGHT_DEFAULT: NonZeroUsize = NonZeroUsize::new(8).unwrap();
