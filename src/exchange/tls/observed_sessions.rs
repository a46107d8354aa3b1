//! Sessions that TLS may resume, and the moment at which a handshake begins.

use std::fmt;

use rustls::{
    NamedGroup,
    client::{ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue},
    pki_types::ServerName,
};

use crate::exchange::timeline;

/// Keeps sessions in memory, and records the beginning of each handshake in the request's timeline: the TLS library asks for the
/// server's key exchange group when it writes its first message, which is after TCP or a proxy's tunnel is there.
pub(super) struct ObservedSessions(ClientSessionMemoryCache);

impl ObservedSessions {
    pub(super) fn new() -> Self {
        Self(ClientSessionMemoryCache::new(SESSIONS_MAX))
    }
}

/// Hides the sessions, which are secrets.
impl fmt::Debug for ObservedSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObservedSessions")
    }
}

impl ClientSessionStore for ObservedSessions {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(server, group);
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        timeline::tls_begins();
        self.0.kx_hint(server)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, session: Tls12ClientSessionValue) {
        self.0.set_tls12_session(server, session);
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(server)
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.0.remove_tls12_session(server);
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(server, ticket);
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(server)
    }
}

/// A client has one server, and a proxy at most. The TLS library keeps as many by default.
const SESSIONS_MAX: usize = 256;
