//! Sessions that ended on disk without a successor. A pause of the machine or an outage ends many at once, and they are one
//! line.

use std::mem;

/// The credentials whose sessions ended since the last line.
#[derive(Debug, Default)]
pub(super) struct EndedSessions {
    credentials: Vec<String>,
}

/// What to log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum EndedLine {
    /// The session of this credential ended.
    One(String),
    /// So many ended, and the first of their credentials.
    Many(usize, String),
}

impl EndedSessions {
    /// Notes the end of a session.
    pub(super) fn note(&mut self, credential: &str) {
        self.credentials.push(credential.to_owned());
    }

    /// Takes the line about all of them, if there are any.
    pub(super) fn take(&mut self) -> Option<EndedLine> {
        let mut credentials = mem::take(&mut self.credentials);
        let count = credentials.len();
        if count < 2 {
            return credentials.pop().map(EndedLine::One);
        }
        credentials.sort_unstable();
        let mut names = credentials[..count.min(NAMES_MAX)].join(", ");
        if count > NAMES_MAX {
            names.push_str(", …");
        }
        Some(EndedLine::Many(count, names))
    }
}

/// The credentials that the line names.
const NAMES_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(count: usize) -> Option<EndedLine> {
        let mut ended = EndedSessions::default();
        for n in (0..count).rev() {
            ended.note(&format!("c{n:02}"));
        }
        let line = ended.take();
        assert_eq!(ended.take(), None);
        line
    }

    #[test]
    fn sessions_that_end_together_are_one_line() {
        assert_eq!(line(0), None);
        assert_eq!(line(1), Some(EndedLine::One("c00".to_owned())));
        assert_eq!(line(2), Some(EndedLine::Many(2, "c00, c01".to_owned())));
        let names = "c00, c01, c02, c03, c04, c05, c06, c07, …";
        assert_eq!(line(60), Some(EndedLine::Many(60, names.to_owned())));
    }
}
