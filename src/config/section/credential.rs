//! `credentials` and `credentialsFrom`: what is kept fresh.

use std::path::PathBuf;

use super::{
    hook,
    output::{self, Whose},
    renew,
};
use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        model::{Credential, KeyDirectory},
        path_conflicts::{PathConflicts, Purpose},
        reader::Field,
        value::{claims, name, path},
    },
    exchange::LoginOptions,
    hook::Hook,
    output::{Format, Output},
    renewal::{OnExpiry, Policy},
};

/// Reads one entry of `credentials`.
pub(in crate::config) fn read(
    field: &Field,
    pace: Policy,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Credential> {
    let mut fields = field.fields(diagnostics)?;
    let name = fields.require("name", NAME_EXAMPLE, diagnostics).and_then(|field| {
        let name = name::read(&field, diagnostics)?;
        conflicts.name(&name, &field.location, diagnostics);
        Some(name)
    });
    let key_file = fields.require("accessKeyFile", KEY_FILE_EXAMPLE, diagnostics).and_then(|field| {
        let path = path::key_file(&field, diagnostics);
        conflicts.note(Purpose::KeyFile, path.as_deref(), &field.location);
        path
    });
    let common = Common::read(&mut fields, Whose::One, pace, conflicts, diagnostics);
    fields.finish(diagnostics);
    common.credential(name?, key_file?)
}

/// Reads one entry of `credentialsFrom`.
pub(in crate::config) fn read_directory(
    field: &Field,
    pace: Policy,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<KeyDirectory> {
    let mut fields = field.fields(diagnostics)?;
    let path = fields.require("accessKeyDirectory", KEY_DIRECTORY_EXAMPLE, diagnostics).and_then(|field| {
        let path = field.text(diagnostics).and_then(|text| path::folder(&text, diagnostics));
        conflicts.note(Purpose::KeyDirectory, path.as_deref(), &field.location);
        path
    });
    let common = Common::read(&mut fields, Whose::EachKey, pace, conflicts, diagnostics);
    fields.finish(diagnostics);
    Some(KeyDirectory { path: path?, pattern: common.credential(String::new(), PathBuf::new())? })
}

/// What both have in common.
struct Common {
    required: bool,
    options: LoginOptions,
    policy: Policy,
    outputs: Option<Vec<Output>>,
    hooks: Vec<Hook>,
}

impl Common {
    fn read(
        fields: &mut Fields,
        whose: Whose,
        pace: Policy,
        conflicts: &mut PathConflicts,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let required = fields.take("required", diagnostics).and_then(|field| field.flag(diagnostics)).unwrap_or(true);
        let custom_claims =
            fields.take("customClaims", diagnostics).and_then(|field| claims::read(&field, diagnostics));
        let selected_tenant = fields.take("selectedTenant", diagnostics).and_then(|field| tenant(&field, diagnostics));
        let on_expiry_field = fields.take("onExpiry", diagnostics);
        let on_expiry = on_expiry_field.as_ref().and_then(|field| field.word(&ON_EXPIRY, diagnostics));
        let policy = fields.take("renew", diagnostics).map_or(pace, |field| renew::read(&field, pace, diagnostics));
        let outputs = output::read_all(fields, whose, conflicts, diagnostics);
        let hooks = fields.take("hooks", diagnostics).map(|field| hook::read_all(&field, conflicts, diagnostics));
        if let (Some(field), Some(OnExpiry::Remove), Some(outputs)) = (on_expiry_field, on_expiry, &outputs)
            && outputs.iter().any(|output| is_needed_at_start(&output.format))
        {
            diagnostics.warning(&field.location, NEEDED_AT_START, NEEDED_AT_START_REMEDY);
        }
        Self {
            required,
            options: LoginOptions { custom_claims: custom_claims.unwrap_or_default(), selected_tenant },
            policy: Policy { on_expiry: on_expiry.unwrap_or_default(), ..policy },
            outputs,
            hooks: hooks.unwrap_or_default(),
        }
    }

    fn credential(self, name: String, key_file: PathBuf) -> Option<Credential> {
        let Self { required, options, policy, outputs, hooks } = self;
        Some(Credential { name, key_file, required, options, policy, outputs: outputs?, hooks })
    }
}

fn tenant(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    if text.value.trim().is_empty() {
        diagnostics.mistake(&field.location, "empty", "write the tenant's id, or take the line away");
        return None;
    }
    Some(text.value)
}

/// Whether the usual readers of the format fail without the file.
fn is_needed_at_start(format: &Format) -> bool {
    match format {
        Format::Jwt | Format::Json { .. } => false,
        Format::Env { .. } | Format::Header | Format::Template(_) => true,
    }
}

const NEEDED_AT_START: &str = "some readers do not start while their file is missing: `EnvironmentFile=` of systemd, `include` of \
     nginx, `curl -H @file`";
const NEEDED_AT_START_REMEDY: &str = "let the reader do without, as `EnvironmentFile=-/path` does, or write `keep`";
pub(in crate::config) const ON_EXPIRY: [(&str, OnExpiry); 2] = [("keep", OnExpiry::Keep), ("remove", OnExpiry::Remove)];
const NAME_EXAMPLE: &str = "write such as `name: billing`";
const KEY_FILE_EXAMPLE: &str = "write such as `accessKeyFile: /var/run/secrets/descope/billing`";
const KEY_DIRECTORY_EXAMPLE: &str = "write such as `accessKeyDirectory: /var/run/secrets/descope`";
