//! The table of credentials, drawn from a report for any width and height.

use std::time::{Duration, SystemTime};

use super::{
    fetch::FetchedReport,
    folded::{Context, folded},
    headline::headline,
    layout::{INDENT, Layout, paragraph, printable},
    row::Row,
};
use crate::{
    cli::terminal::{
        span::words,
        text::{Color, Line, Style},
    },
    status::Cause,
};

/// The area to draw in.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) columns: usize,
    /// `None` if the height is unlimited.
    pub(super) rows: Option<usize>,
}

/// Returns a headline, problems that concern all credentials, a row with notes for each credential, and the source of
/// the report. Fits the width.
pub(super) fn table(fetched: &FetchedReport, now: SystemTime, width: usize, style: Style) -> Vec<Line> {
    let rows = Row::all(fetched, now);
    let (mut lines, problems) = summary(fetched, &rows, now, width);
    lines.extend(problems);
    let mut foot = vec![Line::default()];
    foot.extend(paragraph(Color::Faint, &fetched.source_line(now), "", width));
    if !rows.is_empty() {
        let layout = Layout::fitting(&rows, fetched.has_daemon(), now, width);
        lines.push(Line::default());
        lines.push(layout.headline());
        lines.extend(rows.iter().flat_map(|row| layout.block(row, style)));
    }
    lines.extend(foot);
    lines.into_iter().map(|line| line.cut(width, style)).collect()
}

/// Returns the same for a table that is longer than a screen: the headline is the last line, where it is visible. If `screen`
/// is given, rows without a problem are folded, and the table fits that many lines.
pub(super) fn long_table(
    fetched: &FetchedReport,
    now: SystemTime,
    width: usize,
    screen: Option<usize>,
    style: Style,
) -> Vec<Line> {
    let rows = Row::all(fetched, now);
    let has_daemon = fetched.has_daemon();
    let layout = Layout::fitting(&rows, has_daemon, now, width);
    let mut foot = vec![Line::default()];
    foot.extend(paragraph(Color::Faint, &fetched.source_line(now), "", width));
    foot.extend(summary(fetched, &rows, now, width).1);
    // In one line, so that the last line is the whole summary.
    let (color, text) = headline(fetched, &rows, now);
    foot.push(Line::new(color, printable(&text)));
    let has_rows = screen.is_none() || rows.iter().any(Row::has_problem);
    let mut lines = if has_rows { vec![layout.headline()] } else { Vec::new() };
    match screen {
        Some(screen) => {
            let height = screen.saturating_sub(lines.len() + foot.len());
            lines.extend(folded(&rows, &layout, height, Context { has_daemon, now, style, width }));
        }
        None => lines.extend(rows.iter().flat_map(|row| layout.block(row, style))),
    }
    lines.extend(foot);
    if let Some(summary) = lines.pop() {
        lines.truncate(screen.map_or(usize::MAX, |screen| screen.saturating_sub(1)));
        lines.push(summary);
        lines.truncate(screen.unwrap_or(usize::MAX));
    }
    lines.into_iter().map(|line| line.cut(width, style)).collect()
}

/// Returns the headline, and the problems that concern all credentials.
fn summary(fetched: &FetchedReport, rows: &[Row], now: SystemTime, width: usize) -> (Vec<Line>, Vec<Line>) {
    let (color, text) = headline(fetched, rows, now);
    let refused = fetched
        .report
        .configuration
        .refused
        .iter()
        .map(|why| format!("the newest configuration is not in force: {why}"));
    let skew = fetched.report.clock_skew.filter(|seconds| seconds.abs() >= SKEW_SHOWN_SECONDS).map(|seconds| {
        let off = words(Duration::from_secs_f64(seconds.abs()));
        let side = if seconds > 0.0 { "behind" } else { "ahead of" };
        format!(
            "this machine's clock is {off} {side} the API's; tokenwell itself does not depend on this clock, but readers \
            may refuse the tokens: set the clock"
        )
    });
    let problems = fetched.report.troubles.iter().cloned().chain(refused).chain(skew);
    let problems = problems.flat_map(|problem| paragraph(Color::Poor, &problem, INDENT, width));
    let causes = fetched.report.causes.iter().flat_map(|cause| shared_cause(cause, width));
    let problems = problems.chain(causes).collect();
    (paragraph(color, &text, "", width), problems)
}

