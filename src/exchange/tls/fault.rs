//! Why TLS with a server failed.

use rustls::{
    AlertDescription, CertificateError, Error as TlsError, InvalidMessage, OtherError, PeerIncompatible, PeerMisbehaved,
};

use super::{certificate_fault::CertificateFault, client_auth::ClientAuth};

/// Why TLS with a server failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::exchange) enum TlsFault {
    /// The certificates of the server are refused.
    Certificate(CertificateFault),
    /// The server does not speak TLS.
    NotTls,
    /// No version of TLS in common.
    Version,
    /// No cipher suite, curve or signature in common.
    NothingInCommon,
    /// The server wants a client certificate.
    ClientCertificateMissing,
    /// The server asked for a client certificate, got none, and closed the connection.
    ClosedAfterRequest,
    /// The server refuses the client certificate, for this reason.
    ClientCertificateRefused(AlertDescription),
    /// The server asked for a client certificate, got none, and answered with HTTP 403.
    ForbiddenAfterRequest,
    /// The server answers by HTTP that it cannot verify the client certificate.
    ClientCertificateUnverified,
    /// The server has no certificate for the name that was asked for.
    UnknownName,
    /// The server speaks no HTTP/1.1.
    Application,
    /// The server refuses for another reason.
    Alert(AlertDescription),
    /// Bytes were changed on the way.
    Damaged,
    /// The server breaks the protocol.
    Misbehaved,
    /// The fault is in this process.
    Local,
}

impl TlsFault {
    /// Returns the fault for an error of the TLS library.
    pub(in crate::exchange) fn of(error: &TlsError, client: ClientAuth) -> Self {
        match error {
            TlsError::InvalidCertificate(CertificateError::Other(OtherError(fault))) => {
                Self::Certificate(fault.downcast_ref().cloned().unwrap_or(CertificateFault::NotAcceptable))
            }
            TlsError::InvalidCertificate(_) | TlsError::InvalidCertRevocationList(_) => {
                Self::Certificate(CertificateFault::NotAcceptable)
            }
            TlsError::NoCertificatesPresented => Self::Certificate(CertificateFault::NoCertificate),
            TlsError::AlertReceived(alert) => Self::of_alert(*alert, client),
            TlsError::PeerIncompatible(why) => Self::of_incompatible(why),
            TlsError::PeerMisbehaved(why) => Self::of_misbehaved(why),
            TlsError::InvalidMessage(why) => Self::of_message(*why),
            TlsError::NoApplicationProtocol => Self::Application,
            TlsError::DecryptError | TlsError::PeerSentOversizedRecord => Self::Damaged,
            TlsError::InappropriateMessage { .. } | TlsError::InappropriateHandshakeMessage { .. } => Self::Misbehaved,
            _ => Self::Local,
        }
    }

    fn of_alert(alert: AlertDescription, client: ClientAuth) -> Self {
        use AlertDescription as Alert;
        let is_about_certificates = matches!(
            alert,
            Alert::CertificateRequired
                | Alert::NoCertificate
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::CertificateUnobtainable
                | Alert::BadCertificateHashValue
        );
        let may_be = is_about_certificates || matches!(alert, Alert::HandshakeFailure | Alert::DecryptError);
        match (alert, client) {
            (Alert::CertificateRequired | Alert::NoCertificate, ClientAuth::NotAsked | ClientAuth::Missing) => {
                Self::ClientCertificateMissing
            }
            (_, ClientAuth::Missing) if may_be => Self::ClientCertificateMissing,
            (_, ClientAuth::Presented) if may_be => Self::ClientCertificateRefused(alert),
            (Alert::HandshakeFailure | Alert::InsufficientSecurity, _) => Self::NothingInCommon,
            (Alert::ProtocolVersion | Alert::InappropriateFallback, _) => Self::Version,
            (Alert::UnrecognisedName, _) => Self::UnknownName,
            (Alert::NoApplicationProtocol, _) => Self::Application,
            (Alert::BadRecordMac | Alert::DecryptionFailed | Alert::RecordOverflow, _) => Self::Damaged,
            (alert, _) => Self::Alert(alert),
        }
    }

    fn of_incompatible(why: &PeerIncompatible) -> Self {
        use PeerIncompatible as Why;
        match why {
            Why::ServerDoesNotSupportTls12Or13
            | Why::ServerTlsVersionIsDisabledByOurConfig
            | Why::SupportedVersionsExtensionRequired
            | Why::Tls12NotOffered
            | Why::Tls12NotOfferedOrEnabled => Self::Version,
            Why::ServerSentHelloRetryRequestWithUnknownExtension
            | Why::IncorrectCertificateTypeExtension
            | Why::UnsolicitedCertificateTypeExtension => Self::Misbehaved,
            _ => Self::NothingInCommon,
        }
    }

    fn of_misbehaved(why: &PeerMisbehaved) -> Self {
        use PeerMisbehaved as Why;
        match why {
            Why::SelectedUnofferedCipherSuite
            | Why::SelectedUnofferedKxGroup
            | Why::SelectedUnusableCipherSuiteForVersion
            | Why::SelectedUnofferedCompression
            | Why::IllegalHelloRetryRequestWithUnofferedCipherSuite
            | Why::IllegalHelloRetryRequestWithUnofferedNamedGroup
            | Why::SignedKxWithWrongAlgorithm
            | Why::SignedHandshakeWithUnadvertisedSigScheme
            | Why::WrongGroupForKeyShare => Self::NothingInCommon,
            Why::IllegalHelloRetryRequestWithUnsupportedVersion | Why::SelectedTls12UsingTls13VersionExtension => {
                Self::Version
            }
            Why::AttemptedDowngradeToTls12WhenTls13IsSupported => Self::Damaged,
            Why::SelectedUnofferedApplicationProtocol => Self::Application,
            _ => Self::Misbehaved,
        }
    }

    fn of_message(why: InvalidMessage) -> Self {
        use InvalidMessage as Why;
        match why {
            Why::InvalidContentType
            | Why::UnknownProtocolVersion
            | Why::MessageTooLarge
            | Why::MessageTooShort
            | Why::InvalidEmptyPayload => Self::NotTls,
            Why::UnsupportedCurveType
            | Why::UnsupportedKeyExchangeAlgorithm(_)
            | Why::UnsupportedCompression
            | Why::InvalidDhParams
            | Why::MissingKeyExchange
            | Why::NoSignatureSchemes => Self::NothingInCommon,
            _ => Self::Misbehaved,
        }
    }
}
