//! The clients, the trust and the ledger of a configuration.

use std::sync::Arc;

use super::exchange_effect::ExchangeContext;
use crate::{
    config::{Config, Credential},
    exchange::{ClientError, Clients, Proxies, Trust},
    fingerprint::Fingerprint,
    state::Ledger,
};

impl ExchangeContext {
    /// Builds the clients of a configuration. Reads CA files and proxies again. Takes the signing keys from `before` if
    /// it has the same project, else from the cache of an earlier process.
    pub(super) fn new(config: &Config, before: Option<&ExchangeContext>) -> Result<Self, ClientError> {
        let api = config.api();
        let clients =
            Clients::build(&api.base_url.origin(), config.origins(), &config.http, &Proxies::from_environment())?;
        let same = before.filter(|context| context.api == api);
        let trust = match same {
            Some(context) => Arc::clone(&context.trust),
            None => Arc::new(Trust::open(Some(&config.state_directory), &api)),
        };
        let ledger = Ledger::new(&config.state_directory);
        Ok(Self { api, clients, trust, ledger })
    }

    /// Fingerprint of everything that determines a credential's sessions, except the secret.
    pub(super) fn request(&self, credential: &Credential) -> Fingerprint {
        credential.source.request_fingerprint(&self.api)
    }
}
