//! The first line: how many credentials are fresh, and the worst problem.

use std::time::SystemTime;

use super::{fetch::FetchedReport, row::Row};
use crate::cli::terminal::{span::past, text::Color};

/// Returns a line such as `3 of 4 fresh; billing: access key denied, retry in 5m`.
pub(super) fn headline(fetched: &FetchedReport, rows: &[Row], now: SystemTime) -> (Color, String) {
    let has_daemon = fetched.has_daemon();
    let fresh = rows.iter().filter(|row| row.state == "fresh").count();
    let mut parts = Vec::new();
    if !has_daemon {
        let stopped = fetched.report.stopped_at.map(|at| format!(", the last one stopped {}", past(now, at)));
        parts.push(format!("no daemon runs here{}", stopped.unwrap_or_default()));
    }
    parts.push(match rows.len() {
        0 => "there is no credential: every key folder is empty".to_owned(),
        all => format!("{fresh} of {all} fresh"),
    });
    let mut with_problem = rows.iter().filter(|row| row.has_problem());
    if let Some(worst) = with_problem.next() {
        let next = Some(worst.next(has_daemon, now)).filter(|next| next != "-");
        let next = next.map(|next| format!(", {next}")).unwrap_or_default();
        parts.push(format!("{}: {}{next}", worst.credential.name, worst.problem(now)));
    } else if let Some(first) = rows.iter().min_by_key(|row| row.credential.renew_at).filter(|_| has_daemon) {
        parts.push(format!("next {}", first.next(has_daemon, now)));
    }
    match with_problem.count() {
        0 => {}
        more => parts.push(format!("{more} more with problems")),
    }
    let text = parts.join("; ");
    let healthy = has_daemon && rows.iter().all(|row| !row.has_problem()) && fetched.report.troubles.is_empty();
    match (fetched.report.ready, healthy && fetched.report.configuration.refused.is_none()) {
        (false, _) => (Color::Bad, format!("not ready: {text}")),
        (true, false) => (Color::Poor, text),
        (true, true) => (Color::Good, text),
    }
}
