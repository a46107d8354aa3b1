//! Prints the report: a line for each finding as soon as it is known, and the totals at the end.

use std::{collections::BTreeSet, io};

use crate::{
    cli::{
        print,
        terminal::{
            screen,
            text::{Color, Line, Style},
        },
    },
    doctor::{Finding, FindingStatus, Need, Orchestrator, Progress, bounded},
};

/// Totals of the findings printed so far.
pub(super) struct PrintedReport {
    style: Style,
    /// Width of the terminal; `None` in a file or a pipe, where a finding is one line.
    columns: Option<usize>,
    counts: [usize; 4],
    needs: BTreeSet<Need>,
}

impl PrintedReport {
    pub(super) fn open() -> Self {
        Self { style: screen::style(), columns: screen::columns(), counts: [0; 4], needs: BTreeSet::new() }
    }

    /// Prints a part of the report.
    pub(super) fn print(&mut self, progress: Progress) -> io::Result<()> {
        match progress {
            Progress::Findings(findings) => self.print_findings(findings),
            Progress::Waiting(what) => {
                print::progress(&format_args!("... {what}"));
                Ok(())
            }
        }
    }

    fn print_findings(&mut self, findings: Vec<Finding>) -> io::Result<()> {
        for finding in &findings {
            self.counts[finding.status as usize] += 1;
        }
        for finding in bounded(findings) {
            print::result(&line(&finding, self.style, self.columns))?;
            self.needs.extend(finding.needs);
        }
        Ok(())
    }

    /// Prints what the process lacks, and the totals. Returns whether nothing failed.
    pub(super) fn end(self, orchestrator: Orchestrator) -> io::Result<bool> {
        let [passed, remarks, failed, skipped] = self.counts;
        if let Some(lines) = orchestrator.lines(&self.needs) {
            print::result(&format_args!("\n{}", lines.trim_end()))?;
        }
        let counts = [(failed, "failed"), (remarks, "to note"), (passed, "passed"), (skipped, "skipped")];
        let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        let begin = (failed == 0).then(|| "nothing failed".to_owned());
        let sum = begin.into_iter().chain(counts).collect::<Vec<_>>().join(", ");
        print::result(&format_args!("\n{sum}"))?;
        Ok(failed == 0)
    }
}

/// Formats symbol, word, subject and text. Wraps the text in its own column on a terminal.
fn line(finding: &Finding, style: Style, columns: Option<usize>) -> String {
    let Finding { status, subject, text, .. } = finding;
    let (symbol, plain, word, color) = match status {
        FindingStatus::Passed => ('✓', '+', "pass", Color::Good),
        FindingStatus::Remark => ('!', '!', "note", Color::Poor),
        FindingStatus::Failed => ('✗', 'x', "FAIL", Color::Bad),
        FindingStatus::Skipped => ('–', '-', "skip", Color::Faint),
    };
    let mark = format!("{} {word}", if style.unicode { symbol } else { plain });
    let width = columns.map_or(usize::MAX, |columns| columns.saturating_sub(TEXT_AT).max(TEXT_COLUMNS_MIN));
    let text = wrapped(text, width).join(&format!("\n{:TEXT_AT$}", ""));
    let rest = format!("  {subject:SUBJECT_COLUMNS$} {text}");
    Line::new(color, mark).and(Color::Plain, rest).shown(style)
}

/// Breaks a text at spaces. Does not break long words, so that a path can be copied.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

const SUBJECT_COLUMNS: usize = 9;
/// Width of symbol, word, subject and the spaces between them.
const TEXT_AT: usize = 8 + SUBJECT_COLUMNS + 1;
const TEXT_COLUMNS_MIN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_in_a_pipe() {
        let finding = Finding {
            status: FindingStatus::Failed,
            subject: "DNS",
            text: "`api.invalid` cannot be looked up; check `baseUrl`".to_owned(),
            needs: Vec::new(),
        };
        let pipe = Style { colours: false, unicode: false };
        assert_eq!(line(&finding, pipe, None), "x FAIL  DNS       `api.invalid` cannot be looked up; check `baseUrl`");
        let terminal = Style { colours: true, unicode: true };
        let expected =
            "\x1b[31m✗ FAIL\x1b[0m  DNS       `api.invalid` cannot be looked up;\n                  check `baseUrl`";
        assert_eq!(line(&finding, terminal, Some(53)), expected);
    }

    #[test]
    fn a_word_that_is_too_long_stays_whole() {
        assert_eq!(wrapped("see /a/very/long/path now", 8), ["see", "/a/very/long/path", "now"]);
    }
}
