//! The lifetime of the sessions compared with the settings of `renew`.

use std::{collections::BTreeMap, time::Duration};

use super::{
    exchange_probe::{DryOutcome, ExchangeProbe},
    finding::{Finding, joined},
};
use crate::{
    config::{Credential, duration::short},
    renewal::{Grant, Policy},
};

/// Judges the lifetime of each granted session. Credentials with equal findings share a line.
pub(super) fn findings(exchanges: &[ExchangeProbe], credentials: &[Credential], timeout: Duration) -> Vec<Finding> {
    let mut alike: BTreeMap<String, (Vec<&str>, Vec<Finding>)> = BTreeMap::new();
    for ExchangeProbe { credential: name, outcome, .. } in exchanges {
        let DryOutcome::Granted { grant, .. } = outcome else { continue };
        let Some(credential) = credentials.iter().find(|credential| credential.name == *name) else { continue };
        let findings = judge(*grant, &credential.policy, timeout);
        let text = findings.iter().map(|finding| finding.text.as_str()).collect();
        alike.entry(text).or_insert_with(|| (Vec::new(), findings)).0.push(name);
    }
    if alike.is_empty() {
        return vec![Finding::skipped(SUBJECT, "no session was granted")];
    }
    alike
        .into_values()
        .flat_map(|(names, findings)| findings.into_iter().map(move |found| found.of(&joined(&names))))
        .collect()
}

fn judge(grant: Grant, policy: &Policy, timeout: Duration) -> Vec<Finding> {
    let life = whole(grant.lifetime);
    let by_share = policy.renew_at.of(life);
    let due = grant.refresh_after.filter(|hint| !hint.is_zero()).map_or(by_share, |hint| hint.min(by_share));
    let earliest = due.saturating_sub(policy.jitter.of(due));
    let left = life.saturating_sub(due);
    let length = |time: Duration| short(whole(time));
    let mut findings = Vec::new();
    if life <= policy.spacing {
        let text = format!(
            "a session of {} ends before the spacing of {} allows the next exchange; lengthen sessions in Descope \
             (the project's access key session timeout), or shorten `renew.spacing`",
            length(life),
            short(policy.spacing)
        );
        return vec![Finding::failed(SUBJECT, text)];
    }
    if earliest <= policy.spacing {
        let remedy = if due == by_share {
            "lengthen sessions in Descope, or raise `renew.at`"
        } else {
            "the API itself asks for that (`nextRefreshSeconds`): see the project's settings"
        };
        let text = format!(
            "a session of {} would be renewed after {}, so requests are sent as fast as the spacing of {} allows; {remedy}",
            length(life),
            length(earliest),
            short(policy.spacing)
        );
        findings.push(Finding::failed(SUBJECT, text));
    } else if earliest < RENEWALS_APART_MIN {
        let text = format!(
            "a session of {} is renewed about every {}, which strains rate limits; lengthen sessions in Descope",
            length(life),
            length(due)
        );
        findings.push(Finding::remark(SUBJECT, text));
    }
    if left <= timeout + policy.spacing && due == by_share {
        let text = format!(
            "the renewal is due {} before the end: one request that hangs for `http.timeout` of {} and the token may end; \
             lower `renew.at` or `http.timeout`",
            length(left),
            short(timeout)
        );
        findings.push(Finding::remark(SUBJECT, text));
    }
    findings.extend((left < KUBERNETES_LEFT_MIN).then(|| too_late_for_kubernetes(life, left, policy)));
    if policy.denied_every > life {
        let text = format!(
            "a denied key is retried only every {}, longer than a session of {} lasts; a new key file is still used at \
             once; otherwise lower `renew.deniedEvery`",
            short(policy.denied_every),
            length(life)
        );
        findings.push(Finding::remark(SUBJECT, text));
    }
    if findings.is_empty() {
        let text = format!("lives {}, renewed after {}, {} before its end", length(life), length(due), length(left));
        findings.push(Finding::passed(SUBJECT, text));
    }
    findings
}

