//! The words for TLS that failed: one reason and one remedy each.

use std::borrow::Cow;

use rustls::AlertDescription;

use super::fault::TlsFault;

impl TlsFault {
    /// Returns the reason.
    pub(in crate::exchange) fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Certificate(fault) => fault.to_string().into(),
            Self::NotTls => "the server does not speak TLS".into(),
            Self::Version => "no version of TLS in common: the server speaks neither TLS 1.2 nor TLS 1.3".into(),
            Self::NothingInCommon => format!("no cipher suite, curve or signature in common; {NEEDED}").into(),
            Self::ClientCertificateMissing => "the server demands a client certificate".into(),
            Self::ClosedAfterRequest => {
                "the server asked for a client certificate, got none, and closed the connection".into()
            }
            Self::ClientCertificateRefused(alert) => {
                format!("the server refuses the client certificate: {}", client_words(*alert)).into()
            }
            Self::ForbiddenAfterRequest => {
                "the server asked for a client certificate, got none, and may refuse the request for that".into()
            }
            Self::ClientCertificateUnverified => {
                "the server refuses the client certificate: it cannot verify it".into()
            }
            Self::UnknownName => "the server has no certificate for this host name (alert `unrecognized_name`)".into(),
            Self::Application => "the server does not offer HTTP/1.1 (ALPN)".into(),
            Self::Alert(alert) => format!("the server refuses with alert `{}`", alert_name(*alert)).into(),
            Self::Damaged => "the bytes of the handshake were changed on the way".into(),
            Self::Misbehaved => "the server breaks the protocol of TLS".into(),
            Self::Local => "the handshake failed in this process".into(),
        }
    }

    /// Returns what a person can do.
    pub(in crate::exchange) fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Certificate(fault) => fault.remedy(),
            Self::NotTls => "correct the port in `baseUrl`; if the API is plain http, write `http://`".into(),
            Self::Version => "let the server's operator enable TLS 1.2 or TLS 1.3".into(),
            Self::NothingInCommon => {
                "let the server's operator enable one of each, with a key of the server to match; if `baseUrl` has an address, \
                 write the host's name, because an address is not sent as the server's name (SNI)"
                    .into()
            }
            Self::ClientCertificateMissing | Self::ClosedAfterRequest | Self::ForbiddenAfterRequest => {
                "set `http.clientCertificateFile` and `http.clientKeyFile` to a certificate that the server accepts, and its key"
                    .into()
            }
            Self::ClientCertificateRefused(_) | Self::ClientCertificateUnverified => {
                "put a certificate that the server accepts into `http.clientCertificateFile`, with the intermediate ones after \
                 it, and its key into `http.clientKeyFile`"
                    .into()
            }
            Self::UnknownName => {
                "correct the host's name in `baseUrl`, or let the server's operator add a certificate for it".into()
            }
            Self::Application => "let the server's operator enable HTTP/1.1".into(),
            Self::Alert(_) | Self::Misbehaved => {
                "look into the log of the server, or of the proxy in front of it; is `baseUrl` right?".into()
            }
            Self::Damaged => "find the proxy or firewall on the way that changes TLS, and let its operator exempt this host".into(),
            Self::Local => "start tokenwell again; if it goes on, report it".into(),
        }
    }
}

/// Describes an alert on the client's certificate.
fn client_words(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::UnknownCA => "it does not trust the authority that signed it (alert `unknown_ca`)",
        AlertDescription::CertificateExpired => "it has expired (alert `certificate_expired`)",
        AlertDescription::CertificateRevoked => "it has been revoked (alert `certificate_revoked`)",
        AlertDescription::UnsupportedCertificate => {
            "it is of the wrong type or purpose, such as without `clientAuth` (alert `unsupported_certificate`)"
        }
        AlertDescription::AccessDenied => "its owner may not connect (alert `access_denied`)",
        AlertDescription::CertificateRequired => "it wants one of another authority (alert `certificate_required`)",
        AlertDescription::BadCertificate => "it is not acceptable (alert `bad_certificate`)",
        AlertDescription::DecryptError => {
            "its signature does not match, as if another key or authority made it (alert `decrypt_error`)"
        }
        AlertDescription::HandshakeFailure => "no reason is given (alert `handshake_failure`)",
        _ => "no reason is given",
    }
}

/// Returns the name of an alert in RFC 8446.
fn alert_name(alert: AlertDescription) -> String {
    let debug = format!("{alert:?}");
    let mut name = String::new();
    let mut was_lower = false;
    for character in debug.chars().filter(char::is_ascii_alphanumeric) {
        if character.is_ascii_uppercase() && was_lower {
            name.push('_');
        }
        was_lower = character.is_ascii_lowercase();
        name.push(character.to_ascii_lowercase());
    }
    name
}

