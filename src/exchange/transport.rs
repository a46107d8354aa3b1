//! Why no complete reply arrived, as messages written here.
//!
//! Errors of the HTTP stack are never printed, because they contain URLs.

use std::{borrow::Cow, error::Error, io, time::Duration};

use rustls::Error as TlsError;

use super::{
    http1,
    network_path::Untunnelled,
    origin::Origin,
    refusal::Refused,
    reply::BODY_BYTES_MAX,
    tls::{ClientAuth, TlsFault},
};
use crate::{blocking::Shortage, renewal::Refusal};

/// An error between the client and the API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum TransportError {
    /// The request exceeded its time-out.
    Slow,
    /// The connection exceeded its time-out.
    SlowConnect {
        /// Words on the proxy, if there is one.
        by_proxy: Option<String>,
    },
    /// The body is longer than [`BODY_BYTES_MAX`].
    TooLong,
    /// No connection could be made. A proxy may know more.
    NotConnected {
        /// Description of the error.
        words: String,
        /// What a person can do, if that is known.
        remedy: Option<Cow<'static, str>>,
        /// What a proxy did, if it has opened a tunnel.
        in_tunnel: Option<Untunnelled>,
    },
    /// The reply is no HTTP that can be read; the description of what is wrong with it.
    Malformed(&'static str),
    /// Any other error, with its description and what a person can do, if that is known.
    Broken(String, Option<Cow<'static, str>>),
}

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

impl TransportError {
    /// Finds the cause in an error of the HTTP client.
    pub(super) fn of(error: &reqwest::Error, client: ClientAuth) -> Self {
        if error.is_timeout() {
            return if error.is_connect() { Self::SlowConnect { by_proxy: None } } else { Self::Slow };
        }
        let causes = causes(error);
        if let Some(words) = causes.iter().rev().find_map(|cause| http1::malformed(&cause.to_string())) {
            return Self::Malformed(words);
        }
        let through_proxy = causes.iter().any(|cause| cause.to_string().starts_with(TUNNEL));
        let fault = TransportFault::of(error, client);
        let of_tls = matches!(fault, TransportFault::Tls(_)).then(|| fault.reason().into_owned());
        let words = of_tls.or_else(|| causes.iter().rev().find_map(|cause| words(*cause))).unwrap_or_else(|| {
            if error.is_connect() {
                "no connection could be made".to_owned()
            } else {
                "the connection broke before the complete reply arrived".to_owned()
            }
        });
        let words = match causes.iter().find_map(|cause| cause.downcast_ref::<Shortage>()) {
            Some(shortage) => format!("the host name cannot be looked up: {shortage}"),
            None if error.is_dns() => "the host name cannot be looked up".to_owned(),
            None => words,
        };
        let words = if through_proxy { format!("through the proxy in the environment: {words}") } else { words };
        let remedy = fault.remedy();
        if error.is_connect() {
            Self::NotConnected { words, remedy, in_tunnel: in_tunnel(error) }
        } else {
            Self::Broken(words, remedy)
        }
    }

    /// Converts the error to a refusal and its message.
    pub(super) fn refused(self, origin: &Origin, timeout: Duration, connect_timeout: Duration) -> Refused {
        let length = humantime::format_duration;
        let (refusal, message) = match self {
            Self::Slow => (Refusal::TimedOut, format!("no whole reply from `{origin}` within {}", length(timeout))),
            Self::SlowConnect { by_proxy } => {
                let within = length(timeout.min(connect_timeout));
                let by_proxy = by_proxy.map_or(String::new(), |words| format!(" {words}"));
                (Refusal::TimedOut, format!("no connection to `{origin}` within {within}{by_proxy}"))
            }
            Self::TooLong => {
                (Refusal::Unreachable, format!("the reply of `{origin}` is longer than {BODY_BYTES_MAX} bytes"))
            }
            Self::Malformed(words) => {
                let message = format!("cannot read the reply of `{origin}`: {words}");
                return Refused::new(Refusal::Unreachable, message).with_remedy(IF_MALFORMED);
            }
            Self::NotConnected { words, remedy, .. } | Self::Broken(words, remedy) => {
                let message = format!("cannot reach `{origin}`: {words}");
                return Refused { refusal: Refusal::Unreachable, message, remedy };
            }
        };
        let refused = Refused::new(refusal, message);
        if refusal == Refusal::TimedOut { refused.with_remedy(IF_SLOW) } else { refused }
    }
}

/// Describes an error of a connection.
pub(super) fn describe(error: &(dyn Error + 'static)) -> String {
    let found = causes(error).into_iter().rev().find_map(words);
    found.unwrap_or_else(|| "no connection could be made".to_owned())
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
const IF_SLOW: &str = "see whether the network is slow, or raise `http.timeout`";
const IF_MALFORMED: &str =
    "ask `curl -v` what the server sends: the URL may be wrong, or something in front of the API changes its replies";
const CLOSED_EARLY: &str = "the connection was closed before the complete reply arrived";
const TUNNEL: &str = "tunnel error";
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
