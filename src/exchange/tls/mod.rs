//! TLS: which servers are trusted, and why a handshake failed, as one reason and one remedy.
//!
//! [`Tls`] makes the TLS of the clients and of `check --online`, so both refuse the same servers. The verifier turns an error of
//! the TLS library and the certificates that the server sent into a [`CertificateFault`]; [`TlsFault`] adds the other faults.

mod algorithm;
mod certificate;
mod certificate_fault;
mod certificate_words;
mod client_auth;
mod connector;
mod demand;
mod details;
mod diagnosis;
mod fault;
mod fault_words;
mod identity;
mod name_fault;
mod observed_sessions;
mod pem_content;
mod pem_file;
mod roots;
mod setup_error;
mod system_roots;
mod verifier;

pub use certificate::Certificate;
pub use certificate_fault::CertificateFault;
pub(super) use client_auth::{ClientAuth, ClientCertificate};
pub(super) use connector::Tls;
pub(super) use demand::refused_by_reply;
pub(super) use fault::TlsFault;
pub use identity::judge_client_certificate;
pub use roots::{Root, judge_ca_file};
pub(super) use roots::{load, load_anchors, load_only};
pub use setup_error::{PEM_FILE_BYTES_MAX, PemFileError, TlsSetupError};
