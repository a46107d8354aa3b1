//! `log`: how log lines are written.

use crate::config::{
    diagnostics::{Diagnostics, Location},
    model::{LogFormat, LogSettings},
    reader::{Field, Text},
    value::level,
};

/// Reads the section. Missing fields keep their defaults.
pub(in crate::config) fn read(field: &Field, diagnostics: &mut Diagnostics) -> LogSettings {
    let mut log = LogSettings::default();
    let Some(mut fields) = field.fields(diagnostics) else { return log };
    if let Some(format) = fields.take("format", diagnostics).and_then(|field| field.word(&FORMATS, diagnostics)) {
        log.format = format;
    }
    if let Some(text) = fields.take("level", diagnostics).and_then(|field| field.text(diagnostics)) {
        log.level = level::read(&text, diagnostics);
    }
    fields.finish(diagnostics);
    log
}

/// Reads the level from the environment, which overrides the file.
pub(in crate::config) fn level_of_environment(diagnostics: &mut Diagnostics) -> Option<String> {
    let value = diagnostics.setting(LOG_VARIABLE)?;
    level::read(&Text::outside(&value, Location::Variable(LOG_VARIABLE)), diagnostics)
}

pub(in crate::config) const FORMATS: [(&str, LogFormat); 3] =
    [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];
const LOG_VARIABLE: &str = "TOKENWELL_LOG";
