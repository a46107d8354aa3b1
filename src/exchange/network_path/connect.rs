//! The first two steps: name look-up and TCP connection.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout as within},
};

use super::NetworkPath;
use crate::{
    blocking::{self, LIMITS, Lane, Shortage},
    exchange::{resolver, transport::describe},
};

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
    /// What happened.
    pub why: NoConnection,
}

/// Why an address has no connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoConnection {
    /// The operating system's error, in words.
    Failed(String),
    /// Nothing was heard within this time.
    Slow(Duration),
}

impl fmt::Display for NoConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(words) => f.write_str(words),
            Self::Slow(time) => write!(f, "no answer within {}", humantime::format_duration(*time)),
        }
    }
}

/// Why a name has no address.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LookUpError {
    /// The resolver reports an error, in these words.
    #[error("{0}")]
    Resolver(String),
    /// No answer came in this time.
    #[error("no answer within {}", humantime::format_duration(*.0))]
    Slow(Duration),
    /// No thread could be started for it.
    #[error(transparent)]
    NoThread(#[from] Shortage),
    /// The answer is empty.
    #[error("it has no address")]
    NoAddress,
}

impl LookUpError {
    /// Returns why there is no answer within this time.
    pub(in crate::exchange) fn late(timeout: Duration) -> Self {
        blocking::starved(Lane::Lookup).map_or(Self::Slow(timeout), Self::NoThread)
    }

    /// Returns the error without a remedy.
    pub(in crate::exchange) fn words(&self) -> String {
        let text = self.to_string();
        text.strip_suffix(LIMITS).and_then(|text| text.strip_suffix("; ")).unwrap_or(&text).to_owned()
    }

    /// Whether the name servers did not answer, so that a later look-up may succeed.
    pub fn is_temporary(&self) -> bool {
        match self {
            // The resolver's code is only in its text: `EAI_AGAIN`, by glibc and by musl.
            Self::Resolver(words) => words.contains("temporary") || words.contains("try again"),
            Self::Slow(_) | Self::NoThread(_) => true,
            Self::NoAddress => false,
        }
    }
}

impl NetworkPath {
    /// Whether the first host is a name, not an address.
    pub(in crate::exchange) fn needs_look_up(&self) -> bool {
        self.first().0.parse::<IpAddr>().is_err()
    }

    /// Returns the addresses of the first host, each once. A look-up that exceeds `timeout` goes on, and the next one uses its
    /// answer.
    pub async fn look_up(&self, timeout: Duration) -> Result<Vec<SocketAddr>, LookUpError> {
        let (host, port) = self.first();
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let found = match within(timeout, resolver::look_up(host)).await {
            Ok(found) => found.map_err(LookUpError::Resolver)?,
            Err(_elapsed) => {
                return Err(LookUpError::late(timeout));
            }
        };
        let mut addresses = Vec::new();
        for mut address in found.into_iter().take(ADDRESSES_MAX) {
            address.set_port(port);
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err(LookUpError::NoAddress) } else { Ok(addresses) }
    }

    /// Connects to the address that accepts first, by the rules of RFC 8305: the families alternate, the next address is tried
    /// when one fails or has not answered for a while, and every attempt goes on until one succeeds or `timeout` ends them all.
    /// So addresses that do not answer cost the others no time. The next request uses the one that accepted; if none does, it
    /// looks the name up again.
    pub async fn connect(&self, addresses: &[SocketAddr], timeout: Duration) -> Result<Connected, Vec<NotConnected>> {
        let addresses = alternating(addresses);
        let pause = pause_between(addresses.len(), timeout);
        let mut failed: Vec<NotConnected> = Vec::new();
        let mut waiting = addresses.iter().copied();
        let racing = async {
            let mut attempts = JoinSet::new();
            loop {
                if let Some(address) = waiting.next() {
                    attempts.spawn(async move { (address, TcpStream::connect(address).await) });
                }
                tokio::select! {
                    ended = attempts.join_next() => match ended? {
                        Ok((to, Ok(stream))) => return Some((to, stream)),
                        Ok((address, Err(error))) => {
                            failed.push(NotConnected { address, why: NoConnection::Failed(describe(&error)) });
                        }
                        // Only a task that panics ends so, and the panic is logged.
                        Err(_) => {}
                    },
                    () = sleep(pause), if waiting.len() > 0 => {}
                }
            }
        };
        let connected = within(timeout, racing).await.unwrap_or_default();
        if let Some((to, stream)) = connected {
            resolver::accepted(self.first().0, to.ip());
            return Ok(Connected { to, in_vain: failed, stream });
        }
        let has_failed = |address: &SocketAddr| failed.iter().any(|failed| failed.address == *address);
        let silent: Vec<_> = addresses.into_iter().filter(|address| !has_failed(address)).collect();
        failed.extend(silent.into_iter().map(|address| NotConnected { address, why: NoConnection::Slow(timeout) }));
        self.forget_addresses();
        Err(failed)
    }

