//! `log`: how log lines are written.

use crate::config::{
    meant::{LogFormat, LogSettings},
    notes::{Notes, Spot},
    reader::{Field, Text},
    value::level,
};

/// Reads the section; what is not said is the default.
pub(in crate::config) fn read(field: &Field, notes: &mut Notes) -> LogSettings {
    let mut log = LogSettings::default();
    let Some(mut fields) = field.fields(notes) else { return log };
    if let Some(said) = fields.take("format", notes).and_then(|field| field.word(&FORMATS, notes)) {
        log.format = said;
    }
    if let Some(text) = fields.take("level", notes).and_then(|field| field.text(notes)) {
        log.level = level::read(&text, notes);
    }
    fields.finish(notes);
    log
}

/// What the environment says of the level beats the file.
pub(in crate::config) fn level_of_environment(notes: &mut Notes) -> Option<String> {
    let value = notes.setting(LOG_VARIABLE)?;
    level::read(&Text::outside(&value, Spot::Variable(LOG_VARIABLE)), notes)
}

pub(in crate::config) const FORMATS: [(&str, LogFormat); 3] =
    [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];
const LOG_VARIABLE: &str = "TOKENWELL_LOG";
