//! What a session must be before it is published: `verify` and `publicKeyFile`.

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
    source::{Rules, Source},
};

/// What the sessions of a source must be.
pub(in crate::config) struct Verification {
    rules: Rules,
    public_key_file: Option<PathBuf>,
}

impl Verification {
    /// Reads both fields, in an entry of `credentials` or `credentialsFrom`.
    pub(in crate::config) fn read(
        fields: &mut Fields,
        conflicts: &mut PathConflicts,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let rules = fields.take("verify", diagnostics).and_then(|field| rules(&field, diagnostics));
        let public_key_file = fields.take("publicKeyFile", diagnostics).and_then(|field| {
            let path = path::file(&field, diagnostics);
            conflicts.record(Purpose::SecretFile, path.as_deref(), &field.location);
            path
        });
        Self { rules: rules.unwrap_or_default(), public_key_file }
    }

    /// Returns the source with these rules.
    pub(in crate::config) fn of(self, source: Source) -> Source {
        Source { rules: self.rules, public_key_file: self.public_key_file, ..source }
    }
}

fn rules(field: &Field, diagnostics: &mut Diagnostics) -> Option<Rules> {
    let mut fields = field.fields(diagnostics)?;
    if !fields.has_unknown() {
        diagnostics.mistake(&field.location, "no rule is set", "write something like `verify: {audience: my-api}`");
    }
    let audience = fields.take("audience", diagnostics).and_then(|field| text(&field, "audience", diagnostics));
    let tenant = fields.take("tenant", diagnostics).and_then(|field| text(&field, "tenant's id", diagnostics));
    let claims = fields
        .take("claims", diagnostics)
        .and_then(|field| claims::read(&field, claims::Purpose::Compared, diagnostics));
    fields.finish(diagnostics);
    Some(Rules { audience, tenant, claims: claims.unwrap_or_default() })
}

fn text(field: &Field, what: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    if text.value.trim().is_empty() {
        diagnostics.mistake(&field.location, "empty", format!("write the {what}, or remove the line"));
        return None;
    }
    Some(text.value)
}
