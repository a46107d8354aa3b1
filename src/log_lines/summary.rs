//! A line that stands for others.

use tracing::Level;

/// A line for lines that were not written, before it has a format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// The level of the lines.
    pub level: Level,
    /// The module that logged them.
    pub target: &'static str,
    /// What is logged.
    pub message: String,
    /// How many lines were not written.
    pub suppressed: u64,
    /// The first credentials that the lines were about, if they were about credentials.
    pub credentials: Option<String>,
}

impl Summary {
    /// The summary of lines that were dropped.
    pub(super) fn of_dropped(suppressed: u64) -> Self {
        Self {
            level: Level::WARN,
            target: module_path!(),
            message: "standard error was not read or could not be written: log lines are missing here".to_owned(),
            suppressed,
            credentials: None,
        }
    }
}
