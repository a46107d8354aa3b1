//! `credentials` and `credentialsFrom`: what is kept fresh.

use std::path::PathBuf;

use super::{
    hook,
    output::{self, Whose},
    renew,
};
use crate::{
    config::{
        fields::Fields,
        meant::{Credential, KeyDirectory},
        notes::Notes,
        reader::Field,
        uses::{Purpose, Uses},
        value::{claims, name, path},
    },
    exchange::LoginOptions,
    hook::Hook,
    output::{Format, Output},
    renewal::{OnExpiry, Policy},
};

/// Reads one entry of `credentials`.
pub(in crate::config) fn read(field: &Field, pace: Policy, uses: &mut Uses, notes: &mut Notes) -> Option<Credential> {
    let mut fields = field.fields(notes)?;
    let name = fields.require("name", NAME_EXAMPLE, notes).and_then(|field| {
        let name = name::read(&field, notes)?;
        uses.name(&name, &field.spot, notes);
        Some(name)
    });
    let key_file = fields.require("accessKeyFile", KEY_FILE_EXAMPLE, notes).and_then(|field| {
        let path = path::key_file(&field, notes);
        uses.note(Purpose::KeyFile, path.as_deref(), &field.spot);
        path
    });
    let common = Common::read(&mut fields, Whose::One, pace, uses, notes);
    fields.finish(notes);
    common.credential(name?, key_file?)
}

/// Reads one entry of `credentialsFrom`.
pub(in crate::config) fn read_directory(
    field: &Field,
    pace: Policy,
    uses: &mut Uses,
    notes: &mut Notes,
) -> Option<KeyDirectory> {
    let mut fields = field.fields(notes)?;
    let path = fields.require("accessKeyDirectory", KEY_DIRECTORY_EXAMPLE, notes).and_then(|field| {
        let path = field.text(notes).and_then(|text| path::folder(&text, notes));
        uses.note(Purpose::KeyDirectory, path.as_deref(), &field.spot);
        path
    });
    let common = Common::read(&mut fields, Whose::EachKey, pace, uses, notes);
    fields.finish(notes);
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
    fn read(fields: &mut Fields, whose: Whose, pace: Policy, uses: &mut Uses, notes: &mut Notes) -> Self {
        let required = fields.take("required", notes).and_then(|field| field.flag(notes)).unwrap_or(true);
        let custom_claims = fields.take("customClaims", notes).and_then(|field| claims::read(&field, notes));
        let selected_tenant = fields.take("selectedTenant", notes).and_then(|field| tenant(&field, notes));
        let on_expiry_field = fields.take("onExpiry", notes);
        let on_expiry = on_expiry_field.as_ref().and_then(|field| field.word(&ON_EXPIRY, notes));
        let policy = fields.take("renew", notes).map_or(pace, |field| renew::read(&field, pace, notes));
        let outputs = output::read_all(fields, whose, uses, notes);
        let hooks = fields.take("hooks", notes).map(|field| hook::read_all(&field, uses, notes));
        if let (Some(field), Some(OnExpiry::Remove), Some(outputs)) = (on_expiry_field, on_expiry, &outputs)
            && outputs.iter().any(|output| is_needed_at_start(&output.format))
        {
            notes.warning(&field.spot, NEEDED_AT_START, NEEDED_AT_START_REMEDY);
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

fn tenant(field: &Field, notes: &mut Notes) -> Option<String> {
    let text = field.text(notes)?;
    if text.value.trim().is_empty() {
        notes.mistake(&field.spot, "empty", "write the tenant's id, or take the line away");
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
