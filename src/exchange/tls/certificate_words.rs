//! The words for refused certificates: one reason and one remedy each.

use std::{borrow::Cow, error::Error, fmt, time::SystemTime};

use humantime::format_rfc3339_seconds;

use super::{
    algorithm::KeyType,
    certificate_fault::{CertificateFault, Place},
    name_fault::san_entry,
};

impl Error for CertificateFault {}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&reason(self))
    }
}

fn reason(fault: &CertificateFault) -> String {
    match fault {
        CertificateFault::NoCertificate => "the server shows no certificate".to_owned(),
        CertificateFault::Malformed => "the server's certificate is malformed".to_owned(),
        CertificateFault::Expired { of, at, now } => {
            format!("{} has expired{}{}", place(of), time(" at ", *at), clock(*now))
        }
        CertificateFault::NotYetValid { of, from, now } => {
            format!("{} is not valid yet{}{}", place(of), time(", but from ", *from), clock(*now))
        }
        CertificateFault::Name(name) => name.reason(),
        CertificateFault::AuthorityAsServer { subject, .. } => format!(
            "the server's certificate `{subject}` is that of a certificate authority (`CA:TRUE`), and a CA certificate cannot be \
             a server's own"
        ),
        CertificateFault::ServerAsAuthority { subject } => {
            format!("`{subject}` signed a certificate of the server, and is no certificate authority (`CA:FALSE`)")
        }
        CertificateFault::SelfSigned { subject } => {
            format!("the server's certificate `{subject}` is self-signed and is not trusted")
        }
        CertificateFault::UntrustedRoot { root } => {
            format!(
                "the server's certificate is not trusted: it is signed by the authority `{root}`, which is no trusted root"
            )
        }
        CertificateFault::MissingIssuer { of, issuer } => format!(
            "the server's certificate is not trusted: the issuer of {}, `{issuer}`, is no trusted root, and the server does not \
             send its certificate (an intermediate one?)",
            place(of)
        ),
        CertificateFault::OtherKey { issuer } => format!(
            "the server's certificate is not trusted: its issuer `{issuer}` has the name of a trusted root, but another key"
        ),
        CertificateFault::BadSignature => "a signature of the server's certificates does not match".to_owned(),
        CertificateFault::ShortKey { of, key } => {
            format!("the key of {} is too short: {}, and at least 2048 are needed", place(of), key.words())
        }
        CertificateFault::Signature { of, algorithm } => {
            format!("the algorithm that signed {} is not supported: {algorithm}", place(of))
        }
        CertificateFault::Key { of, key } => {
            let key = key.as_ref().map_or_else(|| "an unknown one".to_owned(), KeyType::words);
            format!("the type of the key of {} is not supported: {key}", place(of))
        }
        CertificateFault::Purpose { allowed } => {
            let allowed = if allowed.is_empty() { "nothing".to_owned() } else { format!("`{}`", allowed.join("`, `")) };
            format!(
                "the server's certificate is not for servers: its `extendedKeyUsage` allows {allowed}, not `serverAuth`"
            )
        }
        CertificateFault::NameConstraint { wanted } => format!(
            "an authority of the server's certificate may not sign for its names (`nameConstraints`), such as `{wanted}`"
        ),
        CertificateFault::CriticalExtension { of, extensions } => {
            let names = if extensions.is_empty() { String::new() } else { format!(": `{}`", extensions.join("`, `")) };
            format!("{} has a critical extension that is not supported{names}", place(of))
        }
        CertificateFault::PathLength => {
            "there are more intermediate authorities than `pathLenConstraint` of one of them allows".to_owned()
        }
        CertificateFault::TooComplex => "the server's chain of certificates is too long or too complex".to_owned(),
        CertificateFault::Version { of, version } => {
            format!("{} is of version {version}, and only version 3 is supported", place(of))
        }
        CertificateFault::Revoked => "the server's certificate has been revoked".to_owned(),
        CertificateFault::SeveralRoots => "more than one root is needed to trust the server's certificate".to_owned(),
        CertificateFault::NotAcceptable => "the server's certificate is not acceptable".to_owned(),
    }
}

