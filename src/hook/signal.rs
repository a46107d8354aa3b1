//! The signals that a hook may send: those that a program can handle.

use std::fmt;

use rustix::process::Signal as Raw;

/// A signal that a program can handle. `KILL` and `STOP` are excluded: no program can handle them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signal {
    name: &'static str,
    pub(super) raw: Raw,
}

impl Signal {
    /// Parses a name, in either case and with or without `SIG`, or a number on this machine.
    pub fn parse(text: &str) -> Option<Self> {
        let known = |is_it: &dyn Fn(&Self) -> bool| ALL.iter().copied().find(is_it);
        if let Ok(number) = text.parse::<i32>() {
            return known(&|signal| signal.raw.as_raw() == number);
        }
        let capitals = text.to_ascii_uppercase();
        let bare = capitals.strip_prefix("SIG").unwrap_or(&capitals);
        known(&|signal| signal.name == bare)
    }

    /// Returns the names of all, without `SIG`.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|signal| signal.name)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// All, the most common first.
const ALL: [Signal; 9] = [
    Signal { name: "HUP", raw: Raw::HUP },
    Signal { name: "USR1", raw: Raw::USR1 },
    Signal { name: "USR2", raw: Raw::USR2 },
    Signal { name: "WINCH", raw: Raw::WINCH },
    Signal { name: "INT", raw: Raw::INT },
    Signal { name: "QUIT", raw: Raw::QUIT },
    Signal { name: "TERM", raw: Raw::TERM },
    Signal { name: "ALRM", raw: Raw::ALARM },
    Signal { name: "CONT", raw: Raw::CONT },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_a_name_and_a_number_and_kill_is_refused() {
        let name = |text: &str| Signal::parse(text).map(|signal| signal.to_string()).unwrap_or_default();
        for text in ["HUP", "SIGHUP", "sighup", "1"] {
            assert_eq!(name(text), "HUP", "{text}");
        }
        assert_eq!(name("SIGALRM"), "ALRM");
        for text in ["KILL", "SIGSTOP", "9", "19", "0", "-1", "", "SIG", "HUP ", "SIGSIGHUP", "64"] {
            assert_eq!(name(text), "", "{text}");
        }
    }
}
