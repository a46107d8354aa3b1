//! `log`.

use super::{Entry, Section, form};
use crate::config::{LogFormat, section::log::FORMATS};

/// How log lines are written.
pub(super) fn log() -> Section {
    let words = FORMATS.map(|(word, _)| word);
    let usual = FORMATS.iter().find(|(_, format)| *format == LogFormat::default()).map_or("", |(word, _)| *word);
    let entries = vec![
        Entry::new("format", form::words(&words), "`auto` is text on a terminal, else JSON.").default(usual),
        Entry::new("level", form::level(), "What is worth a line. `$TOKENWELL_LOG` beats it.").default("info"),
    ];
    Section::new("Log", "How log lines are written.", entries)
}
