//! `log`.

use super::{
    entry::{Entry, Section},
    form,
};
use crate::config::{model::LogFormat, section::log::FORMATS};

/// Describes `log`.
pub(super) fn log() -> Section {
    let words = FORMATS.map(|(word, _)| word);
    let usual = FORMATS.iter().find(|(_, format)| *format == LogFormat::default()).map_or("", |(word, _)| *word);
    let entries = vec![
        Entry::new(
            "format",
            form::words(&words),
            "`auto` means text on a terminal and in the journal of systemd, else JSON.",
        )
        .default(usual),
        Entry::new("level", form::level(), "The level, or a filter. `$TOKENWELL_LOG` overrides it.").default("info"),
    ];
    Section::new("Log", "How log lines are written.", entries)
}
