//! The kinds of blocking work.

/// A kind of blocking work. Each may hold so many threads and no more, so that a disk that hangs under one kind does not
/// stop the others.
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
    /// All lanes, in the order in which waiting work is taken: writes before reads.
    pub(super) const ALL: [Self; 4] = [Self::State, Self::Write, Self::Lookup, Self::Read];

    /// The most threads at once. A disk that hangs holds one for each file.
    pub(super) fn threads_max(self) -> usize {
        match self {
            Self::Read => 20,
            Self::Write => 24,
            Self::State => 8,
            Self::Lookup => 12,
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
