//! A long table: rows without a problem are folded into one line, what needs a person stays on one screen, and the summary is the
//! last line.

use std::{collections::BTreeMap, time::SystemTime};

use super::{
    layout::{Layout, paragraph},
    row::Row,
};
use crate::cli::terminal::text::{Color, Line, Style};

/// Returns the rows with a problem, with as much detail as fits, and a line about the others.
pub(super) fn folded(rows: &[Row], layout: &Layout, height: usize, context: Context) -> Vec<Line> {
    let all: Vec<&Row> = rows.iter().collect();
    let height = height.saturating_sub(fold_lines(&all, context).len());
    let problems: Vec<&Row> = rows.iter().filter(|row| row.has_problem()).collect();
    let (urgent, others): (Vec<&Row>, Vec<&Row>) = problems.iter().partition(|row| row.credential.needs_person);
    let style = context.style;
    let block = |row: &&Row, detail: Detail| detail.cut(layout.block(row, style));
    let total = |rows: &[&Row], detail| rows.iter().map(|row| block(row, detail).len()).sum::<usize>();
    let detail = Detail::ALL.into_iter().find(|detail| total(&urgent, *detail) <= height).unwrap_or(Detail::Row);
    let left = height.saturating_sub(total(&urgent, detail));
    let detail_of_others =
        Detail::ALL.into_iter().find(|detail| total(&others, *detail) <= left).unwrap_or(Detail::Row);
    let shown =
        |row: &&&Row| row.credential.needs_person || others.iter().take(left).any(|other| std::ptr::eq(*other, **row));
    let mut lines = Vec::new();
    let mut named = 0;
    for row in problems.iter().filter(shown) {
        let block = block(row, if row.credential.needs_person { detail } else { detail_of_others });
        if lines.len() + block.len() > height {
            break;
        }
        lines.extend(block);
        named += 1;
    }
    let hidden: Vec<&Row> = problems.iter().filter(shown).skip(named).copied().collect();
    let unshown = problems.iter().filter(|row| !shown(row)).copied();
    let fresh = rows.iter().filter(|row| !row.has_problem());
    let hidden: Vec<&Row> = hidden.into_iter().chain(unshown).chain(fresh).collect();
    if !hidden.is_empty() {
        lines.extend(fold_lines(&hidden, context));
    }
    lines
}

/// What the line about folded rows depends on.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) has_daemon: bool,
    pub(super) now: SystemTime,
    pub(super) style: Style,
    pub(super) width: usize,
}

/// How much of a row's notes is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Detail {
    Notes,
    /// The first line of the notes.
    FirstNote,
    Row,
}

impl Detail {
    const ALL: [Self; 3] = [Self::Notes, Self::FirstNote, Self::Row];

    fn cut(self, mut block: Vec<Line>) -> Vec<Line> {
        match self {
            Self::Notes => {}
            Self::FirstNote => block.truncate(2),
            Self::Row => block.truncate(1),
        }
        block
    }
}

