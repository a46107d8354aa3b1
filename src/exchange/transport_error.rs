//! Why no complete reply arrived, as a refusal with its message and remedy.

use std::{borrow::Cow, net::SocketAddr, time::Duration};

use super::{
    network_path::{Cause, LookUpError, NAME_SERVERS, NetworkPath, NoConnection, NotConnected, Route, Untunnelled},
    origin::Origin,
    refusal::Refused,
    timeline::{Progress, Step},
    tls::ClientAuth,
    transport::{NO_CONNECTION, TransportFault, in_tunnel, malformed},
};
use crate::renewal::Refusal;

/// An error between the client and the API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum TransportError {
    /// The name of the API or of the proxy has no address.
    LookUp(LookUpError),
    /// The request exceeded its time-out.
    Slow,
    /// The connection exceeded its time-out.
    SlowConnect,
    /// No connection could be made.
    NotConnected {
        /// Description of the error.
        words: String,
        /// What a person can do, if that is known.
        remedy: Option<Cow<'static, str>>,
        /// What a proxy did, if it has opened a tunnel.
        in_tunnel: Option<Untunnelled>,
    },
    /// The proxy opened no tunnel, or none that works.
    Proxy {
        /// The words for it.
        cause: Cause,
        /// Whether the connection had exceeded its time-out.
        is_slow: bool,
    },
    /// The body is longer than the client accepts.
    TooLong {
        /// The most bytes that it accepts.
        bytes_max: usize,
    },
    /// The reply is no HTTP that can be read; the description of what is wrong with it.
    Malformed(&'static str),
    /// Any other error, with its description and what a person can do, if that is known.
    Broken(String, Option<Cow<'static, str>>),
}

/// A request that failed: the path of its connection, its steps and its limits.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    /// The origin of the request.
    pub(super) origin: &'a Origin,
    /// The path to it.
    pub(super) path: &'a NetworkPath,
    /// An address of the first host, if its name was looked up.
    pub(super) address: Option<SocketAddr>,
    /// The steps.
    pub(super) progress: &'a Progress,
    /// The limit of the complete request.
    pub(super) timeout: Duration,
    /// The limit of TCP, a proxy's tunnel and TLS.
    pub(super) connect_timeout: Duration,
}

impl TransportError {
    /// Finds the cause in an error of the HTTP client.
    pub(super) fn of(error: &reqwest::Error, client: ClientAuth) -> Self {
        if error.is_timeout() {
            return if error.is_connect() { Self::SlowConnect } else { Self::Slow };
        }
        if let Some(words) = malformed(error) {
            return Self::Malformed(words);
        }
        let fault = TransportFault::of(error, client);
        let (words, remedy) = (fault.reason().into_owned(), fault.remedy());
        if error.is_connect() {
            Self::NotConnected { words, remedy, in_tunnel: in_tunnel(error) }
        } else if words == NO_CONNECTION {
            Self::Broken("the connection broke before the complete reply arrived".to_owned(), remedy)
        } else {
            Self::Broken(words, remedy)
        }
    }

    /// Converts the error to a refusal and its message.
    pub(super) fn refused(self, attempt: &Attempt<'_>) -> Refused {
        let Attempt { origin, path, progress, timeout, connect_timeout, .. } = attempt;
        let length = |time: &Duration| humantime::format_duration(*time).to_string();
        let unreachable = |words: &str| Refused::new(Refusal::Unreachable, format!("cannot reach `{origin}`: {words}"));
        match self {
            Self::LookUp(LookUpError::Slow(_)) | Self::Slow => {
                let message = format!("no whole reply from `{origin}` within {}: {progress}", length(timeout));
                Refused::new(Refusal::TimedOut, message).with_remedy(attempt.remedy())
            }
            Self::LookUp(error) => {
                let cause = path.look_up_cause(&error);
                let refused = match path.route() {
                    Route::Proxy { .. } => unreachable(&cause.what),
                    // The message names the host already.
                    _ => unreachable(&format!("the host name cannot be looked up: {}", error.words())),
                };
                refused.with_remedy(cause.remedy)
            }
            Self::SlowConnect => {
                let (within, via) = (length(connect_timeout.min(timeout)), path.route().via_proxy());
                let message = format!("no connection to `{origin}`{via} within {within}: {progress}");
                Refused::new(Refusal::TimedOut, message).with_remedy(attempt.remedy())
            }
            Self::Proxy { cause: Cause { what, remedy }, is_slow } => {
                let refused = if is_slow {
                    let within = length(connect_timeout.min(timeout));
                    Refused::new(Refusal::TimedOut, format!("no connection to `{origin}` within {within}: {what}"))
                } else {
                    unreachable(&what)
                };
                refused.with_remedy(remedy)
            }
            Self::NotConnected { words, remedy, .. } => {
                let remedy = remedy.or_else(|| attempt.connect_remedy(&words).map(Cow::Owned));
                let words = match progress.unfinished() {
                    Step::Tunnel => format!("no connection{}: {words}", path.route().via_proxy()),
                    _ => words,
                };
                Refused { remedy, ..unreachable(&words) }
            }
            Self::TooLong { bytes_max } => {
                Refused::new(Refusal::Unreachable, format!("the reply of `{origin}` is longer than {bytes_max} bytes"))
            }
            Self::Malformed(words) => {
                let message = format!("cannot read the reply of `{origin}`: {words}");
                Refused::new(Refusal::Unreachable, message).with_remedy(IF_MALFORMED)
            }
            Self::Broken(words, remedy) => Refused { remedy, ..unreachable(&words) },
        }
    }
}

impl Attempt<'_> {
    /// Returns the remedy for the step that took the time.
    fn remedy(&self) -> String {
        let ((first, port), host) = (self.path.first(), self.path.host());
        match self.progress.longest() {
            Step::LookUp => NAME_SERVERS.to_owned(),
            Step::Connect => format!(
                "see whether a firewall, network policy or egress rule lets port {port} out to `{first}`, or on a slow network raise \
                 `http.connectTimeout`"
            ),
            Step::Tunnel => format!(
                "see whether the proxy `{first}:{port}` responds and can reach `{host}`, or raise `http.connectTimeout` if it is slow"
            ),
            Step::Handshake => format!(
                "see whether a firewall on the way to `{host}` holds TLS back or large packets are lost (MTU), or on a slow network \
                 raise `http.connectTimeout`"
            ),
            Step::Head | Step::Body => "the server is slow: see its status, or raise `http.timeout`".to_owned(),
        }
    }

    /// Returns the remedy if TCP failed with this error.
    fn connect_remedy(&self, words: &str) -> Option<String> {
        let address = self.address.filter(|_| self.progress.unfinished() == Step::Connect)?;
        let why = NoConnection::Failed(words.to_owned());
        Some(self.path.connect_cause(&[NotConnected { address, why }]).remedy)
    }
}

const IF_MALFORMED: &str =
    "ask `curl -v` what the server sends: the URL may be wrong, or something in front of the API changes its replies";
