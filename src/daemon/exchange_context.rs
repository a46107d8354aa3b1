//! The client, the trust and the ledger of a configuration.

use std::sync::Arc;

use super::exchange_effect::ExchangeContext;
use crate::{
    config::Config,
    exchange::{Client, ClientError, LoginOptions, Proxies, Trust},
    fingerprint::Fingerprint,
    offline,
    state::Ledger,
};

impl ExchangeContext {
    /// A client for a configuration. CA files and proxies are read afresh; the signing keys that `before` knows are kept
    /// where they are of the same project, else those that an earlier run left are used.
    pub(super) fn new(config: &Config, before: Option<&ExchangeContext>) -> Result<Self, ClientError> {
        let client = Client::build(&config.base_url, &config.http, &Proxies::from_environment())?;
        let same =
            before.filter(|context| context.project == config.project && context.client.base() == &config.base_url);
        let trust = match same {
            Some(context) => Arc::clone(&context.trust),
            None => Arc::new(Trust::open(Some(&config.state_directory), &config.base_url, &config.project)),
        };
        let ledger = Ledger::new(&config.state_directory);
        Ok(Self { project: config.project.clone(), client, trust, ledger })
    }

    /// Fingerprint of everything that determines a session, except the key.
    pub(super) fn request(&self, options: &LoginOptions) -> Fingerprint {
        offline::request(&self.project, self.client.base(), options)
    }
}
