//! The examinations that need the network: the way to the API step by step, and then the exchanges.

use std::{io, sync::Arc};

use super::{
    clocks, dns,
    edge::{self, EdgeProbe},
    examination::Doctor,
    exchanges,
    finding::Finding,
    lives,
    progress::Report,
    proxy, signatures, spacing, tcp, tls,
};
use crate::{
    config::Credential,
    exchange::{Anchors, Client, NetworkPath, Proxies},
};

impl Doctor {
    /// Whatever needs the network.
    pub(super) async fn examine_api(&self, credentials: &[Credential], report: &mut Report<'_>) -> io::Result<()> {
        let config = &self.config;
        let (client, first) = match self.walk(report).await? {
            Ok(arrived) => arrived,
            Err(Ended { at, because }) => {
                let mut after = ONLINE.into_iter().skip_while(|subject| *subject != at).skip(1);
                let next = after.next().map(|next| Finding::skipped(next, because));
                let others: Vec<_> = after.collect();
                let said = next.map(|next| next.of(&format!("as well as {}", others.join(", "))));
                return report.say(said.into_iter().collect());
            }
        };
        let seen = exchanges::look(config, &client, credentials, self.extent, report).await?;
        report.say(spacing::findings(&seen, credentials))?;
        report.say(signatures::findings(&seen, &first))?;
        report.say(lives::findings(&seen, credentials, config.http.timeout))
    }

    /// From the name of the host to the first answer.
    async fn walk(&self, report: &mut Report<'_>) -> io::Result<Result<(Client, EdgeProbe), Ended>> {
        let config = Arc::clone(&self.config);
        let timeout = config.http.connect_timeout.min(config.http.timeout);
        let way = match NetworkPath::of(&config.base_url, &Proxies::from_environment()) {
            Ok(way) => way,
            Err(error) => {
                let because = "it is not known by which way";
                report.say(vec![Finding::skipped("DNS", because), Finding::skipped("TCP", because)])?;
                report.say(vec![Finding::failed("proxy", error.to_string())])?;
                return Ok(Err(Ended { at: "proxy", because }));
            }
        };

        let seen = report.wait("looking up the host", dns::look(&way, timeout)).await;
        report.say(seen.findings())?;
        let Ok(addresses) = seen.found else { return Ok(Err(Ended { at: "DNS", because: "the host is not found" })) };

        let (seen, connected) = report.wait("connecting", tcp::look(&way, &addresses, timeout)).await;
        report.say(seen.findings())?;
        let Some(connected) = connected else {
            return Ok(Err(Ended { at: "TCP", because: "there is no connection" }));
        };

        let trusting = {
            let config = Arc::clone(&config);
            let build = move || {
                let anchors = Anchors::load(config.http.ca_file.as_deref()).unwrap_or_default();
                (anchors, Client::build(&config.base_url.origin(), &config.http, &Proxies::from_environment()))
            };
            report.wait("reading whom to trust", self.on_disk(build)).await
        };
        let Some((anchors, client)) = trusting else {
            report.say(vec![Finding::failed(
                "TLS",
                "the disk of the certificates takes too long; see the kernel's log",
            )])?;
            return Ok(Err(Ended { at: "TLS", because: "it is not known whom to trust" }));
        };
        let asking = proxy::look(&way, connected, &anchors, timeout);
        let (seen, road) = report.wait("asking the proxy", asking).await;
        report.say(seen.findings())?;
        let Some(road) = road else {
            return Ok(Err(Ended { at: "proxy", because: "the proxy does not let us through" }));
        };

        let client = match client {
            Ok(client) => client,
            Err(error) => {
                report.say(vec![Finding::failed("TLS", error.to_string())])?;
                return Ok(Err(Ended { at: "TLS", because: "it is not known whom to trust" }));
            }
        };
        if way.is_plain_http() {
            report.say(vec![Finding::skipped("TLS", "`baseUrl` is plain http")])?;
        } else {
            let seen = report.wait("shaking hands", tls::look(&way, road, &anchors, timeout)).await;
            report.say(seen.findings())?;
            if let Some(because) = seen.why_stop() {
                return Ok(Err(Ended { at: "TLS", because }));
            }
        }

        let seen = report.wait("asking for the public keys", edge::look(&client, &config.api())).await;
        report.say(seen.findings())?;
        report.say(clocks::findings(&seen))?;
        Ok(match seen.why_stop() {
            Some(because) => Err(Ended { at: "clock", because }),
            None => Ok((client, seen)),
        })
    }
}

/// Where the way to the API ends, and why; that follows the word "because".
struct Ended {
    at: &'static str,
    because: &'static str,
}

/// The examinations that need the network, in order.
const ONLINE: [&str; 9] = ["DNS", "TCP", "proxy", "TLS", "edge", "clock", "exchange", "signature", "life"];
