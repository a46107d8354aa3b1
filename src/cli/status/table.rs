//! The table of credentials, drawn from an account for any width and height.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use super::{account::Account, headline::headline, row::Row};
use crate::cli::terminal::{
    span::{until, words},
    text::{Color, Line, Style, wrapped},
};

/// Where it is drawn.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) columns: usize,
    /// `None` where there is no end to them.
    pub(super) rows: Option<usize>,
}

/// A headline, what concerns all credentials, a row for each with what is wrong with it, and who told it. No line is wider
/// than told, and there are not more of them than told.
pub(super) fn table(account: &Account, now: SystemTime, room: Room, style: Style) -> Vec<Line> {
    let width = room.columns;
    let rows = Row::all(account, now);
    let (color, said) = headline(account, &rows, now);
    let mut lines = paragraph(color, &said, "", width);
    let refused = account
        .report
        .configuration
        .refused
        .iter()
        .map(|why| format!("the newest configuration is not in force: {why}"));
    let skew = account.report.clock_skew.filter(|seconds| seconds.abs() >= SKEW_TOLD_SECONDS).map(|seconds| {
        let off = words(Duration::from_secs_f64(seconds.abs()));
        let side = if seconds > 0.0 { "behind" } else { "ahead of" };
        format!(
            "this machine's clock is {off} {side} the API's: tokens are kept by a clock of their own, but readers may refuse \
             them; set the clock"
        )
    });
    for trouble in account.report.troubles.iter().cloned().chain(refused).chain(skew) {
        lines.extend(paragraph(Color::Poor, &trouble, INDENT, width));
    }
    let mut foot = vec![Line::default()];
    foot.extend(paragraph(Color::Faint, &account.told_by(now), "", width));
    if !rows.is_empty() {
        let layout = Layout::fitting(&rows, account.has_daemon(), now, width);
        lines.push(Line::default());
        lines.push(layout.headline());
        let left = room.rows.map(|rows| rows.saturating_sub(lines.len() + foot.len()));
        lines.extend(body(&rows, &layout, left, style));
    }
    lines.extend(foot);
    lines.truncate(room.rows.unwrap_or(usize::MAX));
    lines.into_iter().map(|line| line.cut(width, style)).collect()
}

/// As many rows as there is room for, each with its notes, and a word on the others.
fn body(rows: &[Row], layout: &Layout, room: Option<usize>, style: Style) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let mut block = layout.block(row, style);
        let Some(room) = room else {
            lines.extend(block);
            continue;
        };
        let is_last = place + 1 == rows.len();
        let left = room.saturating_sub(lines.len() + usize::from(!is_last));
        if block.len() > left {
            // The first is worth half of it.
            if place == 0 {
                block.truncate(left);
                lines.extend(block);
            }
            let hidden = &rows[place + usize::from(place == 0 && left > 0)..];
            if !hidden.is_empty() {
                lines.push(Line::new(Color::Faint, hidden_words(hidden)));
            }
            break;
        }
        lines.extend(block);
    }
    lines
}

/// `and 980 more, all fresh`
fn hidden_words(hidden: &[Row]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in hidden {
        *counts.entry(row.state).or_default() += 1;
    }
    let more = hidden.len();
    match counts.iter().next() {
        Some((state, _)) if counts.len() == 1 => format!("and {more} more, all {state}"),
        _ => {
            let each: Vec<_> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
            format!("and {more} more: {}", each.join(", "))
        }
    }
}

/// How wide each column is; none at all where there is no room for it.
struct Layout {
    has_daemon: bool,
    now: SystemTime,
    width: usize,
    name: usize,
    bar: usize,
    shows_time: bool,
    shows_next: bool,
}

impl Layout {
    fn fitting(rows: &[Row], has_daemon: bool, now: SystemTime, width: usize) -> Self {
        let longest = |texts: &mut dyn Iterator<Item = usize>, least: usize| texts.max().unwrap_or(0).max(least);
        let names = &mut rows.iter().map(|row| row.credential.name.chars().count());
        let name = longest(names, NAME.len()).min((width / 2).max(NAME.len()));
        let next = longest(&mut rows.iter().map(|row| row.next(has_daemon, now).len()), NEXT_MIN);
        let with_state = name + GAP.len() + STATE_WIDTH;
        let with_time = with_state + GAP.len() + TIME_WIDTH;
        let in_all = with_time + GAP.len() + next;
        let bar = width.saturating_sub(in_all + 1);
        let bar = if bar < BAR_MIN { 0 } else { bar.min(BAR_MAX) };
        Self { has_daemon, now, width, name, bar, shows_time: with_time <= width, shows_next: in_all <= width }
    }

