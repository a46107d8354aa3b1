//! What an examination found, as a line of the report.

use super::surroundings::Need;

/// One finding of an examination: a line of the report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What it means.
    pub verdict: FindingStatus,
    /// The examination, such as `TLS`.
    pub subject: &'static str,
    /// What was found and, after a semicolon, what to do about it. On one line.
    pub text: String,
    /// What the process lacks, if it is that.
    pub needs: Vec<Need>,
}

/// What a finding means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FindingStatus {
    /// It works.
    Passed,
    /// It works, but a person should know this.
    Remark,
    /// It does not work.
    Failed,
    /// It was not looked at.
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

    /// `because` follows the word "because".
    pub(super) fn skipped(subject: &'static str, because: &str) -> Self {
        Self::new(FindingStatus::Skipped, subject, format!("not looked at, because {because}"))
    }

    fn new(verdict: FindingStatus, subject: &'static str, text: impl Into<String>) -> Self {
        Self { verdict, subject, text: text.into(), needs: Vec::new() }
    }

    /// About one of several.
    #[must_use]
    pub(super) fn of(mut self, whom: &str) -> Self {
        self.text = format!("{whom}: {}", self.text);
        self
    }

    #[must_use]
    pub(super) fn needing(mut self, needs: Vec<Need>) -> Self {
        self.needs = needs;
        self
    }
}

/// Names in a row, no more than can be read.
pub(super) fn named(names: &[&str]) -> String {
    match names.len().checked_sub(NAMES_MAX) {
        Some(more @ 1..) => format!("{} and {more} more", names[..NAMES_MAX].join(", ")),
        Some(_) | None => names.join(", "),
    }
}

/// The lines of one examination, no more than can be read: those that matter most, and how many others there are.
pub fn bounded(findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() <= LINES_MAX {
        return findings;
    }
    let order = [FindingStatus::Failed, FindingStatus::Remark, FindingStatus::Skipped, FindingStatus::Passed];
    let mut by_weight = findings;
    by_weight.sort_by_key(|finding| order.iter().position(|verdict| *verdict == finding.verdict));
    let others = by_weight.split_off(LINES_MAX);
    for verdict in order {
        let mut same = others.iter().filter(|finding| finding.verdict == verdict);
        if let Some(first) = same.next() {
            let text = format!("and {} more", same.clone().count() + 1);
            let needs = std::iter::once(first).chain(same).flat_map(|finding| finding.needs.clone()).collect();
            by_weight.push(Finding::new(verdict, first.subject, text).needing(needs));
        }
    }
    by_weight
}

/// The most lines of one examination, but for those that count the others.
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
        let told = bounded(many);
        assert_eq!(told.len(), 21);
        assert_eq!((told[0].verdict, told[1].text.as_str()), (FindingStatus::Failed, "0"));
        assert_eq!(told[20], passed(0).text_of("and 20 more"));
        let all_failed = (0..50).map(|n| Finding::failed("output", "x").needing(vec![Need::Group(n)])).collect();
        assert_eq!(bounded(all_failed)[20].needs.len(), 30, "what is missing is not forgotten");
    }

    impl Finding {
        fn text_of(mut self, text: &str) -> Self {
            text.clone_into(&mut self.text);
            self
        }
    }
}