/// Formats a line such as `… and 980 fresh; the next renewal in 12s; --all shows them`, wrapped in a narrow terminal.
fn fold_lines(hidden: &[&Row], context: Context) -> Vec<Line> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in hidden {
        *counts.entry(row.state).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let fresh = hidden.iter().filter(|row| row.state == "fresh" && row.credential.renew_at.is_some());
    let next = fresh.min_by_key(|row| row.credential.renew_at).map(|row| row.next(context.has_daemon, context.now));
    let next = next.filter(|next| next != "-").map(|next| format!("; the next {next}")).unwrap_or_default();
    let ellipsis = if context.style.unicode { "…" } else { "..." };
    let text = format!("{ellipsis} and {}{next}; --all shows them", counts.join(", "));
    paragraph(Color::Faint, &text, "", context.width)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        cli::{
            status::{
                fetch::{FetchedReport, ReportSource},
                table::long_table,
            },
            terminal::samples::{at, failing, fresh, report},
        },
        status::CredentialReport,
    };

    const PLAIN: Style = Style { colours: false, unicode: false };

    fn hour(name: &str) -> CredentialReport {
        let mut credential = fresh(name);
        (credential.expires_at, credential.renew_at) = (Some(at(3600.0)), Some(at(2400.0)));
        credential.next_action.as_mut().unwrap().at = credential.renew_at;
        credential
    }

    fn denied(name: &str) -> CredentialReport {
        let mut credential = failing(name);
        credential.remedy = Some(format!("make a new access key and put it into `/k/{name}`"));
        credential.needs_person = true;
        credential
    }

    fn drawn(credentials: Vec<CredentialReport>, screen: Option<usize>) -> String {
        let source = ReportSource::Daemon("unix:/run/s.sock".to_owned());
        let fetched = FetchedReport { report: report(4.2, credentials), missing: BTreeMap::new(), source };
        let lines = long_table(&fetched, at(4.2), 79, screen, PLAIN);
        assert!(screen.is_none_or(|screen| lines.len() <= screen), "{} lines", lines.len());
        let lines: Vec<_> = lines.iter().map(|line| line.shown(PLAIN).trim_end().to_owned()).collect();
        lines.join("\n")
    }

    fn thousand(with: impl Fn(usize) -> CredentialReport) -> Vec<CredentialReport> {
        (0..1000).map(with).collect()
    }

    #[test]
    fn rows_without_a_problem_are_one_line_of_a_long_table() {
        let credentials = thousand(|n| match n {
            500 => denied("credential-0500"),
            n => hour(&format!("credential-{n:04}")),
        });
        insta::assert_snapshot!(drawn(credentials, Some(23)), @"
        credential       state     time left                         next
        credential-0500  failing          5s ############..........  retry now
            failed 1s ago: Descope's API fails: HTTP 503
            to do: make a new access key and put it into `/k/credential-0500`
        ... and 999 fresh; the next renewal in 39m 55s; --all shows them

        asked the daemon at unix:/run/s.sock, just now
        999 of 1000 fresh; credential-0500: the API fails, retry now
        ");
    }

    #[test]
    fn in_an_outage_rows_that_need_a_person_stay_visible() {
        let credentials = thousand(|n| match n % 100 {
            99 => denied(&format!("denied-{n:04}")),
            _ => failing(&format!("credential-{n:04}")),
        });
        let text = drawn(credentials, Some(23));
        assert_eq!(text.matches("\ndenied-").count(), 10, "{text}");
        assert!(text.contains("failing; --all shows them"), "{text}");
        assert!(text.lines().last().unwrap().starts_with("0 of 1000 fresh; "), "{text}");
    }

    #[test]
    fn every_row_is_shown_or_counted() {
        let credentials = thousand(|n| match n {
            n if n % 7 == 0 => denied(&format!("denied-{n:04}")),
            n if n % 3 == 0 => failing(&format!("failing-{n:04}")),
            n => hour(&format!("credential-{n:04}")),
        });
        for screen in [8, 12, 23, 40, 90, 700, 5000] {
            let text = drawn(credentials.clone(), Some(screen));
            let rows = text.lines().filter(|line| line.starts_with("denied-") || line.starts_with("failing-")).count();
            let fold = text.lines().find(|line| line.starts_with("... and ")).unwrap();
            let numbers = fold.split(';').next().unwrap().split(' ').filter_map(|word| word.parse::<usize>().ok());
            assert_eq!(rows + numbers.sum::<usize>(), 1000, "{screen}:\n{text}");
        }
    }

    #[test]
    fn the_summary_of_a_whole_long_table_is_its_last_line() {
        let text = drawn(thousand(|n| hour(&format!("credential-{n:04}"))), None);
        assert_eq!(text.lines().last(), Some("1000 of 1000 fresh; next renewal in 39m 55s"));
        assert_eq!(text.matches("\ncredential-").count(), 1000);
    }
}