    fn headline(&self) -> Line {
        let mut text = format!("{NAME:<0$}{GAP}{STATE:<STATE_WIDTH$}", self.name);
        if self.shows_time {
            let bar = if self.bar > 0 { self.bar + 1 } else { 0 };
            text = format!("{text}{GAP}{TIME:<0$}", TIME_WIDTH + bar);
        }
        if self.shows_next {
            text = format!("{text}{GAP}{NEXT}");
        }
        Line::new(Color::Faint, text)
    }

    /// A row and what there is to say about it.
    fn block(&self, row: &Row, style: Style) -> Vec<Line> {
        let mut lines = vec![self.row(row, style)];
        for (color, note) in &row.notes {
            lines.extend(paragraph(*color, note, INDENT, self.width));
        }
        lines
    }

    fn row(&self, row: &Row, style: Style) -> Line {
        let color = Color::of_state(row.state);
        let name = Line::new(Color::Plain, printable(&row.credential.name)).cut(self.name, style);
        let padding = " ".repeat(self.name.saturating_sub(name.width()) + GAP.len());
        let mut line = name.and(Color::Plain, padding).and(color, row.state);
        line = line.and(Color::Plain, " ".repeat(STATE_WIDTH.saturating_sub(row.state.len())));
        if self.shows_time {
            line = line.and(Color::Plain, format!("{GAP}{:>TIME_WIDTH$}", row.time_left(self.now)));
            if self.bar > 0 {
                let (issued, expires) = (row.credential.issued_at, row.credential.expires_at);
                let (left, whole) = issued.zip(expires).map_or_else(Default::default, |(issued, expires)| {
                    (until(self.now, expires), until(issued, expires))
                });
                let (full, empty) = style.bar(left, whole, self.bar);
                line = line.and(Color::Plain, " ").and(color, full).and(Color::Faint, empty);
            }
        }
        if self.shows_next {
            line = line.and(Color::Plain, format!("{GAP}{}", row.next(self.has_daemon, self.now)));
        }
        line
    }
}

/// Wrapped, every line indented.
fn paragraph(color: Color, text: &str, indent: &str, width: usize) -> Vec<Line> {
    let lines = wrapped(&printable(text), width.saturating_sub(indent.len()));
    lines.into_iter().map(|line| Line::new(Color::Plain, indent).and(color, line)).collect()
}

/// Without what a terminal would obey: texts of the API's and of programs are among it.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

const NAME: &str = "credential";
const STATE: &str = "state";
const TIME: &str = "time left";
const NEXT: &str = "next";
const GAP: &str = "  ";
const INDENT: &str = "    ";
const STATE_WIDTH: usize = 8;
const TIME_WIDTH: usize = 9;
const NEXT_MIN: usize = 4;
const BAR_MIN: usize = 6;
const BAR_MAX: usize = 24;

