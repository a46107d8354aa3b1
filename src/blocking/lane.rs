//! The kinds of blocking work.

/// A kind of blocking work. Each has its own threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// Reads of files that other programs write: keys, outputs, the configuration. A read that no one waits for any more is
    /// skipped.
    Read,
    /// Writes and removals of outputs, which are always done.
    Write,
    /// Writes to the state directory, which are always done.
    State,
    /// Name look-ups. A look-up that no one waits for any more is skipped.
    Lookup,
}

impl Lane {
    pub(super) const ALL: [Self; 4] = [Self::Read, Self::Write, Self::State, Self::Lookup];

    /// The most threads at once. A disk that hangs holds one for each file.
    pub(super) fn threads_max(self) -> usize {
        match self {
            Self::Read => 20,
            Self::Write => 24,
            Self::State => 8,
            Self::Lookup => 12,
        }
    }

    /// The name of its threads, as in `/proc`; at most 15 bytes.
    pub(super) fn thread_name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::State => "state",
            Self::Lookup => "lookup",
        }
    }

    /// Whether work is skipped if no one waits for its result any more.
    pub(super) fn skips_abandoned(self) -> bool {
        match self {
            Self::Read | Self::Lookup => true,
            Self::Write | Self::State => false,
        }
    }
}
