//! The fields of an access key: its file or the folder of many, and what is asked for with it.

use std::path::PathBuf;

use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        path_conflicts::{PathConflicts, Purpose},
        reader::Field,
        value::{claims, path},
    },
    exchange::LoginOptions,
};

/// Reads the file of one access key, in an entry of `credentials`.
pub(in crate::config) fn file(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<PathBuf> {
    let field = fields.require("accessKeyFile", FILE_EXAMPLE, diagnostics)?;
    let path = path::access_key_file(&field, diagnostics);
    conflicts.note(Purpose::SecretFile, path.as_deref(), &field.location);
    path
}

/// Reads the folder of many, in an entry of `credentialsFrom`. The file of each key is `{name}` in it.
pub(in crate::config) fn folder(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<PathBuf> {
    let field = fields.require("accessKeyDirectory", FOLDER_EXAMPLE, diagnostics)?;
    let path = field.text(diagnostics).and_then(|text| path::folder(&text, diagnostics));
    conflicts.note(Purpose::KeyDirectory, path.as_deref(), &field.location);
    path
}

/// Reads what is asked for with an access key.
pub(in crate::config) fn login_options(fields: &mut Fields, diagnostics: &mut Diagnostics) -> LoginOptions {
    let custom_claims = fields.take("customClaims", diagnostics).and_then(|field| claims::read(&field, diagnostics));
    let selected_tenant = fields.take("selectedTenant", diagnostics).and_then(|field| tenant(&field, diagnostics));
    LoginOptions { custom_claims: custom_claims.unwrap_or_default(), selected_tenant }
}

fn tenant(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    if text.value.trim().is_empty() {
        diagnostics.mistake(&field.location, "empty", "write the tenant's id, or take the line away");
        return None;
    }
    Some(text.value)
}

const FILE_EXAMPLE: &str = "write such as `accessKeyFile: /var/run/secrets/descope/billing`";
const FOLDER_EXAMPLE: &str = "write such as `accessKeyDirectory: /var/run/secrets/descope`";
