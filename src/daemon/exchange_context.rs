//! The clients, the trust and the ledger of a configuration.

use std::sync::Arc;

use super::{exchange_effect::ExchangeContext, state_access::StateAccess};
use crate::{
    config::{Config, Credential},
    exchange::{ClientError, Clients, Proxies, Trust},
    fingerprint::Fingerprint,
};

impl ExchangeContext {
    /// Builds the clients of a configuration. Reads CA files and proxies again. Takes the signing keys from `before` if
    /// it has the same project, and the claim of the state directory if it has the same one.
    pub(super) fn new(config: &Config, before: Option<&ExchangeContext>) -> Result<Self, ClientError> {
        let api = config.api();
        let clients =
            Clients::build(&api.base_url.origin(), config.origins(), &config.http, &Proxies::from_environment())?;
        let same = before.filter(|context| context.api == api);
        let trust = match same {
            Some(context) => Arc::clone(&context.trust),
            None => Arc::new(Trust::open(None, &api)),
        };
        let has_same_state = |context: &&ExchangeContext| context.state.directory() == config.state_directory;
        let state = match before.filter(has_same_state) {
            Some(context) => context.state.clone(),
            None => StateAccess::new(&config.state_directory),
        };
        trust.cache_in(state.ledger().is_some().then_some(&config.state_directory));
        Ok(Self { api, clients, trust, state })
    }

    /// Fingerprint of everything that determines a credential's sessions, except the secret.
    pub(super) fn request(&self, credential: &Credential) -> Fingerprint {
        credential.source.request_fingerprint(&self.api)
    }
}
