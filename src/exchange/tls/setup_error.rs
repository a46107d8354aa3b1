//! Why TLS cannot be set up.

use std::{io, path::PathBuf};

use rustls::Error as TlsError;

use super::pem_content::PemContent;

/// Why TLS cannot be set up. The user has to correct each of these.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// A file is unusable.
    #[error("cannot use `{setting}` `{}`: {error}; {}", path.display(), error.remedy(setting))]
    File {
        /// The field that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: PemFileError,
    },
    /// There are no certificate authorities, as in an image built from scratch.
    #[error("{}", no_roots(*.replaced_by))]
    NoRoots {
        /// The environment variable that names other roots than the system's.
        replaced_by: Option<&'static str>,
    },
    /// Any other error of the TLS library.
    #[error("cannot set up TLS")]
    Library(#[source] TlsError),
}

/// Why a file of certificates, or of a key, is unusable.
#[derive(Debug, thiserror::Error)]
pub enum PemFileError {
    /// It cannot be read.
    #[error("{}", plain(.0))]
    Io(#[from] io::Error),
    /// A directory, a pipe or a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// Longer than [`PEM_FILE_BYTES_MAX`].
    #[error("it is longer than {} MiB", PEM_FILE_BYTES_MAX >> 20)]
    TooLong,
    /// It contains no usable certificate.
    #[error("it contains no usable certificate: {}", .0.words())]
    NoCertificate(PemContent),
    /// It contains no usable private key.
    #[error("it contains no usable private key: {}", .0.words())]
    NoKey(PemContent),
    /// The key is of a type that cannot be used.
    #[error("its private key is damaged, or of a type or size that is not supported")]
    UnsupportedKey,
    /// The key does not belong to the certificate.
    #[error("its private key does not match the certificate of `http.clientCertificateFile`")]
    KeyMismatch,
}

impl PemFileError {
    /// Whether the file is there, and no user can use it. A file that cannot be read may come, or be made readable.
    pub fn is_a_mistake(&self) -> bool {
        !matches!(self, Self::Io(_))
    }

    /// Returns what a person can do. `setting` is the field that names the file.
    pub fn remedy(&self, setting: &str) -> String {
        match self {
            Self::Io(_) | Self::NotAFile | Self::TooLong | Self::NoCertificate(_) if setting != KEY_SETTING => {
                let field = setting.trim_start_matches("http.");
                format!(
                    "name a file of PEM certificates (`-----BEGIN CERTIFICATE-----`) that tokenwell may read, or remove `{field}`"
                )
            }
            Self::NoKey(PemContent::EncryptedKey) => {
                "decrypt it with `openssl pkey -in FILE -out FILE.key`, and let only tokenwell's user read it"
                    .to_owned()
            }
            Self::UnsupportedKey => {
                "use an RSA key of 2048 to 8192 bits, ECDSA P-256 or P-384, or Ed25519, in PKCS#8, PKCS#1 or SEC1"
                    .to_owned()
            }
            Self::KeyMismatch => "name the key that the certificate was made with".to_owned(),
            _ => "name a file with a private key in PEM (`-----BEGIN PRIVATE KEY-----`) that tokenwell may read"
                .to_owned(),
        }
    }
}

fn no_roots(replaced_by: Option<&str>) -> String {
    match replaced_by {
        Some(variable) => format!(
            "the environment variable `{variable}` replaces the system's certificate authorities, and names no usable certificate: \
             correct or unset it, or set `http.caFile`"
        ),
        None => {
            "the system trusts no certificate authority: install `ca-certificates`, or set `http.caFile`".to_owned()
        }
    }
}

fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// The fields that name files.
pub(super) const CA_SETTING: &str = "http.caFile";
pub(super) const CERTIFICATE_SETTING: &str = "http.clientCertificateFile";
pub(super) const KEY_SETTING: &str = "http.clientKeyFile";

/// The limit for a file. A bundle of all public authorities is a quarter of this size.
pub const PEM_FILE_BYTES_MAX: u64 = 1 << 20;
