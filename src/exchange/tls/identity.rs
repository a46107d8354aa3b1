//! The client certificate of a configuration and its key.

use std::{sync::Arc, time::SystemTime};

use rustls::{Error as TlsError, crypto::ring, sign::CertifiedKey};

use super::{
    details::Details,
    pem_content::PemContent,
    pem_file,
    setup_error::{CERTIFICATE_SETTING, KEY_SETTING, PemFileError, TlsSetupError},
};
use crate::exchange::settings::ClientCertificateFiles;

/// Reads the certificate with its chain, and its key. Blocks on the disk.
pub(super) fn read(files: &ClientCertificateFiles) -> Result<CertifiedKey, TlsSetupError> {
    let of_certificate =
        |error| TlsSetupError::File { setting: CERTIFICATE_SETTING, path: files.certificate.clone(), error };
    let of_key = |error| TlsSetupError::File { setting: KEY_SETTING, path: files.key.clone(), error };
    let chain = pem_file::chain(&files.certificate).map_err(of_certificate)?;
    if chain.first().is_none_or(|first| Details::read(first).is_none()) {
        return Err(of_certificate(PemFileError::NoCertificate(PemContent::Certificate)));
    }
    let key = pem_file::key(&files.key).map_err(of_key)?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| {
        of_key(match error {
            TlsError::InconsistentKeys(_) => PemFileError::KeyMismatch,
            _ => PemFileError::UnsupportedKey,
        })
    })
}

/// Whether two files can serve as `http.clientCertificateFile` and `http.clientKeyFile`. `Some` is a warning on the certificate's
/// validity.
pub fn judge_client_certificate(
    files: &ClientCertificateFiles,
    now: SystemTime,
) -> Result<Option<String>, TlsSetupError> {
    let identity = read(files)?;
    let Some(certificate) = identity.cert.first().and_then(|first| Details::read(first)) else { return Ok(None) };
    let time = humantime::format_rfc3339_seconds;
    let (subject, file) = (&certificate.subject, files.certificate.display());
    let start = format!("the client certificate `{subject}` of `{CERTIFICATE_SETTING}` `{file}`");
    Ok(if certificate.not_after < now {
        Some(format!("{start} has expired at {}; renew it", time(certificate.not_after)))
    } else if certificate.not_before > now {
        Some(format!(
            "{start} is not valid before {}; is the clock of this machine right?",
            time(certificate.not_before)
        ))
    } else {
        None
    })
}

/// Makes what TLS presents of it, if there is one.
pub(super) fn certified(files: Option<&ClientCertificateFiles>) -> Result<Option<Arc<CertifiedKey>>, TlsSetupError> {
    files.map(|files| read(files).map(Arc::new)).transpose()
}
