//! Errors of connections, in words written here.
//!
//! Errors of the HTTP stack are never printed, because they contain URLs.

use std::{borrow::Cow, error::Error, io};

use rustls::Error as TlsError;

use super::{
    http1,
    network_path::Untunnelled,
    tls::{ClientAuth, TlsFault},
};

/// An error of a connection that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum TransportFault {
    /// TLS failed.
    Tls(TlsFault),
    /// Another error, with its description.
    Other(String),
}

impl TransportFault {
    /// Finds the cause in an error of a connection.
    pub(super) fn of(error: &(dyn Error + 'static), client: ClientAuth) -> Self {
        let causes = causes(error);
        let is_cut = || causes.iter().any(|cause| cause.downcast_ref().is_some_and(|io: &io::Error| is_cut(io.kind())));
        match causes.iter().rev().find_map(|cause| cause.downcast_ref::<TlsError>()) {
            Some(error) => Self::Tls(TlsFault::of(error, client)),
            None if client == ClientAuth::Missing && is_cut() => Self::Tls(TlsFault::ClosedAfterRequest),
            None => Self::Other(describe(error)),
        }
    }

    /// Returns the reason.
    pub(super) fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Tls(TlsFault::NotTls) => TlsFault::NotTls.reason(),
            Self::Tls(fault) => format!("TLS: {}", fault.reason()).into(),
            Self::Other(words) => words.clone().into(),
        }
    }

    /// Returns what a person can do, if that is known.
    pub(super) fn remedy(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Tls(fault) => Some(fault.remedy()),
            Self::Other(_) => None,
        }
    }
}

/// Describes an error of a connection.
pub(super) fn describe(error: &(dyn Error + 'static)) -> String {
    let found = causes(error).into_iter().rev().find_map(words);
    found.unwrap_or_else(|| NO_CONNECTION.to_owned())
}

/// Returns what is wrong with a reply that is no HTTP which can be read, if that is the cause.
pub(super) fn malformed(error: &(dyn Error + 'static)) -> Option<&'static str> {
    causes(error).into_iter().rev().find_map(|cause| http1::malformed(&cause.to_string()))
}

/// Returns what a proxy did, if TLS in its tunnel failed with this error: it sent something else, or closed the tunnel.
pub(super) fn in_tunnel(error: &(dyn Error + 'static)) -> Option<Untunnelled> {
    causes(error).into_iter().rev().find_map(|cause| {
        if let Some(TlsError::InvalidMessage(_)) = cause.downcast_ref() {
            return Some(Untunnelled::Page);
        }
        let io = cause.downcast_ref::<io::Error>().filter(|io| is_cut(io.kind()))?;
        Some(Untunnelled::Cut { why: io_words(io)? })
    })
}

fn is_cut(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

/// Returns the chain of causes, outermost first. `source` of an `io::Error` omits the error it wraps, so that error is
/// taken out first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next.filter(|_| chain.len() < CAUSES_MAX) {
        chain.push(error);
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    chain
}

/// Describes one cause, if it is known.
fn words(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<TlsError>() {
        return Some(TransportFault::Tls(TlsFault::of(error, ClientAuth::NotAsked)).reason().into_owned());
    }
    if let Some(io) = cause.downcast_ref::<io::Error>() {
        return io_words(io);
    }
    // Texts of hyper and hyper-util, whose error types are private.
    let text = cause.to_string();
    KNOWN_TEXTS.iter().find(|(known, _)| text.starts_with(known)).map(|(_, words)| (*words).to_owned())
}

fn io_words(error: &io::Error) -> Option<String> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("connection refused".to_owned()),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some("the connection was reset".to_owned())
        }
        io::ErrorKind::UnexpectedEof => Some(CLOSED_EARLY.to_owned()),
        // The operating system's text for its own error. A wrapped error is a separate cause.
        _ => error.raw_os_error().map(|code| io::Error::from_raw_os_error(code).to_string().to_lowercase()),
    }
}

/// The maximum length of the chain of causes.
const CAUSES_MAX: usize = 16;
/// The description of an error that is not known.
pub(super) const NO_CONNECTION: &str = "no connection could be made";
const CLOSED_EARLY: &str = "the connection was closed before the complete reply arrived";
/// The beginning of each known text, and its description.
const KNOWN_TEXTS: [(&str, &str); 6] = [
    ("tunnel error: proxy authorization required", "the proxy wants a user and a password"),
    ("tunnel error: unsuccessful", "the proxy refuses to connect to the API"),
    ("tunnel error: unexpected end of file", "the proxy closed the connection"),
    ("connection closed before message completed", CLOSED_EARLY),
    ("end of file before message length reached", CLOSED_EARLY),
    ("unexpected EOF during chunk size line", CLOSED_EARLY),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_error_is_found_however_deep() {
        let inner = io::Error::new(io::ErrorKind::InvalidData, TlsError::NoCertificatesPresented);
        let outer = io::Error::other(io::Error::other(inner));
        let found = causes(&outer).into_iter().rev().find_map(words).unwrap();
        assert!(found.contains("no certificate"), "{found}");
    }

    #[test]
    fn text_of_unknown_errors_is_not_repeated() {
        assert_eq!(words(&io::Error::other("GOAWAY: eyJsecret")), None);
        let unknown: Box<dyn Error> = "eyJsecret".into();
        assert_eq!(words(unknown.as_ref()), None);
    }
}
