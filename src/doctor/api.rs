//! The examinations that need the network: each step to the API, then the exchanges.

use std::{io, sync::Arc};

use super::{
    clock_skew, dns,
    edge::{self, EdgeProbe},
    examination::Doctor,
    exchanges,
    finding::Finding,
    progress::Report,
    proxy, session_lifetimes, signatures, spacing, tcp, tls,
};
use crate::{
    config::Credential,
    exchange::{Anchors, Client, NetworkPath, Proxies},
};

impl Doctor {
    /// Makes every examination that needs the network.
    pub(super) async fn examine_api(&self, credentials: &[Credential], report: &mut Report<'_>) -> io::Result<()> {
        let config = &self.config;
        let (client, first) = match self.reach_api(report).await? {
            Ok(arrived) => arrived,
            Err(Stopped { at, because }) => {
                let mut after = ONLINE.into_iter().skip_while(|subject| *subject != at).skip(1);
                let next = after.next().map(|next| Finding::skipped(next, because));
                let others: Vec<_> = after.collect();
                let skipped = next.map(|next| next.of(&format!("as well as {}", others.join(", "))));
                return report.emit(skipped.into_iter().collect());
            }
        };
        let probe = exchanges::probe(config, &client, credentials, self.extent, report).await?;
        report.emit(spacing::findings(&probe, credentials))?;
        report.emit(signatures::findings(&probe, &first))?;
        report.emit(session_lifetimes::findings(&probe, credentials, config.http.timeout))
    }

    /// Makes each step from the look-up of the host to the first answer.
    async fn reach_api(&self, report: &mut Report<'_>) -> io::Result<Result<(Client, EdgeProbe), Stopped>> {
        let config = Arc::clone(&self.config);
        let timeout = config.http.connect_timeout.min(config.http.timeout);
        let network_path = match NetworkPath::of(&config.base_url, &Proxies::from_environment()) {
            Ok(network_path) => network_path,
            Err(error) => {
                let because = "the network path is unknown";
                report.emit(vec![Finding::skipped("DNS", because), Finding::skipped("TCP", because)])?;
                report.emit(vec![Finding::failed("proxy", error.to_string())])?;
                return Ok(Err(Stopped { at: "proxy", because }));
            }
        };

        let probe = report.wait("looking up the host", dns::probe(&network_path, timeout)).await;
        report.emit(probe.findings())?;
        let Ok(addresses) = probe.found else {
            return Ok(Err(Stopped { at: "DNS", because: "the host is not found" }));
        };

        let (probe, connected) = report.wait("connecting", tcp::probe(&network_path, &addresses, timeout)).await;
        report.emit(probe.findings())?;
        let Some(connected) = connected else {
            return Ok(Err(Stopped { at: "TCP", because: "there is no connection" }));
        };

        let trust_store = {
            let config = Arc::clone(&config);
            let build = move || {
                let anchors = Anchors::load(config.http.ca_file.as_deref()).unwrap_or_default();
                (anchors, Client::build(&config.base_url.origin(), &config.http, &Proxies::from_environment()))
            };
            report.wait("reading the trusted certificates", self.on_disk(build)).await
        };
        let Some((anchors, client)) = trust_store else {
            report.emit(vec![Finding::failed(
                "TLS",
                "the disk of the certificates takes too long; see the kernel's log",
            )])?;
            return Ok(Err(Stopped { at: "TLS", because: "the trusted certificates are unknown" }));
        };
        let tunnelling = proxy::probe(&network_path, connected, &anchors, timeout);
        let (probe, tunnel) = report.wait("asking the proxy for a tunnel", tunnelling).await;
        report.emit(probe.findings())?;
        let Some(tunnel) = tunnel else {
            return Ok(Err(Stopped { at: "proxy", because: "the proxy opens no tunnel" }));
        };

        let client = match client {
            Ok(client) => client,
            Err(error) => {
                report.emit(vec![Finding::failed("TLS", error.to_string())])?;
                return Ok(Err(Stopped { at: "TLS", because: "the trusted certificates are unknown" }));
            }
        };
        if network_path.is_plain_http() {
            report.emit(vec![Finding::skipped("TLS", "`baseUrl` is plain http")])?;
        } else {
            let probe =
                report.wait("making the TLS handshake", tls::probe(&network_path, tunnel, &anchors, timeout)).await;
            report.emit(probe.findings())?;
            if let Some(because) = probe.why_stop() {
                return Ok(Err(Stopped { at: "TLS", because }));
            }
        }

        let probe = report.wait("asking for the public keys", edge::probe(&client, &config.api())).await;
        report.emit(probe.findings())?;
        report.emit(clock_skew::findings(&probe))?;
        Ok(match probe.why_stop() {
            Some(because) => Err(Stopped { at: "clock", because }),
            None => Ok((client, probe)),
        })
    }
}

/// The step that failed, and why; the reason follows the word "because".
struct Stopped {
    at: &'static str,
    because: &'static str,
}

/// The examinations that need the network, in order.
const ONLINE: [&str; 9] = ["DNS", "TCP", "proxy", "TLS", "edge", "clock", "exchange", "signature", "life"];
