//! The clock skew of the newest reply, logged once when it becomes large.

use tracing::{info, warn};

use super::Daemon;
use crate::daemon::skew::{SKEW_FORGIVEN, SKEW_SAID, Skew};

impl Daemon {
    /// Takes a new difference in; says it when it becomes too large, and when it no longer is.
    pub(super) fn note_skew(&mut self, skew: Skew) {
        let was_said = self.skew_said;
        self.skew = Some(skew);
        let off = skew.seconds.abs();
        self.skew_said = off > if was_said { SKEW_FORGIVEN } else { SKEW_SAID };
        match (was_said, self.skew_said) {
            (false, true) => warn!(
                "the server's clock is {} this machine's: renewals do not mind, but whoever checks a token by this \
                 machine's clock may; see which of them is wrong",
                skew.words()
            ),
            (true, false) => info!("the server's clock and this machine's agree again"),
            (true, true) | (false, false) => {}
        }
    }
}
