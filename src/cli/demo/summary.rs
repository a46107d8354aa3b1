//! What is said at the end.

use std::time::Duration;

use super::{
    reader::{PAUSE, Tally},
    table::seconds,
};

/// What a demo came to.
pub(super) struct Summary {
    pub(super) elapsed: Duration,
    /// Exchanges that the API answered with a session, and otherwise.
    pub(super) answers: (u64, u64),
    /// Tokens that the daemon wrote.
    pub(super) writes: u64,
    /// Credentials that should have had a token long since.
    pub(super) without_token: Vec<String>,
    pub(super) tally: Tally,
    /// How to call this program.
    pub(super) program: String,
}

impl Summary {
    /// What should not have happened, if it did.
    pub(super) fn trouble(&self) -> Option<String> {
        if self.tally.faults() > 0 {
            return Some(format!("not every read found a whole, live token: {}", faults(self.tally)));
        }
        let names = self.without_token.join("` and `");
        (!names.is_empty()).then(|| format!("`{names}` never had a token"))
    }

    /// Some lines, and the next step.
    pub(super) fn text(&self) -> String {
        let Self { elapsed, answers: (sessions, refusals), writes, tally, program, .. } = self;
        let (reads, tokens) = (grouped(tally.reads), tally.tokens);
        let found = match (tally.reads, tally.faults()) {
            (0, _) => "there was no token yet for a reader to find".to_owned(),
            (_, 0) => "at no moment was a token file missing, torn or expired".to_owned(),
            (_, _) => format!("not always a whole, live one: {}", faults(*tally)),
        };
        format!(
            "in {}: {} exchanges, {refusals} of them refused; {writes} tokens written\n\
             a reader looked at the files {reads} times, every {PAUSE:?}, and saw {tokens} tokens:\n{found}\n\n\
             for real, with an access key of your own in the file `key`:\n    \
             {program} check --project-id YOUR_PROJECT_ID \\\n      {FILES}\n    \
             {program} run --project-id YOUR_PROJECT_ID \\\n      {FILES}",
            seconds(*elapsed),
            sessions + refusals,
        )
    }
}

/// How often a reader found something wrong, and what.
pub(super) fn faults(tally: Tally) -> String {
    let Tally { missing, torn, expired, .. } = tally;
    format!("{} missing, {} torn, {} expired", grouped(missing), grouped(torn), grouped(expired))
}

/// `1,234,567`.
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
    fn what_was_read_is_counted_and_the_next_step_is_told() {
        let summary = summary(Tally { reads: 7682, tokens: 16, ..Tally::default() });
        insta::assert_snapshot!(summary.text(), @r"
        in 20.0s: 26 exchanges, 10 of them refused; 16 tokens written
        a reader looked at the files 7,682 times, every 5ms, and saw 16 tokens:
        at no moment was a token file missing, torn or expired

        for real, with an access key of your own in the file `key`:
            tokenwell check --project-id YOUR_PROJECT_ID \
              --access-key-file key --output app.jwt
            tokenwell run --project-id YOUR_PROJECT_ID \
              --access-key-file key --output app.jwt
        ");
        assert_eq!(summary.trouble(), None);
    }

    #[test]
    fn nothing_is_praised_that_was_not_seen() {
        assert!(!summary(Tally::default()).text().contains("at no moment"));
        let seen = summary(Tally { reads: 5000, torn: 1, expired: 1200, ..Tally::default() });
        assert!(!seen.text().contains("at no moment"));
        let trouble = seen.trouble().unwrap();
        assert_eq!(trouble, "not every read found a whole, live token: 0 missing, 1 torn, 1,200 expired");
        let late = Summary { without_token: vec!["billing".to_owned()], ..summary(Tally::default()) };
        assert_eq!(late.trouble().unwrap(), "`billing` never had a token");
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