/// What this client offers.
const NEEDED: &str = "needed are, of TLS 1.3, AES-GCM or ChaCha20-Poly1305, or, of TLS 1.2, ECDHE with one of these; a key \
                      exchange by X25519, P-256 or P-384; and a signature by RSA of at least 2048 bits, ECDSA P-256 or P-384, \
                      or Ed25519";

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, Error as TlsError, InvalidMessage, PeerIncompatible, PeerMisbehaved, crypto::ring};

    use super::*;
    use crate::exchange::tls::ClientAuth::{self, Missing, NotAsked, Presented};

    /// Each error of the library with a word of its reason, and one of its remedy.
    #[test]
    fn every_error_has_a_true_reason_and_a_remedy() {
        use AlertDescription as Alert;
        let alert = TlsError::AlertReceived;
        let table: &[(TlsError, ClientAuth, &str, &str)] = &[
            (alert(Alert::CertificateRequired), Missing, "demands a client certificate", "http.clientCertificateFile"),
            (alert(Alert::CertificateRequired), NotAsked, "demands a client certificate", "http.clientKeyFile"),
            (alert(Alert::HandshakeFailure), Missing, "demands a client certificate", "http.clientCertificateFile"),
            (alert(Alert::BadCertificate), Missing, "demands a client certificate", "http.clientCertificateFile"),
            (alert(Alert::UnknownCA), Presented, "does not trust the authority", "http.clientCertificateFile"),
            (alert(Alert::CertificateExpired), Presented, "it has expired", "http.clientCertificateFile"),
            (alert(Alert::CertificateRevoked), Presented, "it has been revoked", "http.clientCertificateFile"),
            (alert(Alert::UnsupportedCertificate), Presented, "clientAuth", "http.clientCertificateFile"),
            (alert(Alert::HandshakeFailure), Presented, "refuses the client certificate", "http.clientKeyFile"),
            (alert(Alert::DecryptError), Presented, "signature does not match", "http.clientKeyFile"),
            (alert(Alert::HandshakeFailure), NotAsked, "no cipher suite, curve or signature", "operator enable"),
            (alert(Alert::InsufficientSecurity), Presented, "no cipher suite, curve or signature", "SNI"),
            (alert(Alert::ProtocolVersion), NotAsked, "neither TLS 1.2 nor TLS 1.3", "enable TLS 1.2"),
            (alert(Alert::UnrecognisedName), NotAsked, "unrecognized_name", "baseUrl"),
            (alert(Alert::NoApplicationProtocol), NotAsked, "HTTP/1.1", "enable HTTP/1.1"),
            (alert(Alert::InternalError), NotAsked, "`internal_error`", "log of the server"),
            (alert(Alert::BadRecordMac), NotAsked, "changed on the way", "firewall"),
            (TlsError::DecryptError, NotAsked, "changed on the way", "firewall"),
            (
                TlsError::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
                NotAsked,
                "neither TLS 1.2",
                "TLS 1.3",
            ),
            (TlsError::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon), NotAsked, "X25519", "operator"),
            (TlsError::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon), NotAsked, "Ed25519", "operator"),
            (TlsError::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedCipherSuite), NotAsked, "AES-GCM", "operator"),
            (TlsError::PeerMisbehaved(PeerMisbehaved::TooManyEmptyFragments), NotAsked, "breaks the protocol", "log"),
            (
                TlsError::InvalidMessage(InvalidMessage::InvalidContentType),
                NotAsked,
                "does not speak TLS",
                "port in `baseUrl`",
            ),
            (TlsError::InvalidMessage(InvalidMessage::UnsupportedCurveType), NotAsked, "curve", "operator"),
            (TlsError::NoCertificatesPresented, NotAsked, "shows no certificate", "operator"),
            (CertificateError::ApplicationVerificationFailure.into(), NotAsked, "not acceptable", "replace"),
            (TlsError::FailedToGetRandomBytes, NotAsked, "in this process", "report"),
        ];
        for (error, client, reason, remedy) in table {
            let fault = TlsFault::of(error, *client);
            assert!(fault.reason().contains(reason), "{error:?}: {}", fault.reason());
            assert!(fault.remedy().contains(remedy), "{error:?}: {}", fault.remedy());
        }
    }

    #[test]
    fn alerts_have_the_names_of_the_standard() {
        for (alert, name) in [
            (AlertDescription::InternalError, "internal_error"),
            (AlertDescription::UserCanceled, "user_canceled"),
            (AlertDescription::MissingExtension, "missing_extension"),
        ] {
            assert_eq!(alert_name(alert), name);
        }
    }

    #[test]
    fn what_is_needed_is_what_the_library_offers() {
        let provider = ring::default_provider();
        let groups: Vec<_> = provider.kx_groups.iter().map(|group| format!("{:?}", group.name())).collect();
        assert_eq!(groups, ["X25519", "secp256r1", "secp384r1"]);
        for suite in &provider.cipher_suites {
            let name = format!("{:?}", suite.suite());
            assert!(name.contains("GCM") || name.contains("CHACHA20_POLY1305"), "{name}");
            assert!(name.starts_with("TLS13") || name.contains("ECDHE"), "{name}");
        }
        let schemes = provider.signature_verification_algorithms.supported_schemes();
        let names: Vec<_> = schemes.iter().map(|scheme| format!("{scheme:?}")).collect();
        assert!(
            names.iter().all(|name| ["ECDSA_NISTP256", "ECDSA_NISTP384", "RSA_", "ED25519"]
                .iter()
                .any(|known| name.starts_with(known))),
            "{names:?}"
        );
    }
}
