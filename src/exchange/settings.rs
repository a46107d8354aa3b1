//! The settings of HTTP requests.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The settings of `http`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpSettings {
    /// Time limit for the complete request, from the name look-up to the last byte of the reply (`http.timeout`).
    pub timeout: Duration,
    /// Time limit for the TCP connection, a proxy's tunnel and TLS (`http.connectTimeout`). The name look-up has until
    /// `timeout`.
    pub connect_timeout: Duration,
    /// A PEM file with additional roots (`http.caFile`).
    pub ca_file: Option<PathBuf>,
    /// The certificate that is presented to servers that ask for one.
    pub client_certificate: Option<ClientCertificateFiles>,
}

/// The files of a client certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientCertificateFiles {
    /// A PEM file with the certificate, followed by its intermediate ones (`http.clientCertificateFile`).
    pub certificate: PathBuf,
    /// A PEM file with its private key (`http.clientKeyFile`).
    pub key: PathBuf,
}

impl HttpSettings {
    /// Returns the files that TLS is set up with.
    pub fn tls_files(&self) -> impl Iterator<Item = &Path> {
        let client = self.client_certificate.iter().flat_map(|files| [&files.certificate, &files.key]);
        self.ca_file.iter().chain(client).map(PathBuf::as_path)
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: CONNECT_TIMEOUT,
            ca_file: None,
            client_certificate: None,
        }
    }
}

/// Linux repeats the first packet of a connection after 1 s and after 3 s. This leaves the second repetition two seconds for
/// its answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
