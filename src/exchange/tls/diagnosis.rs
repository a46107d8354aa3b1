//! Finds out why the certificates of a server are refused.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::{
    CertificateError, Error as TlsError, ExtendedKeyPurpose, OtherError, RootCertStore,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{
    algorithm::{KeyType, extension_name, is_processed, is_verifiable, purpose_name, signature_name},
    certificate_fault::{CertificateFault, Place},
    details::Details,
    name_fault::NameFault,
};

/// Returns why a chain is refused. `error` is that of the library, `roots` are all that are trusted.
pub(in crate::exchange) fn diagnose(
    error: &TlsError,
    chain: &[CertificateDer<'_>],
    roots: &RootCertStore,
    name: &ServerName<'_>,
    now: UnixTime,
) -> CertificateFault {
    let certificates: Vec<_> = chain.iter().take(CHAIN_MAX).map_while(|der| Details::read(der)).collect();
    let Some(server) = certificates.first() else {
        return if chain.is_empty() { CertificateFault::NoCertificate } else { CertificateFault::Malformed };
    };
    let chain = Chain { certificates: &certificates, server, roots, wanted: name.to_str().into_owned(), now };
    match error {
        TlsError::NoCertificatesPresented => CertificateFault::NoCertificate,
        TlsError::InvalidCertificate(error) => chain.fault(error),
        _ => CertificateFault::NotAcceptable,
    }
}

/// Returns why the server's signature of the handshake is refused.
pub(in crate::exchange) fn diagnose_signature(server: &CertificateDer<'_>) -> CertificateFault {
    let Some(server) = Details::read(server) else { return CertificateFault::Malformed };
    let of = Place::Server(server.subject);
    match server.key {
        Some(key) if key.is_too_short() => CertificateFault::ShortKey { of, key },
        key => CertificateFault::Key { of, key },
    }
}

/// The certificates that a server sent, its own first, and what they are verified against.
struct Chain<'a> {
    certificates: &'a [Details],
    server: &'a Details,
    roots: &'a RootCertStore,
    wanted: String,
    now: UnixTime,
}

