//! The first line: how many are well, and the worst that is wrong.

use std::time::SystemTime;

use super::{account::Account, row::Row};
use crate::cli::terminal::{span::past, text::Color};

/// Such as `3 of 4 fresh; billing: access key denied, retry in 5m`.
pub(super) fn headline(account: &Account, rows: &[Row], now: SystemTime) -> (Color, String) {
    let has_daemon = account.has_daemon();
    let fresh = rows.iter().filter(|row| row.state == "fresh").count();
    let mut parts = Vec::new();
    if !has_daemon {
        let stopped = account.report.stopped_at.map(|at| format!(", the last one stopped {}", past(now, at)));
        parts.push(format!("no daemon runs here{}", stopped.unwrap_or_default()));
    }
    parts.push(match rows.len() {
        0 => "there is no credential: every key folder is empty".to_owned(),
        all => format!("{fresh} of {all} fresh"),
    });
    let mut troubled = rows.iter().filter(|row| row.is_troubled());
    if let Some(worst) = troubled.next() {
        let next = Some(worst.next(has_daemon, now)).filter(|next| next != "-");
        let next = next.map(|next| format!(", {next}")).unwrap_or_default();
        parts.push(format!("{}: {}{next}", worst.credential.name, worst.trouble(now)));
    } else if let Some(first) = rows.iter().min_by_key(|row| row.credential.renew_at).filter(|_| has_daemon) {
        parts.push(format!("next {}", first.next(has_daemon, now)));
    }
    match troubled.count() {
        0 => {}
        more => parts.push(format!("{more} more in trouble")),
    }
    let said = parts.join("; ");
    let healthy = has_daemon && rows.iter().all(|row| !row.is_troubled()) && account.report.troubles.is_empty();
    match (account.report.ready, healthy && account.report.configuration.refused.is_none()) {
        (false, _) => (Color::Bad, format!("not ready: {said}")),
        (true, false) => (Color::Poor, said),
        (true, true) => (Color::Good, said),
    }
}
