//! TLS: the handshake, the server's certificates, and the authority that signed them.

use std::time::{Duration, SystemTime};

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    exchange::{Anchors, Handshake, HandshakeError, NetworkPath, Root, Tunnel},
};

/// Result of the handshake.
#[derive(Debug)]
pub(super) struct TlsProbe {
    time: Duration,
    now: SystemTime,
    handshake: Result<Handshake, HandshakeError>,
}

/// Makes the handshake, then closes the connection.
pub(super) async fn probe(
    network_path: &NetworkPath,
    tunnel: Tunnel,
    anchors: &Anchors,
    timeout: Duration,
) -> TlsProbe {
    let (began, now) = (clock::now(), clock::wall());
    let handshake = network_path.handshake(tunnel, anchors, now, timeout).await;
    TlsProbe { time: clock::now() - began, now, handshake }
}

impl TlsProbe {
    /// Returns why no exchange can succeed, if so; the text follows the word "because".
    pub(super) fn why_stop(&self) -> Option<&'static str> {
        match &self.handshake {
            Err(_) => Some("there is no TLS with the server"),
            Ok(Handshake { trust: Err(_), .. }) => Some("the server is not trusted"),
            Ok(Handshake { trust: Ok(_), .. }) => None,
        }
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let Self { time, now, handshake } = self;
        let Handshake { version, chain, trust } = match handshake {
            Ok(handshake) => handshake,
            Err(why) => {
                let remedy = why.remedy().map_or(String::new(), |remedy| format!("; {remedy}"));
                let why = why.to_string();
                return vec![Finding::failed(SUBJECT, format!("{}{remedy}", without_prefix(&why)))];
            }
        };
        let end = chain.first().and_then(|certificate| certificate.ends);
        let until = end.map_or(String::new(), |end| format!(" (until {})", humantime::format_rfc3339_seconds(end)));
        let mut names: Vec<_> = chain.iter().map(|certificate| format!("`{}`", certificate.subject)).collect();
        names.extend(chain.last().filter(|last| last.issuer != last.subject).map(|last| format!("`{}`", last.issuer)));
        if let Some(first) = names.first_mut() {
            first.push_str(&until);
        }
        let shown = names.join(", signed by ");
        let authority = match trust {
            Ok(authority) => authority,
            Err(why) => {
                let text = format!("{why}; {}; the server shows {shown}", why.remedy());
                return vec![Finding::failed(SUBJECT, text)];
            }
        };
        let root = match authority.root {
            Root::System => "of the system",
            Root::CaFile => "of `http.caFile`",
        };
        let mut findings = vec![
            Finding::passed(SUBJECT, format!("{version} ({}); the server shows {shown}", took(*time))),
            Finding::passed(SUBJECT, format!("trusted by root `{}` {root}", authority.subject)),
        ];
        if let Some(left) = end.and_then(|end| end.duration_since(*now).ok()).filter(|left| *left < EXPIRES_SOON) {
            let time = match left.as_secs() / DAY {
                0 => "less than a day".to_owned(),
                1 => "a day".to_owned(),
                days => format!("{days} days"),
            };
            let text = format!("the server's certificate ends in {time}; its operator should renew it");
            findings.push(Finding::remark(SUBJECT, text));
        }
        findings
    }
}

/// Removes the prefix of a shared message, because the report has a column for the subject.
fn without_prefix(why: &str) -> &str {
    why.strip_prefix("TLS: ").unwrap_or(why)
}

const SUBJECT: &str = "TLS";
const DAY: u64 = 24 * 3600;
const EXPIRES_SOON: Duration = Duration::from_secs(7 * DAY);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::exchange::{Authority, Certificate, CertificateFault};

    fn lines(trust: Result<Authority, CertificateFault>, days_left: u64) -> String {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        let certificate = |subject: &str, issuer: &str| Certificate {
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            ends: Some(now + Duration::from_secs(days_left * DAY)),
        };
        let chain = vec![certificate("api.descope.com", "WE1"), certificate("WE1", "GTS Root R4")];
        let handshake = Ok(Handshake { version: "TLS 1.3", chain, trust });
        let findings = TlsProbe { time: Duration::from_millis(20), now, handshake }.findings();
        let lines: Vec<_> = findings.iter().map(|finding| format!("{:?} {}", finding.status, finding.text)).collect();
        lines.join("\n")
    }

    #[test]
    fn the_trusted_authority_is_reported() {
        let root = Authority { subject: "GTS Root R4".to_owned(), root: Root::System };
        insta::assert_snapshot!(lines(Ok(root.clone()), 80), @r"
        Passed TLS 1.3 (20ms); the server shows `api.descope.com` (until 2027-02-06T11:06:40Z), signed by `WE1`, signed by `GTS Root R4`
        Passed trusted by root `GTS Root R4` of the system
        ");
        insta::assert_snapshot!(lines(Ok(Authority { root: Root::CaFile, ..root }), 3), @r"
        Passed TLS 1.3 (20ms); the server shows `api.descope.com` (until 2026-11-21T11:06:40Z), signed by `WE1`, signed by `GTS Root R4`
        Passed trusted by root `GTS Root R4` of `http.caFile`
        Remark the server's certificate ends in 3 days; its operator should renew it
        ");
        insta::assert_snapshot!(lines(Err(CertificateFault::SeveralRoots), 80), @"Failed more than one root is needed to trust the server's certificate; let the server's operator replace the certificate; the server shows `api.descope.com` (until 2027-02-06T11:06:40Z), signed by `WE1`, signed by `GTS Root R4`");
    }
}
