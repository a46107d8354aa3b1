//! The project id, from any source.

use crate::{
    config::{
        diagnostics::Diagnostics,
        reader::Text,
        show::{looks_like_a_secret, shown},
    },
    exchange::ProjectId,
};

/// Reads a project id. It is no secret, but a text in its place by mistake may be one.
pub(in crate::config) fn read(text: &Text, diagnostics: &mut Diagnostics) -> Option<ProjectId> {
    let is_long = looks_like_a_secret(&text.value);
    if is_long && text.value.starts_with('K') {
        let remedy = "write the project's id, which begins with `P`; the key stays in its file";
        diagnostics.mistake(&text.location, "this looks like an access key", remedy);
        return None;
    }
    if let Ok(project) = ProjectId::parse(&text.value) {
        return Some(project);
    }
    let written = text.written();
    let what = if is_long && written.starts_with('P') {
        let start: String = written.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
        format!("`{start}…` is not a project id")
    } else {
        format!("{} is not a project id", shown(written))
    };
    diagnostics.mistake(&text.location, what, "copy it from Descope's console: `P` and letters and digits");
    None
}

const SHOWN_CHARS_MAX: usize = 12;
