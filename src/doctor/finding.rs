//! Findings: the lines of the report.

use super::needs::Need;

/// One finding of an examination: a line of the report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Severity.
    pub status: FindingStatus,
    /// The examination, such as `TLS`.
    pub subject: &'static str,
    /// What was found and, after a semicolon, what to do about it. On one line.
    pub text: String,
    /// What the process lacks, if that is the cause.
    pub needs: Vec<Need>,
}

/// Severity of a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FindingStatus {
    /// It works.
    Passed,
    /// It works, but deserves attention.
    Remark,
    /// It does not work.
    Failed,
    /// It was not examined.
    Skipped,
}

impl Finding {
    pub(super) fn passed(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(FindingStatus::Passed, subject, text)
    }

    pub(super) fn remark(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(FindingStatus::Remark, subject, text)
    }

    pub(super) fn failed(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(FindingStatus::Failed, subject, text)
    }

    /// Creates a finding of something not examined; `because` follows the word "because".
    pub(super) fn skipped(subject: &'static str, because: &str) -> Self {
        Self::new(FindingStatus::Skipped, subject, format!("not examined, because {because}"))
    }

    fn new(status: FindingStatus, subject: &'static str, text: impl Into<String>) -> Self {
        Self { status, subject, text: text.into(), needs: Vec::new() }
    }

    /// Prefixes the text with the item that it is about.
    #[must_use]
    pub(super) fn of(mut self, item: &str) -> Self {
        self.text = format!("{item}: {}", self.text);
        self
    }

    #[must_use]
    pub(super) fn needing(mut self, needs: Vec<Need>) -> Self {
        self.needs = needs;
        self
    }
}

/// Joins the first names with commas, and counts the others.
pub(super) fn joined(names: &[&str]) -> String {
    match names.len().checked_sub(NAMES_MAX) {
        Some(more @ 1..) => format!("{} and {more} more", names[..NAMES_MAX].join(", ")),
        Some(_) | None => names.join(", "),
    }
}

/// Returns the most severe findings of one examination, with a count of the others.
pub fn bounded(findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() <= LINES_MAX {
        return findings;
    }
    let order = [FindingStatus::Failed, FindingStatus::Remark, FindingStatus::Skipped, FindingStatus::Passed];
    let mut by_weight = findings;
    by_weight.sort_by_key(|finding| order.iter().position(|status| *status == finding.status));
    let others = by_weight.split_off(LINES_MAX);
    for status in order {
        let mut same = others.iter().filter(|finding| finding.status == status);
        if let Some(first) = same.next() {
            let text = format!("and {} more", same.clone().count() + 1);
            let needs = std::iter::once(first).chain(same).flat_map(|finding| finding.needs.clone()).collect();
            by_weight.push(Finding::new(status, first.subject, text).needing(needs));
        }
    }
    by_weight
}

/// The most lines of one examination, without those that count the others.
const LINES_MAX: usize = 20;
const NAMES_MAX: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_come_before_passes_in_a_long_report() {
        let passed = |n: usize| Finding::passed("output", n.to_string());
        let few: Vec<_> = (0..20).map(passed).collect();
        assert_eq!(bounded(few.clone()), few);
        let mut many: Vec<_> = (0..40).map(passed).collect();
        many[39] = Finding::failed("output", "39").needing(vec![Need::Group(7)]);
        let lines = bounded(many);
        assert_eq!(lines.len(), 21);
        assert_eq!((lines[0].status, lines[1].text.as_str()), (FindingStatus::Failed, "0"));
        assert_eq!(lines[20], passed(0).text_of("and 20 more"));
        let all_failed = (0..50).map(|n| Finding::failed("output", "x").needing(vec![Need::Group(n)])).collect();
        assert_eq!(bounded(all_failed)[20].needs.len(), 30, "the needs of the omitted findings are kept");
    }

    impl Finding {
        fn text_of(mut self, text: &str) -> Self {
            text.clone_into(&mut self.text);
            self
        }
    }
}