/// As the page.
const SKEW_TOLD_SECONDS: f64 = 30.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{
            status::account::{ReportSource, TimeLeft},
            terminal::samples::{at, failing, fresh, report, starting},
        },
        renewal::RefusalClass,
        status::{CredentialReport, HookReport, OutputReport},
    };

    const PLAIN: Style = Style { colours: false, unicode: false };

    fn asked(credentials: Vec<CredentialReport>) -> Account {
        let teller = ReportSource::Daemon("unix:/run/s.sock".to_owned());
        Account { report: report(4.2, credentials), missing: BTreeMap::new(), teller }
    }

    fn hour(name: &str) -> CredentialReport {
        let mut credential = fresh(name);
        credential.expires_at = Some(at(3600.0));
        credential.renew_at = Some(at(2400.0));
        credential.next_action.as_mut().unwrap().at = credential.renew_at;
        credential
    }

    fn all() -> Account {
        let mut denied = failing("billing");
        denied.failures = 3;
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
        };
        let hooked = CredentialReport { hooks: vec![hook], outputs: vec![output], ..hour("orders") };
        asked(vec![hour("alpha"), denied, starting("new"), hooked, expired])
    }

    fn drawn(account: &Account, columns: usize, rows: Option<usize>) -> String {
        let lines = table(account, at(4.2), Room { columns, rows }, PLAIN);
        let lines: Vec<_> = lines.iter().map(|line| line.shown(PLAIN).trim_end().to_owned()).collect();
        lines.join("\n")
    }

    #[test]
    fn at_119_columns_there_is_everything() {
        insta::assert_snapshot!(drawn(&all(), 119, None), @"
        2 of 5 fresh; zebra: expired 3s ago, the API fails, retry now; 3 more in trouble

        credential  state     time left                           next
        zebra       expired          0s ........................  retry now
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
        insta::assert_snapshot!(drawn(&all(), 79, None), @"
        2 of 5 fresh; zebra: expired 3s ago, the API fails, retry now; 3 more in
        trouble

        credential  state     time left                           next
        zebra       expired          0s ........................  retry now
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
        insta::assert_snapshot!(drawn(&all(), 35, None), @"
        2 of 5 fresh; zebra: expired 3s
        ago, the API fails, retry now; 3
        more in trouble

        credential  state     time left
        zebra       expired          0s
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
    fn all_well_is_said_in_one_line() {
        let account = asked(vec![hour("a"), hour("b")]);
        assert_eq!(drawn(&account, 79, None).lines().next(), Some("2 of 2 fresh; next renewal in 39m 55s"));
        let nobody = asked(Vec::new());
        assert_eq!(drawn(&nobody, 79, None).lines().next(), Some("there is no credential: every key folder is empty"));
    }

    #[test]
    fn without_a_daemon_nothing_comes_next_and_what_the_disk_lacks_is_bad() {
        let mut account = asked(vec![hour("a"), hour("b")]);
        let left =
            TimeLeft { path: "/s/status.json".into(), is_writer_running: false, unanswered: Some("no".to_owned()) };
        account.teller = ReportSource::File(left);
        account.report.ready = false;
        account.report.troubles.push("key folder `/k` is missing".to_owned());
        account.missing.insert("b".to_owned(), "`/out/b.jwt` does not hold the token that was written last".to_owned());
        insta::assert_snapshot!(drawn(&account, 100, None), @"
        not ready: no daemon runs here; 1 of 2 fresh; b: missing
            key folder `/k` is missing

        credential  state     time left                           next
        b           missing     59m 55s #######################.  -
            `/out/b.jwt` does not hold the token that was written last
        a           fresh       59m 55s #######################.  -

        read from /s/status.json, written just now by process 1, which is gone, or does not run here; no
        ");
    }

    #[test]
    fn a_file_that_cannot_be_written_and_a_clock_that_is_off_are_told() {
        let error = Some("cannot write `/out/new.jwt`: no space; make room".to_owned());
        let output = OutputReport { path: "/out/new.jwt".into(), format: "jwt", written_at: None, error };
        let mut unwritten = CredentialReport { outputs: vec![output], ..starting("new") };
        let next = unwritten.next_action.as_mut().unwrap();
        (next.what, next.at) = ("publish", Some(at(7.3)));
        let mut account = asked(vec![unwritten]);
        account.report.clock_skew = Some(-7200.0);
        insta::assert_snapshot!(drawn(&account, 119, None), @"
        0 of 1 fresh; new: no token yet, its file cannot be written, write in 3s
            this machine's clock is 2h ahead of the API's: tokens are kept by a clock of their own, but readers may refuse
            them; set the clock

        credential  state     time left                           next
        new         starting          - ........................  write in 3s
            cannot write `/out/new.jwt`: no space; make room

        asked the daemon at unix:/run/s.sock, just now
        ");
    }

    #[test]
    fn a_thousand_are_cut_to_the_screen_and_the_others_are_counted() {
        let mut names: Vec<_> = (0..1000).map(|n| hour(&format!("credential-{n:04}"))).collect();
        names[500] = failing("credential-0500");
        let account = asked(names);
        let cut = drawn(&account, 79, Some(10));
        insta::assert_snapshot!(cut, @"
        999 of 1000 fresh; credential-0500: the API fails, retry now

        credential       state     time left                         next
        credential-0500  failing          5s ############..........  retry now
            failed 1s ago: Descope's API fails: HTTP 503
        credential-0000  fresh       59m 55s #####################.  renewal in 39m 55s
        credential-0001  fresh       59m 55s #####################.  renewal in 39m 55s
        and 997 more, all fresh

        asked the daemon at unix:/run/s.sock, just now
        ");
        assert_eq!(drawn(&account, 79, None).matches("credential-").count(), 1000 + 1, "and in the headline");
    }

    #[test]
    fn no_width_and_no_height_is_too_small_or_exceeded() {
        for width in 0..130 {
            for rows in [0, 1, 2, 5, 9, 14, 40] {
                let lines = table(&all(), at(4.2), Room { columns: width, rows: Some(rows) }, PLAIN);
                assert!(lines.len() <= rows, "{width}x{rows}: {lines:?}");
                assert!(lines.iter().all(|line| line.width() <= width), "{width}x{rows}: {lines:?}");
            }
        }
    }

    #[test]
    fn a_row_is_never_hidden_without_being_counted() {
        for rows in 10..40 {
            let said = drawn(&all(), 79, Some(rows));
            let shown = ["\nzebra", "\nnew", "\nbilling", "\norders", "\nalpha"];
            let shown = shown.iter().filter(|name| said.contains(**name)).count();
            let hidden = said.lines().find_map(|line| line.strip_prefix("and ")?.split(' ').next()?.parse().ok());
            assert_eq!(shown + hidden.unwrap_or(0), 5, "{rows}:\n{said}");
        }
    }
}
