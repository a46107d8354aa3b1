//! The summary at the end of the demo.

use std::time::Duration;

use super::{
    reader::{PAUSE, Tally},
    table::seconds,
};

/// The results of a demo.
pub(super) struct Summary {
    pub(super) elapsed: Duration,
    /// Exchanges that the API answered with a session, and otherwise.
    pub(super) answers: (u64, u64),
    /// Tokens that the daemon wrote.
    pub(super) writes: u64,
    /// Credentials that should have had a token, but never had one.
    pub(super) without_token: Vec<String>,
    pub(super) tally: Tally,
    /// The command that calls this program.
    pub(super) program: String,
}

impl Summary {
    /// Returns the failure of the demo, if there was one.
    pub(super) fn failure(&self) -> Option<String> {
        if self.tally.faults() > 0 {
            return Some(format!("not every read found a whole, valid token: {}", faults(self.tally)));
        }
        let names = self.without_token.join("` and `");
        (!names.is_empty()).then(|| format!("`{names}` never had a token"))
    }

    /// Returns the summary, and the next steps.
    pub(super) fn text(&self) -> String {
        let Self { elapsed, answers: (sessions, refusals), writes, tally, program, .. } = self;
        let (reads, tokens) = (grouped(tally.reads), tally.tokens);
        let found = match (tally.reads, tally.faults()) {
            (0, _) => "there was no token yet for a reader to find".to_owned(),
            (_, 0) => "no token file was ever missing, torn or expired".to_owned(),
            (_, _) => format!("not always a whole, valid one: {}", faults(*tally)),
        };
        let staged = if *refusals > 0 { " as staged" } else { "" };
        format!(
            "in {}: {} exchanges, {refusals} of them refused{staged}; {writes} tokens written\n\
             a reader looked at the files {reads} times, every {PAUSE:?}, and saw {tokens} tokens:\n{found}\n\n\
             to use it with your own project, let it write a configuration:\n    \
             {program} init\n\
             or without one, with your access key in the file `key`:\n    \
             {program} check --project-id YOUR_PROJECT_ID \\\n      {FILES}\n    \
             {program} run --project-id YOUR_PROJECT_ID \\\n      {FILES}",
            seconds(*elapsed),
            sessions + refusals,
        )
    }
}

/// Formats the number of each kind of fault.
pub(super) fn faults(tally: Tally) -> String {
    let Tally { missing, torn, expired, .. } = tally;
    format!("{} missing, {} torn, {} expired", grouped(missing), grouped(torn), grouped(expired))
}

/// Formats `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const FILES: &str = "--access-key-file key --output app.jwt";

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(tally: Tally) -> Summary {
        let (elapsed, program) = (Duration::from_secs(20), "tokenwell".to_owned());
        Summary { elapsed, answers: (16, 10), writes: 16, without_token: Vec::new(), tally, program }
    }

    #[test]
    fn the_summary_has_the_counts_and_the_next_steps() {
        let summary = summary(Tally { reads: 7682, tokens: 16, ..Tally::default() });
        insta::assert_snapshot!(summary.text(), @r"
        in 20.0s: 26 exchanges, 10 of them refused as staged; 16 tokens written
        a reader looked at the files 7,682 times, every 5ms, and saw 16 tokens:
        no token file was ever missing, torn or expired

        to use it with your own project, let it write a configuration:
            tokenwell init
        or without one, with your access key in the file `key`:
            tokenwell check --project-id YOUR_PROJECT_ID \
              --access-key-file key --output app.jwt
            tokenwell run --project-id YOUR_PROJECT_ID \
              --access-key-file key --output app.jwt
        ");
        assert_eq!(summary.failure(), None);
    }

    #[test]
    fn success_is_not_claimed_without_reads_or_after_faults() {
        assert!(!summary(Tally::default()).text().contains("was ever missing"));
        let with_faults = summary(Tally { reads: 5000, torn: 1, expired: 1200, ..Tally::default() });
        assert!(!with_faults.text().contains("was ever missing"));
        let failure = with_faults.failure().unwrap();
        assert_eq!(failure, "not every read found a whole, valid token: 0 missing, 1 torn, 1,200 expired");
        let late = Summary { without_token: vec!["billing".to_owned()], ..summary(Tally::default()) };
        assert_eq!(late.failure().unwrap(), "`billing` never had a token");
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
