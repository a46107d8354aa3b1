//! The first line: how many credentials are fresh, and the worst problem.

use std::time::SystemTime;

use super::{fetch::FetchedReport, row::Row};
use crate::{
    cli::terminal::{
        span::{ahead, past},
        text::Color,
    },
    status::Cause,
};

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
    let with_problem: Vec<_> = rows.iter().filter(|row| row.has_problem()).collect();
    let mut others = with_problem.len();
    if let Some(worst) = with_problem.first() {
        let next = Some(worst.next(has_daemon, now)).filter(|next| next != "-");
        let next = next.map(|next| format!(", {next}")).unwrap_or_default();
        if let Some(cause) = worst.cause {
            others = others.saturating_sub(cause.credentials);
            parts.push(shared(cause, rows.len(), now));
        } else {
            others -= 1;
            parts.push(format!("{}: {}{next}", worst.credential.name, worst.problem(now)));
        }
    } else if let Some(first) = rows.iter().min_by_key(|row| row.credential.renew_at).filter(|_| has_daemon) {
        parts.push(format!("next {}", first.next(has_daemon, now)));
    }
    if others > 0 {
        parts.push(format!("{others} more with problems"));
    }
    let text = parts.join("; ");
    let healthy = has_daemon && rows.iter().all(|row| !row.has_problem()) && fetched.report.troubles.is_empty();
    match (fetched.report.ready, healthy && fetched.report.configuration.refused.is_none()) {
        (false, _) => (Color::Bad, format!("not ready: {text}")),
        (true, false) => (Color::Poor, text),
        (true, true) => (Color::Good, text),
    }
}

/// Describes a cause that several credentials share, such as `Descope's API fails: HTTP 503 (all 20); 2 tokens are dead, the
/// next ends in 6m`.
fn shared(cause: &Cause, all: usize, now: SystemTime) -> String {
    let Cause { message, credentials, dead, without_token, next_expiry, .. } = cause;
    let whom = if *credentials == all { format!("all {all}") } else { format!("{credentials} of {all}") };
    let mut parts = vec![format!("{message} ({whom})")];
    match dead {
        0 => {}
        1 => parts.push("1 token is dead".to_owned()),
        more => parts.push(format!("{more} tokens are dead")),
    }
    match without_token {
        0 => {}
        1 => parts.push("1 has no token yet".to_owned()),
        more => parts.push(format!("{more} have no token yet")),
    }
    let text = parts.join("; ");
    match next_expiry {
        Some(at) if parts.len() > 1 => format!("{text}, the next ends {}", ahead(now, *at)),
        Some(at) => format!("{text}; the first token ends {}", ahead(now, *at)),
        None => text,
    }
}
