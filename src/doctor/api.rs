//! The examinations that need the network: each step to the API and to the other hosts, then the exchanges.

use std::io;

use super::{
    clock_skew,
    edge::{self, EdgeProbe},
    examination::Doctor,
    exchanges::{self, StoppedOrigin},
    finding::Finding,
    progress::Report,
    reach::{Stopped, Target, Trusted},
    session_lifetimes, signatures, spacing, token_lengths,
};
use crate::{
    config::Credential,
    exchange::{Clients, Origin},
};

impl Doctor {
    /// Makes every examination that needs the network.
    pub(super) async fn examine_api(&self, credentials: &[Credential], report: &mut Report<'_>) -> io::Result<()> {
        let config = &self.config;
        let trusted = self.trusted(report).await;
        let clients = trusted.as_ref().and_then(|trusted| trusted.clients.as_ref().ok());
        let reached = self.reach_api(trusted.as_ref(), clients, report).await?;
        let mut stopped = Vec::new();
        let others = config.origins().split_off(1);
        if let Err(Stopped { at, because }) = &reached {
            // The last steps are made for the other hosts, if there are any.
            let last = if others.is_empty() { ONLINE.len() } else { ONLINE.len() - AFTER_THE_API };
            report.emit(skipped(ONLINE[..last].iter().skip_while(|subject| *subject != at).skip(1), because))?;
            stopped.push((config.base_url.origin(), *because));
        }
        if reached.is_err() && others.is_empty() {
            return Ok(());
        }
        stopped.extend(self.reach_others(others, trusted.as_ref(), report).await?);
        let Some(clients) = clients else { return Ok(()) };
        let first = reached.ok();
        let probe = exchanges::probe(config, clients, stopped, credentials, self.extent, report).await?;
        report.emit(spacing::findings(&probe, credentials))?;
        report.emit(signatures::findings(&probe, first.as_ref(), credentials))?;
        report.emit(session_lifetimes::findings(&probe, credentials, config.http.timeout))?;
        report.emit(token_lengths::findings(&probe))
    }

    /// Makes each step from the look-up of the API's host to the first answer.
    async fn reach_api(
        &self,
        trusted: Option<&Trusted>,
        clients: Option<&Clients>,
        report: &mut Report<'_>,
    ) -> io::Result<Result<EdgeProbe, Stopped>> {
        let target = Target { origin: self.config.base_url.origin(), setting: "baseUrl", label: None };
        if let Err(stopped) = self.reach(&target, trusted, report).await? {
            return Ok(Err(stopped));
        }
        let Some(clients) = clients else { return Ok(Err(Stopped { at: "TLS", because: "there is no client" })) };
        let api = self.config.api();
        let probe = report.wait("asking for the public keys", edge::probe(clients.api(), &api)).await;
        report.emit(probe.findings())?;
        report.emit(clock_skew::findings(&probe))?;
        Ok(match probe.why_stop() {
            Some(because) => Err(Stopped { at: "clock", because }),
            None => Ok(probe),
        })
    }

    /// Makes each step to every other host. Returns those that were not reached.
    async fn reach_others(
        &self,
        others: Vec<Origin>,
        trusted: Option<&Trusted>,
        report: &mut Report<'_>,
    ) -> io::Result<Vec<StoppedOrigin>> {
        let mut stopped = Vec::new();
        for origin in others {
            let target = Target { label: Some(origin.to_string()), origin, setting: "tokenUrl" };
            if let Err(Stopped { because, .. }) = self.reach(&target, trusted, report).await? {
                stopped.push((target.origin, because));
            }
        }
        Ok(stopped)
    }
}

/// Reports the steps that are not made: the first one, and the names of the others.
fn skipped<'s>(mut steps: impl Iterator<Item = &'s &'static str>, because: &str) -> Vec<Finding> {
    let Some(first) = steps.next() else { return Vec::new() };
    let others: Vec<_> = steps.copied().collect();
    let finding = Finding::skipped(first, because);
    vec![if others.is_empty() { finding } else { finding.of(&format!("as well as {}", others.join(", "))) }]
}

/// The examinations that need the network, in order.
const ONLINE: [&str; 9] = ["DNS", "TCP", "proxy", "TLS", "edge", "clock", "exchange", "signature", "life"];
/// How many of them follow the steps to a host and the API's first answer.
const AFTER_THE_API: usize = 3;
