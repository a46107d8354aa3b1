//! Requests to an API, complete replies, and the rules for refusals that all sources share.
//!
//! [`Client::send`] sends a request that a source prepared and returns a complete [`Reply`]. [`refused`] is pure and
//! classifies a reply without a session. [`Trust::judge`] verifies that the project signed a session. `source/` builds
//! the requests and finds the session in a reply.

mod api;
mod base_url;
mod blocked;
mod client;
mod clients;
mod form;
mod http1;
mod http_date;
mod json_body;
mod network_path;
mod no_proxy;
mod origin;
mod project;
mod proxy;
mod public_keys;
mod refusal;
mod reply;
mod request;
mod resolver;
mod retry_after;
mod settings;
mod skew;
mod timeline;
mod tls;
mod token_url;
mod transport;
mod transport_error;
mod trust;

pub use api::Api;
pub use base_url::{BaseUrl, BaseUrlError};
pub use client::{Client, ClientError};
pub use clients::Clients;
pub(crate) use json_body::{BodyError, json_object};
pub use network_path::{
    Anchors, Authority, Cause, Connected, Handshake, HandshakeError, LookUpError, NetworkPath, NoConnection,
    NotConnected, Route, Tunnel, Untunnelled,
};
pub use origin::Origin;
pub use project::{NotAProjectId, ProjectId};
pub use proxy::{Proxies, ProxyError, ProxyFault};
pub(crate) use public_keys::{NoKeys, public_keys};
pub use refusal::{ExchangeNames, Refused, rate_limited, refused, without_session};
pub use reply::{BODY_BYTES_MAX, Reply, Timing};
pub use request::{NotSendable, Request};
pub(crate) use retry_after::retry_after;
pub use settings::{ClientCertificateFiles, HttpSettings};
pub use skew::Skew;
pub use tls::{
    Certificate, CertificateFault, PEM_FILE_BYTES_MAX, PemFileError, Root, TlsSetupError, judge_ca_file,
    judge_client_certificate,
};
pub use token_url::{TokenUrl, TokenUrlError};
pub use trust::{FETCH_SPACING, SignatureStatus, Trust};
