//! A second walk to the proxy, which finds out why the first one failed.

use std::time::Duration;

use tokio::time::timeout as within;

use super::{Cause, NetworkPath, NoConnection, NotConnected, Route, Untunnelled};
use crate::exchange::tls::Tls;

impl NetworkPath {
    /// Walks to the proxy once more and returns why it opens no tunnel, as the HTTP library does not say. `None` without a proxy, or if
    /// it opens one. No secret of the API is sent. The walk has the time that is `left`; words name the `limit` that it is left of, so that the
    /// same cause has the same words each time.
    pub(in crate::exchange) async fn why_no_tunnel(
        &self,
        tls: Option<&Tls>,
        left: Duration,
        limit: Duration,
    ) -> Option<Cause> {
        if !matches!(self.route, Route::Proxy { .. }) || left.is_zero() {
            return None;
        }
        let mut is_asked = false;
        let walk = async {
            let addresses = match self.look_up(limit).await {
                Ok(addresses) => addresses,
                Err(error) => return Some(self.look_up_cause(&error)),
            };
            // The rest of the walk needs time too.
            let connected = match self.connect(&addresses, left / 2).await {
                Ok(connected) => connected,
                Err(mut attempts) => {
                    for NotConnected { why, .. } in &mut attempts {
                        if let NoConnection::Slow(time) = why {
                            *time = limit;
                        }
                    }
                    return Some(self.connect_cause(&attempts));
                }
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
        match within(left, walk).await {
            Ok(cause) => cause,
            Err(_elapsed) if is_asked => self.tunnel_cause(&Untunnelled::Slow(limit)).map(Cause::by_proxy),
            Err(_elapsed) => None,
        }
    }
}