/// Reports a session that ends while Kubernetes clients still send it. Readers that read the file for each request do not
/// need more, so it is only a remark.
fn too_late_for_kubernetes(life: Duration, left: Duration, policy: &Policy) -> Finding {
    let share_needed = KUBERNETES_LEFT_MIN.div_duration_f64(life) * 100.0;
    let at = (100.0 - share_needed).floor();
    let earlier = if at >= RENEW_AT_MIN_PERCENT { format!("set `renew.at: {at}%`, or ") } else { String::new() };
    let share_left = (100.0 - policy.renew_at.percent()) / 100.0;
    let life_needed = Duration::from_secs_f64((KUBERNETES_LEFT_MIN.as_secs_f64() / share_left).ceil());
    let text = format!(
        "the renewal is due {} before the end, but Kubernetes clients (client-go, kube-rs, fabric8) send the old token for up to 67s \
         after it; if one of them reads the file, {earlier}lengthen sessions in Descope to {}",
        short(whole(left)),
        short(life_needed)
    );
    Finding::remark(SUBJECT, text)
}

fn whole(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}

const SUBJECT: &str = "life";
/// Renewals more frequent than this get a remark.
const RENEWALS_APART_MIN: Duration = Duration::from_secs(30);
/// The time that a session needs to live at its renewal if Kubernetes clients send it: client-go 0.37 and fabric8 8.0 were seen to send a replaced token for 48 and 67 seconds.
pub const KUBERNETES_LEFT_MIN: Duration = Duration::from_secs(70);
/// An earlier renewal is not proposed, because it makes more requests than longer sessions do.
const RENEW_AT_MIN_PERCENT: f64 = 33.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(life: u64, hint: Option<u64>, policy: Policy) -> String {
        let grant = Grant { lifetime: Duration::from_secs(life), refresh_after: hint.map(Duration::from_secs) };
        let findings = judge(grant, &policy, Duration::from_secs(10));
        let lines: Vec<_> = findings.iter().map(|finding| format!("{:?} {}", finding.status, finding.text)).collect();
        lines.join("\n")
    }

    #[test]
    fn a_life_is_judged_by_how_often_and_how_late_it_makes_renewals() {
        let policy = Policy::default();
        insta::assert_snapshot!(lines(600, None, policy), @"Passed lives 10m, renewed after 6m42s, 3m18s before its end");
        insta::assert_snapshot!(lines(600, Some(120), policy), @"Passed lives 10m, renewed after 2m, 8m before its end");
        insta::assert_snapshot!(lines(600, Some(2), policy), @"Failed a session of 10m would be renewed after 1s, so requests are sent as fast as the spacing of 2s allows; the API itself asks for that (`nextRefreshSeconds`): see the project's settings");
        insta::assert_snapshot!(lines(215, None, policy), @"Remark a denied key is retried only every 5m, longer than a session of 3m35s lasts; a new key file is still used at once; otherwise lower `renew.deniedEvery`");
        insta::assert_snapshot!(lines(180, None, policy), @"
        Remark the renewal is due 59s before the end, but Kubernetes clients (client-go, kube-rs, fabric8) send the old token for up to 67s after it; if one of them reads the file, set `renew.at: 61%`, or lengthen sessions in Descope to 3m33s
        Remark a denied key is retried only every 5m, longer than a session of 3m lasts; a new key file is still used at once; otherwise lower `renew.deniedEvery`
        ");
        insta::assert_snapshot!(lines(20, None, policy), @r"
        Remark a session of 20s is renewed about every 13s, which strains rate limits; lengthen sessions in Descope
        Remark the renewal is due 6s before the end: one request that hangs for `http.timeout` of 10s and the token may end; lower `renew.at` or `http.timeout`
        Remark the renewal is due 6s before the end, but Kubernetes clients (client-go, kube-rs, fabric8) send the old token for up to 67s after it; if one of them reads the file, lengthen sessions in Descope to 3m33s
        Remark a denied key is retried only every 5m, longer than a session of 20s lasts; a new key file is still used at once; otherwise lower `renew.deniedEvery`
        ");
        insta::assert_snapshot!(lines(2, None, policy), @"Failed a session of 2s ends before the spacing of 2s allows the next exchange; lengthen sessions in Descope (the project's access key session timeout), or shorten `renew.spacing`");
    }
}