impl Chain<'_> {
    fn fault(&self, error: &CertificateError) -> CertificateFault {
        let now = system_time(self.now);
        match error {
            CertificateError::BadEncoding => CertificateFault::Malformed,
            CertificateError::ExpiredContext { not_after, .. } => {
                let at = system_time(*not_after);
                CertificateFault::Expired { of: self.place(|one| one.not_after == at), at: Some(at), now }
            }
            CertificateError::Expired => {
                CertificateFault::Expired { of: self.place(|one| one.not_after < one.not_before), at: None, now }
            }
            CertificateError::NotValidYetContext { not_before, .. } => {
                let from = system_time(*not_before);
                CertificateFault::NotYetValid { of: self.place(|one| one.not_before == from), from: Some(from), now }
            }
            CertificateError::NotValidYet => {
                CertificateFault::NotYetValid { of: self.place(|_| true), from: None, now }
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => self.name_fault(),
            CertificateError::UnknownIssuer => self.unknown_issuer(),
            CertificateError::BadSignature => self.bad_signature(),
            CertificateError::Revoked
            | CertificateError::UnknownRevocationStatus
            | CertificateError::ExpiredRevocationList
            | CertificateError::ExpiredRevocationListContext { .. }
            | CertificateError::InvalidOcspResponse => CertificateFault::Revoked,
            CertificateError::UnhandledCriticalExtension => self.critical_extension(),
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => self.unsupported(),
            CertificateError::InvalidPurpose => CertificateFault::Purpose { allowed: Vec::new() },
            CertificateError::InvalidPurposeContext { presented, .. } => {
                CertificateFault::Purpose { allowed: presented.iter().take(PURPOSES_MAX).map(purpose).collect() }
            }
            CertificateError::Other(OtherError(error)) => {
                error.downcast_ref().map_or(CertificateFault::NotAcceptable, |error| self.of_webpki(error))
            }
            _ => CertificateFault::NotAcceptable,
        }
    }

    /// Returns the fault for an error that the TLS library passes on.
    fn of_webpki(&self, error: &webpki::Error) -> CertificateFault {
        use webpki::Error;
        match error {
            Error::CaUsedAsEndEntity => CertificateFault::AuthorityAsServer {
                subject: self.server.subject.clone(),
                wanted: self.wanted.clone(),
            },
            Error::EndEntityUsedAsCa => {
                let issuer = self.certificates.iter().skip(1).find(|one| !one.is_authority);
                CertificateFault::ServerAsAuthority { subject: issuer.unwrap_or(self.server).subject.clone() }
            }
            Error::NameConstraintViolation
            | Error::MalformedNameConstraint
            | Error::InvalidNetworkMaskConstraint
            | Error::UnsupportedNameType => CertificateFault::NameConstraint { wanted: self.wanted.clone() },
            Error::PathLenConstraintViolated => CertificateFault::PathLength,
            Error::EmptyEkuExtension => CertificateFault::Purpose { allowed: Vec::new() },
            Error::UnsupportedCriticalExtension => self.critical_extension(),
            Error::UnsupportedCertVersion => {
                let of = self.place(|one| one.version != 3);
                let version = self.certificates.iter().map(|one| one.version).find(|version| *version != 3);
                version.map_or(CertificateFault::Malformed, |version| CertificateFault::Version { of, version })
            }
            Error::SignatureAlgorithmMismatch
            | Error::MalformedExtensions
            | Error::MalformedDnsIdentifier
            | Error::ExtensionValueInvalid
            | Error::InvalidSerialNumber => CertificateFault::Malformed,
            Error::MaximumPathDepthExceeded
            | Error::MaximumSignatureChecksExceeded
            | Error::MaximumPathBuildCallsExceeded
            | Error::MaximumNameConstraintComparisonsExceeded => CertificateFault::TooComplex,
            _ => CertificateFault::NotAcceptable,
        }
    }

    fn name_fault(&self) -> CertificateFault {
        CertificateFault::Name(NameFault {
            wanted: self.wanted.clone(),
            names: self.server.names.clone(),
            common_name: self.server.common_name.clone(),
        })
    }

    /// Follows the issuers as far as the server sent them.
    fn unknown_issuer(&self) -> CertificateFault {
        let mut last = self.server;
        for _ in self.certificates {
            let issuer = self.certificates.iter().find(|one| one.subject_der == last.issuer_der);
            match issuer.filter(|_| !last.is_self_issued()) {
                Some(issuer) => last = issuer,
                None => break,
            }
        }
        let issuer = last.issuer.clone();
        if self.is_root(&last.issuer_der) {
            CertificateFault::OtherKey { issuer }
        } else if !last.is_self_issued() {
            CertificateFault::MissingIssuer { of: self.place_of(last), issuer }
        } else if std::ptr::eq(last, self.server) {
            CertificateFault::SelfSigned { subject: issuer }
        } else {
            CertificateFault::UntrustedRoot { root: issuer }
        }
    }

    /// A signature that does not match: by a key that is too short, or by another authority of the same name.
    fn bad_signature(&self) -> CertificateFault {
        let mut issuers = self.certificates.iter().map(|one| (one, self.issuer_key(one)));
        let short = issuers.find_map(|(one, key)| Some((one, key.filter(KeyType::is_too_short)?)));
        if let Some((one, key)) = short {
            return CertificateFault::ShortKey { of: Place::Authority(one.issuer.clone()), key };
        }
        let same_name = self.certificates.iter().find(|one| self.is_root(&one.issuer_der));
        same_name
            .map_or(CertificateFault::BadSignature, |one| CertificateFault::OtherKey { issuer: one.issuer.clone() })
    }

    /// An algorithm of a signature, or the key for it, that is not supported.
    fn unsupported(&self) -> CertificateFault {
        let unverifiable = self.certificates.iter().find(|one| !is_verifiable(&one.signed_by));
        if let Some(one) = unverifiable {
            return CertificateFault::Signature { of: self.place_of(one), algorithm: signature_name(&one.signed_by) };
        }
        let issuer = self.certificates.iter().find(|one| {
            let key = self.issuer_key(one);
            key.is_none_or(|key| !key.is_supported())
        });
        let one = issuer.unwrap_or(self.server);
        CertificateFault::Key { of: Place::Authority(one.issuer.clone()), key: self.issuer_key(one) }
    }

    fn critical_extension(&self) -> CertificateFault {
        let is_unknown = |one: &Details| one.critical.iter().any(|extension| !is_processed(extension));
        let found = self.certificates.iter().find(|one| is_unknown(one)).unwrap_or(self.server);
        let unknown = found.critical.iter().filter(|extension| !is_processed(extension));
        let extensions = unknown.take(EXTENSIONS_MAX).map(extension_name).collect();
        CertificateFault::CriticalExtension { of: self.place_of(found), extensions }
    }

    /// Returns the key of a certificate's issuer, which was sent or is a root.
    fn issuer_key(&self, of: &Details) -> Option<KeyType> {
        let sent = self.certificates.iter().find(|one| one.subject_der == of.issuer_der);
        let root = || self.roots.roots.iter().find(|root| root.subject.as_ref() == of.issuer_der);
        match sent {
            Some(sent) => sent.key.clone(),
            None => KeyType::of_content(root()?.subject_public_key_info.as_ref()),
        }
    }

    fn is_root(&self, subject: &[u8]) -> bool {
        self.roots.roots.iter().any(|root| root.subject.as_ref() == subject)
    }

    /// Returns the first certificate for which this holds, or the server's.
    fn place(&self, holds: impl Fn(&Details) -> bool) -> Place {
        self.place_of(self.certificates.iter().find(|one| holds(one)).unwrap_or(self.server))
    }

    fn place_of(&self, one: &Details) -> Place {
        let subject = one.subject.clone();
        if std::ptr::eq(one, self.server) { Place::Server(subject) } else { Place::Authority(subject) }
    }
}

fn purpose(purpose: &ExtendedKeyPurpose) -> String {
    match purpose {
        ExtendedKeyPurpose::ClientAuth => "clientAuth".to_owned(),
        ExtendedKeyPurpose::ServerAuth => "serverAuth".to_owned(),
        ExtendedKeyPurpose::Other(arcs) => purpose_name(arcs),
    }
}

fn system_time(time: UnixTime) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(time.as_secs())
}

/// The maximum number of certificates that are examined.
const CHAIN_MAX: usize = 8;
const PURPOSES_MAX: usize = 8;
const EXTENSIONS_MAX: usize = 8;
