//! Sends the POST and reads the answer.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::OnceLock,
    time::Duration,
};

use reqwest::{StatusCode, header, redirect, retry};
use serde_json::json;

use super::url::LoopbackUrl;
use crate::hook::outcome::{HookContext, HookOutcome};

/// Posts the credential's name, path and expiry, without the token. Any 2xx is a success; the response body is read up to
/// a bound and dropped.
pub(in crate::hook) async fn post(url: &LoopbackUrl, timeout: Duration, context: &HookContext) -> HookOutcome {
    let Some(client) = client() else {
        return HookOutcome::Failed("cannot set up the HTTP client for hooks".to_owned());
    };
    let path = context.path.to_string_lossy();
    let body = json!({"credential": context.credential, "path": path, "expiresAt": context.expiry()});
    let request = client.post(url.to_url()).header(header::CONTENT_TYPE, "application/json").body(body.to_string());
    let whole = async {
        let mut response = request.send().await?;
        let mut read = 0;
        // A server may treat a connection that closes early as a cancelled request.
        while let Ok(Some(piece)) = response.chunk().await {
            read += piece.len();
            if read > ANSWER_BYTES_MAX {
                break;
            }
        }
        Ok(response.status())
    };
    match tokio::time::timeout(timeout, whole).await {
        Ok(Ok(status)) => status_outcome(status, url),
        Ok(Err(error)) => error_outcome(&error, url),
        Err(_elapsed) => HookOutcome::TimedOut(timeout),
    }
}

/// Connects to the first address that accepts, and closes the connection.
pub(in crate::hook) async fn connects(addresses: &[SocketAddr], timeout: Duration) -> io::Result<()> {
    let connecting = tokio::time::timeout(timeout, tokio::net::TcpStream::connect(addresses)).await;
    connecting.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into())).map(drop)
}

fn status_outcome(status: StatusCode, url: &LoopbackUrl) -> HookOutcome {
    let code = status.as_u16();
    let remedy = match status {
        status if status.is_success() => return HookOutcome::Done,
        status if status.is_redirection() => "; redirects are not followed: name the final address",
        StatusCode::NOT_FOUND => "; is the path right?",
        StatusCode::METHOD_NOT_ALLOWED => "; the app accepts no POST there",
        _ => "",
    };
    HookOutcome::Failed(format!("`{url}` answers HTTP {code}{remedy}"))
}

/// Describes an error without the text of the HTTP stack, which holds the whole URL.
fn error_outcome(error: &reqwest::Error, url: &LoopbackUrl) -> HookOutcome {
    let mut cause = error.source();
    let mut kind = None;
    for _ in 0..CAUSES_MAX {
        let Some(found) = cause else { break };
        kind = found.downcast_ref::<io::Error>().map(io::Error::kind).or(kind);
        cause = found.source();
    }
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => HookOutcome::NoRecipient(format!(
            "no server listens at `{url}`; does the app listen on loopback, in the same pod?"
        )),
        _ if error.is_connect() => HookOutcome::Failed(format!("cannot connect to `{url}`")),
        _ => HookOutcome::Failed(format!("`{url}` sent no HTTP response")),
    }
}

/// Returns the client of all hooks. It keeps no connection open: the server may have restarted since.
fn client() -> Option<&'static reqwest::Client> {
    static CLIENT: OnceLock<Option<reqwest::Client>> = OnceLock::new();
    let build = || {
        // The client requires a TLS provider although it uses no TLS. An error means that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .tls_certs_only([])
            .http1_only()
            .pool_max_idle_per_host(0)
            // A resolver's answer for `localhost` is not trusted to be this machine.
            .resolve_to_addrs("localhost", &here);
        builder.build().ok()
    };
    CLIENT.get_or_init(build).as_ref()
}

const USER_AGENT: &str = concat!("tokenwell/", env!("CARGO_PKG_VERSION"));
const ANSWER_BYTES_MAX: usize = 1024;
const CAUSES_MAX: usize = 16;
