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
            return Some(format!("the reader found token files {}", faults(self.tally)));
        }
        let names = self.without_token.join("` and `");
        (!names.is_empty()).then(|| format!("`{names}` never had a token"))
    }

    /// Some lines, and the next step.
    pub(super) fn text(&self) -> String {
        let Self { elapsed, answers: (sessions, refusals), writes, tally, program, .. } = self;
        let (looks, tokens) = (grouped(tally.looks), tally.tokens);
        let found = match (tally.looks, tally.faults()) {
            (0, _) => "there was no token yet for a reader to find".to_owned(),
            (_, 0) => "at no moment was a token file missing, torn or expired".to_owned(),
            (_, _) => faults(*tally),
        };
        format!(
            "in {}: {} exchanges, {refusals} of them refused; {writes} tokens written\n\
             a reader looked at the files {looks} times, every {PAUSE:?}, and saw {tokens} tokens:\n{found}\n\n\
             for real, with an access key of your own in the file `key`:\n    \
             {program} check --project-id YOUR_PROJECT_ID --access-key-file key --output app.jwt\n    \
             {program} run --project-id YOUR_PROJECT_ID --access-key-file key --output app.jwt",
            seconds(*elapsed),
            sessions + refusals,
        )
    }
}

/// What a reader found wrong.
pub(super) fn faults(tally: Tally) -> String {
    let Tally { missing, torn, expired, .. } = tally;
    format!("{} times missing, {} times torn, {} times expired", grouped(missing), grouped(torn), grouped(expired))
}

/// `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
