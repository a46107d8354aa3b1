//! Each step to a host, from the look-up of its name to TLS.

use std::{io, sync::Arc};

use super::{dns, examination::Doctor, finding::Finding, progress::Report, proxy, tcp, tls};
use crate::exchange::{Anchors, ClientError, Clients, NetworkPath, Origin, Proxies, TlsSetupError};

/// A host that requests are sent to.
pub(super) struct Target {
    pub(super) origin: Origin,
    /// The field with its URL.
    pub(super) setting: &'static str,
    /// The prefix of its findings, if there are several hosts.
    pub(super) label: Option<String>,
}

/// The clients of all hosts, and the certificates that they trust.
pub(super) struct Trusted {
    anchors: Result<Anchors, TlsSetupError>,
    pub(super) clients: Result<Clients, ClientError>,
}

/// The step that failed, and why; the reason follows the word "because".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stopped {
    pub(super) at: &'static str,
    pub(super) because: &'static str,
}

impl Target {
    fn emit(&self, findings: Vec<Finding>, report: &mut Report<'_>) -> io::Result<()> {
        let labelled = |finding: Finding| match &self.label {
            Some(label) => finding.of(label),
            None => finding,
        };
        report.emit(findings.into_iter().map(labelled).collect())
    }
}

impl Doctor {
    /// Builds the clients of all hosts. Returns `None` if the disk takes too long.
    pub(super) async fn trusted(&self, report: &mut Report<'_>) -> Option<Trusted> {
        let config = Arc::clone(&self.config);
        let build = move || {
            let anchors = Anchors::load(&config.http);
            let api = config.base_url.origin();
            let clients = Clients::build(&api, config.origins(), &config.http, &Proxies::from_environment());
            Trusted { anchors, clients }
        };
        report.wait("reading the trusted certificates", self.on_disk(build)).await
    }

    /// Makes each step from the look-up of the host to TLS.
    pub(super) async fn reach(
        &self,
        target: &Target,
        trusted: Option<&Trusted>,
        report: &mut Report<'_>,
    ) -> io::Result<Result<(), Stopped>> {
        let stopped = |at, because| Ok(Err(Stopped { at, because }));
        let network_path = match NetworkPath::of(&target.origin, target.setting, &Proxies::from_environment()) {
            Ok(network_path) => network_path,
            Err(error) => {
                let because = "the network path is unknown";
                target.emit(vec![Finding::skipped("DNS", because), Finding::skipped("TCP", because)], report)?;
                target.emit(vec![Finding::failed("proxy", error.to_string())], report)?;
                return stopped("proxy", because);
            }
        };

        let probing = dns::probe(&network_path, self.config.http.timeout);
        let probe = report.wait("looking up the host", probing).await;
        target.emit(probe.findings(), report)?;
        let Ok(addresses) = probe.found else { return stopped("DNS", "the host is not found") };

        let timeout = self.config.http.connect_timeout.min(self.config.http.timeout);
        let probing = tcp::probe(&network_path, &addresses, timeout);
        let (probe, connected) = report.wait("connecting", probing).await;
        target.emit(probe.findings(), report)?;
        let Some(connected) = connected else { return stopped("TCP", "there is no connection") };

        let Some(Trusted { anchors, clients }) = trusted else {
            let text = "the disk of the certificates takes too long; see the kernel's log";
            target.emit(vec![Finding::failed("TLS", text)], report)?;
            return stopped("TLS", UNKNOWN_CERTIFICATES);
        };
        let tunnelling = proxy::probe(&network_path, connected, anchors.as_ref().ok(), timeout);
        let (probe, tunnel) = report.wait("asking the proxy for a tunnel", tunnelling).await;
        target.emit(probe.findings(), report)?;
        let Some(tunnel) = tunnel else { return stopped("proxy", "the proxy opens no tunnel") };

        if network_path.is_plain_http() && clients.is_ok() {
            let because = format!("`{}` is plain http", target.setting);
            target.emit(vec![Finding::skipped("TLS", &because)], report)?;
            return Ok(Ok(()));
        }
        let usable = match (anchors, clients) {
            (Ok(anchors), Ok(_)) => Ok(anchors),
            (_, Err(error)) => Err(error.to_string()),
            (Err(error), Ok(_)) => Err(error.to_string()),
        };
        let anchors = match usable {
            Ok(anchors) => anchors,
            Err(error) => {
                target.emit(vec![Finding::failed("TLS", error)], report)?;
                return stopped("TLS", UNKNOWN_CERTIFICATES);
            }
        };
        let probe = report.wait("making the TLS handshake", tls::probe(&network_path, tunnel, anchors, timeout)).await;
        target.emit(probe.findings(), report)?;
        match probe.why_stop() {
            Some(because) => stopped("TLS", because),
            None => Ok(Ok(())),
        }
    }
}

const UNKNOWN_CERTIFICATES: &str = "the trusted certificates are unknown";
