//! Why the certificates of a server are refused.

use std::time::SystemTime;

use super::{algorithm::KeyType, name_fault::NameFault};

/// Why the certificates of a server are refused. Displays the reason; names in it are public.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CertificateFault {
    /// Its chain is empty.
    NoCertificate,
    /// It cannot be decoded.
    Malformed,
    /// It has expired.
    Expired {
        /// Which of the certificates.
        of: Place,
        /// When it expired, if that is known.
        at: Option<SystemTime>,
        /// What the wall clock says.
        now: SystemTime,
    },
    /// It is not valid yet.
    NotYetValid {
        /// Which of the certificates.
        of: Place,
        /// When its validity begins, if that is known.
        from: Option<SystemTime>,
        /// What the wall clock says.
        now: SystemTime,
    },
    /// It is for another name.
    Name(NameFault),
    /// The server's own certificate is one of an authority.
    AuthorityAsServer {
        /// Its subject.
        subject: String,
        /// The host that it is used for, as in `subjectAltName`.
        wanted: String,
    },
    /// A certificate that is none of an authority signed another one.
    ServerAsAuthority {
        /// The issuer.
        subject: String,
    },
    /// It is signed with its own key, and not trusted.
    SelfSigned {
        /// Its subject.
        subject: String,
    },
    /// The chain ends at an authority that is not trusted.
    UntrustedRoot {
        /// The authority.
        root: String,
    },
    /// The issuer's certificate was not sent, and is not trusted.
    MissingIssuer {
        /// The certificate that the server sent.
        of: Place,
        /// Its issuer.
        issuer: String,
    },
    /// A trusted root has the issuer's name, and another key.
    OtherKey {
        /// The issuer.
        issuer: String,
    },
    /// A signature does not match.
    BadSignature,
    /// An RSA key is below 2048 bits.
    ShortKey {
        /// Whose key.
        of: Place,
        /// Its length in bits.
        key: KeyType,
    },
    /// A certificate is signed by an algorithm that is not supported.
    Signature {
        /// Which of the certificates.
        of: Place,
        /// The algorithm.
        algorithm: String,
    },
    /// A key's type or curve is not supported, or not with the algorithm of the signature.
    Key {
        /// Whose key.
        of: Place,
        /// The type of the key, if it can be read.
        key: Option<KeyType>,
    },
    /// The server's certificate is for another purpose.
    Purpose {
        /// The purposes that it has.
        allowed: Vec<String>,
    },
    /// An authority may not sign for the server's name.
    NameConstraint {
        /// The host's name.
        wanted: String,
    },
    /// A critical extension is not known.
    CriticalExtension {
        /// Which of the certificates.
        of: Place,
        /// The extensions in question.
        extensions: Vec<String>,
    },
    /// `pathLenConstraint` of an authority allows fewer intermediate authorities.
    PathLength,
    /// The chain is too long, or there are too many ways through it.
    TooComplex,
    /// It has no version 3.
    Version {
        /// Which of the certificates.
        of: Place,
        /// Its version.
        version: u8,
    },
    /// It has been revoked.
    Revoked,
    /// More than one root is needed.
    SeveralRoots,
    /// Any other reason.
    NotAcceptable,
}

/// A certificate of the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// The server's own, with its subject.
    Server(String),
    /// One of an authority, with its subject.
    Authority(String),
}
