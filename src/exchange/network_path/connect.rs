//! The first two steps: name look-up and TCP connection.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{net::TcpStream, time::timeout as within};

use super::NetworkPath;
use crate::exchange::{resolver::look_up, transport::describe};

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

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// The resolver reports an error.
    #[error("{}", resolver_error(.0))]
    Resolver(#[source] io::Error),
    /// No answer came in this time.
    #[error("no answer within {}", humantime::format_duration(*.0))]
    Slow(Duration),
    /// The answer is empty.
    #[error("it has no address")]
    NoAddress,
}

impl LookUpError {
    /// Whether the name servers did not answer, so that a later look-up may succeed.
    pub fn is_temporary(&self) -> bool {
        match self {
            // The resolver's code is only in its text: `EAI_AGAIN`.
            Self::Resolver(error) => resolver_error(error).contains("temporary"),
            Self::Slow(_) => true,
            Self::NoAddress => false,
        }
    }
}

impl NetworkPath {
    /// Returns the addresses of the first host, each once.
    pub async fn look_up(&self, timeout: Duration) -> Result<Vec<SocketAddr>, LookUpError> {
        let (host, port) = self.first();
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let found = match within(timeout, look_up(host.to_owned(), port)).await {
            Ok(found) => found.map_err(LookUpError::Resolver)?,
            Err(_elapsed) => return Err(LookUpError::Slow(timeout)),
        };
        let mut addresses = Vec::new();
        for address in found.into_iter().take(ADDRESSES_MAX) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err(LookUpError::NoAddress) } else { Ok(addresses) }
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
