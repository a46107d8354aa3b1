//! Makes the clients again when the files of certificates change.

use std::sync::Arc;

use tracing::{debug, error, info, warn};

use super::Daemon;
use crate::{
    blocking::{self, Lane},
    clock,
    daemon::{
        exchange_effect::ExchangeContext,
        tasks::{Done, Task},
        tls_files::{FileDigest, NewClients, TlsNews},
    },
    exchange::{Clients, Proxies, judge_client_certificate},
};

impl Daemon {
    /// Takes the files of a scan.
    pub(super) fn tls_files_scanned(&mut self, found: Vec<FileDigest>) {
        if self.tls_files.scanned(found) {
            self.make_clients();
        }
    }

    fn make_clients(&mut self) {
        let (settings, api) = (self.config.http.clone(), self.config.base_url.origin());
        let origins: Vec<_> = self.config.origins().into_iter().collect();
        self.tasks.start(Task::Clients, async move {
            let making = blocking::submit(Lane::Read, move || {
                let clients = Clients::build(&api, origins, &settings, &Proxies::from_environment());
                Done::Clients((settings, clients))
            });
            making.await.unwrap_or(Done::Lost)
        });
    }

    /// Uses new clients for every request from now on; requests in flight keep the former ones.
    pub(super) fn clients_made(&mut self, made: Option<NewClients>) {
        match made {
            // A reload has made clients of other settings meanwhile.
            Some((settings, _)) if settings != self.config.http => debug!("new clients are outdated"),
            Some((_, Ok(clients))) => {
                self.context = Arc::new(ExchangeContext { clients, ..ExchangeContext::clone(&self.context) });
                if self.tls_files.made(None) == TlsNews::Used {
                    info!("new connections use the certificates that the files hold now");
                }
                self.warn_of_client_certificate();
            }
            Some((_, Err(error))) => {
                if self.tls_files.made(Some(error.to_string())) == TlsNews::Refused {
                    warn!("{error}; the former certificates stay in use until the files change");
                }
            }
            None => error!("reading the certificates ended by a bug in tokenwell; please report it"),
        }
        if self.tls_files.ended() {
            self.make_clients();
        }
    }

    /// Warns of a client certificate that is not valid now.
    fn warn_of_client_certificate(&self) {
        let files = self.config.http.client_certificate.as_ref();
        if let Some(Ok(Some(warning))) = files.map(|files| judge_client_certificate(files, clock::wall())) {
            warn!("{warning}");
        }
    }
}
