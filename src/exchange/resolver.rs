//! Name look-ups by the system's resolver, on threads of their own.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs as _},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::blocking::{self, Lane};

/// Looks up names for the HTTP client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = look_up(name.as_str().to_owned(), 0).await?;
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

/// Returns the addresses of a host. An IPv6 address may be in brackets.
pub(super) async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let looking = blocking::submit(Lane::Lookup, move || {
        (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<SocketAddr>>)
    });
    looking.await.unwrap_or_else(|| Err(io::Error::other("the look-up ended by a bug in tokenwell")))
}