impl CertificateFault {
    /// Returns what a person can do.
    pub fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::NoCertificate => "let the server's operator configure a certificate".into(),
            Self::Expired { .. } => {
                "let the server's operator renew it; if it has not expired, set the clock of this machine (`timedatectl`)".into()
            }
            Self::NotYetValid { .. } => {
                "set the clock of this machine (`timedatectl`); if it is right, let the server's operator correct the certificate"
                    .into()
            }
            Self::Name(name) => name.remedy().into(),
            Self::AuthorityAsServer { wanted, .. } => own_certificate(wanted).into(),
            Self::ServerAsAuthority { .. } => {
                "let a certificate authority (`basicConstraints=critical,CA:TRUE`) sign the server's certificate".into()
            }
            Self::SelfSigned { .. } => {
                "if it is the right server, name its certificate in `http.caFile`; if not, correct `baseUrl`".into()
            }
            Self::UntrustedRoot { .. } => {
                "if it is an authority of your own, or of a proxy that inspects TLS, name its root certificate in `http.caFile`"
                    .into()
            }
            Self::MissingIssuer { issuer, .. } => format!(
                "let the server send the certificate of `{issuer}` after its own, or append that certificate to `http.caFile`"
            )
            .into(),
            Self::OtherKey { issuer } => {
                format!("put the current certificate of `{issuer}` into `http.caFile`, or let that authority sign the server's")
                    .into()
            }
            Self::BadSignature => {
                "let the server send the certificate of the authority that signed its own, and name its root in `http.caFile`"
                    .into()
            }
            Self::ShortKey { .. } => "issue that certificate again with an RSA key of at least 2048 bits, or ECDSA P-256".into(),
            Self::Signature { .. } => {
                "sign that certificate with SHA-256 or SHA-384, and an RSA, ECDSA P-256 or P-384, or Ed25519 key".into()
            }
            Self::Key { .. } => {
                "issue that certificate again with an RSA (2048 to 8192 bits), ECDSA P-256 or P-384, or Ed25519 key".into()
            }
            Self::Purpose { .. } => {
                "issue the server's certificate again with `extendedKeyUsage=serverAuth`, or without `extendedKeyUsage`".into()
            }
            Self::NameConstraint { .. } => {
                "let another authority sign it, or correct the `nameConstraints` of that authority".into()
            }
            Self::CriticalExtension { .. } => {
                "issue that certificate again without the extension, or with the extension not critical".into()
            }
            Self::PathLength => "let an authority whose `pathLenConstraint` allows it sign the server's certificate".into(),
            Self::TooComplex => "let the server send only its own certificate and the intermediate ones above it".into(),
            Self::Version { .. } => {
                "issue it again with extensions, which make it version 3 (`openssl x509 -req`: `-extfile` with `subjectAltName`)"
                    .into()
            }
            Self::Malformed | Self::Revoked | Self::SeveralRoots | Self::NotAcceptable => {
                "let the server's operator replace the certificate".into()
            }
        }
    }
}

fn own_certificate(wanted: &str) -> String {
    let san = san_entry(wanted);
    format!(
        "give the server a certificate with `CA:FALSE`, such as `openssl req -x509 -newkey rsa:2048 -nodes -days 365 -keyout \
         key.pem -out cert.pem -subj /CN=server -addext basicConstraints=critical,CA:FALSE -addext subjectAltName={san}`, and name \
         that in `http.caFile`"
    )
}

fn place(of: &Place) -> String {
    match of {
        Place::Server(subject) => format!("the server's certificate `{subject}`"),
        Place::Authority(subject) => format!("the authority's certificate `{subject}`"),
    }
}

fn time(before: &str, time: Option<SystemTime>) -> String {
    time.map_or(String::new(), |time| format!("{before}{}", format_rfc3339_seconds(time)))
}

fn clock(now: SystemTime) -> String {
    format!("; the clock of this machine says {}", format_rfc3339_seconds(now))
}
