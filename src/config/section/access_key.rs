//! The fields of an access key: its file or folder, and the login options of its exchange.

use std::path::PathBuf;

use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::Field,
        value::{claims, path},
    },
    source::{AccessKey, Kind, LoginOptions},
};

/// Reads the fields of one access key, in an entry of `credentials`.
pub(in crate::config) fn read(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Kind> {
    let file = fields.require(FIELD, FILE_EXAMPLE, diagnostics).and_then(|field| {
        let path = path::access_key_file(&field, diagnostics);
        conflicts.record(Purpose::SecretFile, path.as_deref(), &field.location);
        path
    });
    let options = Options::read(fields, conflicts, diagnostics);
    Some(Kind::AccessKey(options.of(file?)))
}

/// What is the same for each key of a folder.
pub(in crate::config) struct Options {
    auth_management_key_file: Option<PathBuf>,
    login: LoginOptions,
}

impl Options {
    /// Reads them, in an entry of `credentials` or `credentialsFrom`.
    pub(in crate::config) fn read(
        fields: &mut Fields,
        conflicts: &mut PathConflicts,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let auth_management_key_file = fields.take("authManagementKeyFile", diagnostics).and_then(|field| {
            let path = path::secret_file(&field, MANAGEMENT_REMEDY, diagnostics);
            conflicts.record(Purpose::SecretFile, path.as_deref(), &field.location);
            path
        });
        Self { auth_management_key_file, login: login_options(fields, diagnostics) }
    }

    /// Returns the key of this file.
    pub(in crate::config) fn of(self, file: PathBuf) -> AccessKey {
        AccessKey { file, auth_management_key_file: self.auth_management_key_file, options: self.login }
    }
}

/// Reads the folder of access keys, in an entry of `credentialsFrom`. The file of each key is `{name}` in it.
pub(in crate::config) fn folder(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<PathBuf> {
    let field = fields.require("accessKeyDirectory", FOLDER_EXAMPLE, diagnostics)?;
    let path = field.text(diagnostics).and_then(|text| path::folder(&text, diagnostics));
    conflicts.record(Purpose::KeyDirectory, path.as_deref(), &field.location);
    path
}

/// Reads the login options of the exchange.
fn login_options(fields: &mut Fields, diagnostics: &mut Diagnostics) -> LoginOptions {
    let custom_claims = fields
        .take("customClaims", diagnostics)
        .and_then(|field| claims::read(&field, claims::Purpose::Sent, diagnostics));
    let selected_tenant = fields.take("selectedTenant", diagnostics).and_then(|field| tenant(&field, diagnostics));
    LoginOptions { custom_claims: custom_claims.unwrap_or_default(), selected_tenant }
}

fn tenant(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    if text.value.trim().is_empty() {
        diagnostics.mistake(&field.location, "empty", "write the tenant's id, or remove the line");
        return None;
    }
    Some(text.value)
}

/// The field that selects this kind.
pub(in crate::config) const FIELD: &str = "accessKeyFile";
const MANAGEMENT_REMEDY: &str = "write something like `authManagementKeyFile: /var/run/secrets/descope/management`";
const FILE_EXAMPLE: &str = "write something like `accessKeyFile: /var/run/secrets/descope/billing`, or another source: \
                            `refreshTokenFile`, `securityQuestions` or `oauth`";
const FOLDER_EXAMPLE: &str = "write something like `accessKeyDirectory: /var/run/secrets/descope`";