    /// Lets the next call of [`Self::look_up`] ask the resolver.
    pub(in crate::exchange) fn forget_addresses(&self) {
        resolver::forget(self.first().0);
    }

    /// Lets the next request use any address.
    pub(in crate::exchange) fn distrust_address(&self) {
        resolver::distrust(self.first().0);
    }

    /// Leaves only the address that accepted first, if that is known.
    pub(in crate::exchange) fn preferred(&self, addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
        resolver::preferred(self.first().0, addresses)
    }
}

/// Orders addresses so that the families alternate. The first address stays first, and the order within a family stays.
fn alternating(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first_family = |address: &SocketAddr| addresses.first().map(SocketAddr::is_ipv6) == Some(address.is_ipv6());
    let (preferred, other): (Vec<_>, Vec<_>) = addresses.iter().copied().partition(is_first_family);
    let mut other = other.into_iter();
    let mut ordered = Vec::with_capacity(addresses.len());
    for address in preferred {
        ordered.push(address);
        ordered.extend(other.next());
    }
    ordered.extend(other);
    ordered
}

/// Returns how long to wait before the next address is tried too. The last one has half of the time at least.
fn pause_between(addresses: usize, timeout: Duration) -> Duration {
    let count = u32::try_from(addresses).unwrap_or(u32::MAX).max(1);
    PAUSE_MAX.min(timeout / 2 / count)
}

/// More addresses than a name usually has.
const ADDRESSES_MAX: usize = 16;
/// The connection attempt delay that RFC 8305 recommends.
const PAUSE_MAX: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_alternate_and_the_first_address_stays_first() {
        let order = |texts: &[&str]| {
            let addresses: Vec<SocketAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
            alternating(&addresses).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            order(&["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1", "10.0.0.2:1"]),
            ["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1", "[::3]:1"]
        );
        assert_eq!(order(&["10.0.0.1:1", "10.0.0.2:1", "[::1]:1"]), ["10.0.0.1:1", "[::1]:1", "10.0.0.2:1"]);
        assert_eq!(order(&["10.0.0.1:1"]), ["10.0.0.1:1"]);
        assert_eq!(order(&[]), [] as [&str; 0]);
    }

    #[test]
    fn the_last_address_has_half_of_the_time_at_least() {
        for (count, millis, pause) in [(1, 3000, 250), (4, 3000, 250), (16, 3000, 93), (2, 400, 100), (0, 10, 5)] {
            let timeout = Duration::from_millis(millis);
            assert_eq!(pause_between(count, timeout).as_millis(), pause, "{count} in {millis} ms");
            assert!(pause_between(count, timeout) * u32::try_from(count).unwrap() <= timeout / 2);
        }
    }

    #[test]
    fn an_error_of_the_name_servers_is_temporary_with_each_libc() {
        let is_temporary = |words: &str| LookUpError::Resolver(words.to_owned()).is_temporary();
        assert!(is_temporary("temporary failure in name resolution") && is_temporary("try again"));
        assert!(!is_temporary("name or service not known") && !is_temporary("name does not resolve"));
        assert!(LookUpError::Slow(Duration::ZERO).is_temporary() && !LookUpError::NoAddress.is_temporary());
    }
}