/// Describes a cause that several credentials share, with its remedy.
fn shared_cause(cause: &Cause, width: usize) -> Vec<Line> {
    let more = cause.credentials.saturating_sub(cause.names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let text = format!("{}: {}{more}", cause.message, cause.names.join(", "));
    let mut lines = paragraph(Color::Poor, &text, INDENT, width);
    if let Some(remedy) = cause.remedy.as_ref().filter(|remedy| !cause.message.contains(remedy.as_str())) {
        lines.extend(paragraph(Color::Plain, &format!("to do: {remedy}"), INDENT, width));
    }
    lines
}

/// The same as on the status page.
const SKEW_SHOWN_SECONDS: f64 = 30.0;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        cli::{
            status::fetch::{ReportSource, StatusFile},
            terminal::samples::{at, failing, fresh, report, starting},
        },
        renewal::RefusalClass,
        status::{CredentialReport, HookReport, OutputReport},
    };

    const PLAIN: Style = Style { colours: false, unicode: false };

    fn from_daemon(credentials: Vec<CredentialReport>) -> FetchedReport {
        let source = ReportSource::Daemon("unix:/run/s.sock".to_owned());
        FetchedReport { report: report(4.2, credentials), missing: BTreeMap::new(), source }
    }

    fn hour(name: &str) -> CredentialReport {
        let mut credential = fresh(name);
        credential.expires_at = Some(at(3600.0));
        credential.renew_at = Some(at(2400.0));
        credential.next_action.as_mut().unwrap().at = credential.renew_at;
        credential
    }

    fn all() -> FetchedReport {
        let mut denied = failing("billing");
        denied.failures = 5;
        denied.last_refusal.as_mut().unwrap().in_a_row = 3;
        denied.last_refusal.as_mut().unwrap().class = Some(RefusalClass::Denied);
        denied.last_refusal.as_mut().unwrap().message = "the key is not known\x1b[31m".to_owned();
        denied.remedy = Some("make a new access key in Descope's console and put it into `/k/billing`".to_owned());
        denied.next_action.as_mut().unwrap().at = Some(at(304.5));
        let expired = CredentialReport { state: "expired", expires_at: Some(at(1.0)), ..failing("zebra") };
        let hook = HookReport {
            hook: "signal HUP".to_owned(),
            ran_at: None,
            error: Some("no process".to_owned()),
            outcomes: Vec::new(),
        };
        let output = OutputReport {
            path: "/out/orders.jwt".into(),
            format: "jwt",
            written_at: None,
            error: Some("cannot write `/out/orders.jwt`: no space; make room".to_owned()),
            note: None,
        };
        let hooked = CredentialReport { hooks: vec![hook], outputs: vec![output], ..hour("orders") };
        from_daemon(vec![hour("alpha"), denied, starting("new"), hooked, expired])
    }

    fn drawn(fetched: &FetchedReport, columns: usize) -> String {
        let lines = table(fetched, at(4.2), columns, PLAIN);
        let lines: Vec<_> = lines.iter().map(|line| line.shown(PLAIN).trim_end().to_owned()).collect();
        lines.join("\n")
    }

    #[test]
    fn at_119_columns_there_is_everything() {
        insta::assert_snapshot!(drawn(&all(), 119), @"
        2 of 5 fresh; zebra: expired 3s ago, the API fails, retry now; 3 more with problems

        credential  state     time left                           next
        zebra       expired           - ........................  retry now
            expired 3s ago
            failed 1s ago: Descope's API fails: HTTP 503
        new         starting          - ........................  exchange now
        billing     failing          5s #############...........  retry in 5m
            denied 1s ago, 3 in a row: the key is not known [31m
            to do: make a new access key in Descope's console and put it into `/k/billing`
        orders      fresh       59m 55s #######################.  renewal in 39m 55s
            cannot write `/out/orders.jwt`: no space; make room
            signal HUP: no process
        alpha       fresh       59m 55s #######################.  renewal in 39m 55s

        asked the daemon at unix:/run/s.sock, just now
        ");
    }

    #[test]
    fn at_79_columns_notes_are_wrapped_under_their_row() {
        insta::assert_snapshot!(drawn(&all(), 79), @"
        2 of 5 fresh; zebra: expired 3s ago, the API fails, retry now; 3 more with
        problems

        credential  state     time left                           next
        zebra       expired           - ........................  retry now
            expired 3s ago
            failed 1s ago: Descope's API fails: HTTP 503
        new         starting          - ........................  exchange now
        billing     failing          5s #############...........  retry in 5m
            denied 1s ago, 3 in a row: the key is not known [31m
            to do: make a new access key in Descope's console and put it into
            `/k/billing`
        orders      fresh       59m 55s #######################.  renewal in 39m 55s
            cannot write `/out/orders.jwt`: no space; make room
            signal HUP: no process
        alpha       fresh       59m 55s #######################.  renewal in 39m 55s

        asked the daemon at unix:/run/s.sock, just now
        ");
    }

    #[test]
    fn at_35_columns_state_and_time_remain() {
        insta::assert_snapshot!(drawn(&all(), 35), @"
        2 of 5 fresh; zebra: expired 3s
        ago, the API fails, retry now; 3
        more with problems

        credential  state     time left
        zebra       expired           -
            expired 3s ago
            failed 1s ago: Descope's API
            fails: HTTP 503
        new         starting          -
        billing     failing          5s
            denied 1s ago, 3 in a row: the
            key is not known [31m
            to do: make a new access key in
            Descope's console and put it
            into `/k/billing`
        orders      fresh       59m 55s
            cannot write `/out/orders.jwt`:
            no space; make room
            signal HUP: no process
        alpha       fresh       59m 55s

        asked the daemon at
        unix:/run/s.sock, just now
        ");
    }

    #[test]
    fn a_remark_on_an_output_is_no_problem() {
        let note = Some("file systems such as that of `/mnt` keep no modes".to_owned());
        let output = OutputReport { path: "/mnt/a.jwt".into(), format: "jwt", written_at: None, error: None, note };
        let fetched = from_daemon(vec![CredentialReport { outputs: vec![output], ..hour("a") }]);
        insta::assert_snapshot!(drawn(&fetched, 79), @"
        1 of 1 fresh; next renewal in 39m 55s

        credential  state     time left                           next
        a           fresh       59m 55s #######################.  renewal in 39m 55s
            file systems such as that of `/mnt` keep no modes

        asked the daemon at unix:/run/s.sock, just now
        ");
    }

    #[test]
    fn all_well_is_said_in_one_line() {
        let fetched = from_daemon(vec![hour("a"), hour("b")]);
        assert_eq!(drawn(&fetched, 79).lines().next(), Some("2 of 2 fresh; next renewal in 39m 55s"));
        let empty = from_daemon(Vec::new());
        assert_eq!(drawn(&empty, 79).lines().next(), Some("there is no credential: every key folder is empty"));
    }

    #[test]
    fn without_a_daemon_nothing_is_due_and_missing_tokens_are_shown() {
        let mut fetched = from_daemon(vec![hour("a"), hour("b")]);
        let left =
            StatusFile { path: "/s/status.json".into(), is_writer_running: false, unanswered: Some("no".to_owned()) };
        fetched.source = ReportSource::File(left);
        fetched.report.ready = false;
        fetched.report.troubles.push("key folder `/k` is missing".to_owned());
        fetched.missing.insert("b".to_owned(), "`/out/b.jwt` does not hold the token that was written last".to_owned());
        insta::assert_snapshot!(drawn(&fetched, 100), @"
        not ready: no daemon runs here; 1 of 2 fresh; b: missing
            key folder `/k` is missing

        credential  state     time left                           next
        b           missing     59m 55s #######################.  -
            `/out/b.jwt` does not hold the token that was written last
        a           fresh       59m 55s #######################.  -

        read from /s/status.json, written just now by process 1, which is gone, or runs elsewhere; no
        ");
    }

    #[test]
    fn a_failed_write_and_a_wrong_clock_are_reported() {
        let error = Some("cannot write `/out/new.jwt`: no space; make room".to_owned());
        let output = OutputReport { path: "/out/new.jwt".into(), format: "jwt", written_at: None, error, note: None };
        let mut unwritten = CredentialReport { outputs: vec![output], ..starting("new") };
        let next = unwritten.next_action.as_mut().unwrap();
        (next.what, next.at) = ("publish", Some(at(7.3)));
        let mut fetched = from_daemon(vec![unwritten]);
        fetched.report.clock_skew = Some(-7200.0);
        insta::assert_snapshot!(drawn(&fetched, 119), @"
        0 of 1 fresh; new: no token yet, its file cannot be written, write in 3s
            this machine's clock is 2h ahead of the API's; tokenwell itself does not depend on this clock, but readers may
            refuse the tokens: set the clock

        credential  state     time left                           next
        new         starting          - ........................  write in 3s
            cannot write `/out/new.jwt`: no space; make room

        asked the daemon at unix:/run/s.sock, just now
        ");
    }

    #[test]
    fn no_width_and_no_height_is_too_small_or_exceeded() {
        for width in 0..130 {
            let fits = |lines: &[Line]| lines.iter().all(|line| line.width() <= width);
            assert!(fits(&table(&all(), at(4.2), width, PLAIN)), "{width}");
            for rows in [0, 1, 2, 5, 9, 14, 40] {
                let lines = long_table(&all(), at(4.2), width, Some(rows), PLAIN);
                assert!(lines.len() <= rows && fits(&lines), "{width}x{rows}: {lines:?}");
                let last = lines.last().map(|line| line.shown(PLAIN)).unwrap_or_default();
                assert!(rows == 0 || width < 20 || last.starts_with("2 of 5 fresh; "), "{width}x{rows}: {lines:?}");
            }
        }
    }
}
