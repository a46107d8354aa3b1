//! A second walk to the proxy, which finds out why the first one failed.

use std::time::Duration;

use tokio::time::timeout as within;

use super::{Cause, NetworkPath, Route, Untunnelled};
use crate::exchange::tls::Tls;

impl NetworkPath {
    /// Walks to the proxy once more and returns why it opens no tunnel, as the HTTP library does not say. `None` without a proxy, or if
    /// it opens one. No secret of the API is sent.
    pub(in crate::exchange) async fn why_no_tunnel(&self, tls: Option<&Tls>, timeout: Duration) -> Option<Cause> {
        if !matches!(self.route, Route::Proxy { .. }) || timeout.is_zero() {
            return None;
        }
        let mut is_asked = false;
        let walk = async {
            let addresses = match self.look_up(timeout).await {
                Ok(addresses) => addresses,
                Err(error) => return Some(self.look_up_cause(&error)),
            };
            // The rest of the walk needs time too.
            let connected = match self.connect(&addresses, timeout / 2).await {
                Ok(connected) => connected,
                Err(attempts) => return Some(self.connect_cause(&attempts)),
            };
            is_asked = true;
            let tunnel = self.open_tunnel(connected, tls).await;
            is_asked = false;
            let refusal = match tunnel {
                Ok(tunnel) => tunnel.expect_silence().await.err()?,
                Err(refusal) => refusal,
            };
            self.tunnel_cause(&refusal).map(Cause::by_proxy)
        };
        match within(timeout, walk).await {
            Ok(cause) => cause,
            Err(_elapsed) if is_asked => self.tunnel_cause(&Untunnelled::Slow(timeout)).map(Cause::by_proxy),
            Err(_elapsed) => None,
        }
    }
}
