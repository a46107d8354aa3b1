//! The first two steps: name look-up and TCP connection.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout as within,
};

use super::NetworkPath;
use crate::exchange::transport::describe;

/// A connection, and the failed attempts before it.
#[derive(Debug)]
pub struct Connected {
    /// The address.
    pub to: SocketAddr,
    /// The addresses that failed before.
    pub in_vain: Vec<NotConnected>,
    pub(super) stream: TcpStream,
}

/// A failed attempt to connect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotConnected {
    /// The address that failed.
    pub address: SocketAddr,
    /// Description of the error.
    pub why: String,
}

impl NetworkPath {
    /// Returns the addresses of the first host, each once. The error is the system's text.
    pub async fn look_up(&self, timeout: Duration) -> Result<Vec<SocketAddr>, String> {
        let (host, port) = self.first();
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let found = match within(timeout, lookup_host((host, port))).await {
            Ok(found) => found.map_err(|error| resolver_error(&error))?,
            Err(_elapsed) => return Err(format!("no answer within {}", humantime::format_duration(timeout))),
        };
        let mut addresses = Vec::new();
        for address in found.take(ADDRESSES_MAX) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
    }

    /// Connects to the first address that accepts. `timeout` is divided equally among the addresses.
    pub async fn connect(&self, addresses: &[SocketAddr], timeout: Duration) -> Result<Connected, Vec<NotConnected>> {
        let share = timeout / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
        let mut in_vain = Vec::new();
        for address in addresses {
            let why = match within(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(Connected { to: *address, in_vain, stream }),
                Ok(Err(error)) => describe(&error),
                Err(_elapsed) => format!("no answer within {}", humantime::format_duration(share)),
            };
            in_vain.push(NotConnected { address: *address, why });
        }
        Err(in_vain)
    }
}

/// Returns the last part of the resolver's error, such as `failed to lookup address information: Name or service not
/// known`.
fn resolver_error(error: &io::Error) -> String {
    let text = error.to_string();
    text.rsplit(": ").next().unwrap_or_default().to_lowercase()
}

/// More addresses than a name usually has.
const ADDRESSES_MAX: usize = 16;
