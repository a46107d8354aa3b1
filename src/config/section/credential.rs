//! `credentials` and `credentialsFrom`: the credentials to keep fresh.

use super::{
    access_key, hook, key_selection,
    on_expiry::{ON_EXPIRY, warnings_of_removal},
    output::{self, Whose},
    renew, source,
    verify::Verification,
};
use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        model::{Credential, KeyDirectory},
        path_conflicts::PathConflicts,
        reader::Field,
        value::{name, path::NAME_PLACEHOLDER},
    },
    hook::Hook,
    output::Output,
    renewal::{OnExpiry, Policy},
    source::Source,
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
        conflicts.record_name(&name, &field.location, diagnostics);
        Some(name)
    });
    let source = source::read(&mut fields, conflicts, diagnostics);
    let required = required(&mut fields, diagnostics);
    let common = Common::read(&mut fields, Whose::One, pace, conflicts, diagnostics);
    fields.finish(diagnostics);
    common.credential(name?, source?, required)
}

/// Reads one entry of `credentialsFrom`.
pub(in crate::config) fn read_directory(
    field: &Field,
    pace: Policy,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<KeyDirectory> {
    let mut fields = field.fields(diagnostics)?;
    let path = access_key::folder(&mut fields, conflicts, diagnostics);
    let selection = key_selection::read(&mut fields, conflicts, diagnostics);
    let required = required(&mut fields, diagnostics);
    let options = access_key::Options::read(&mut fields, conflicts, diagnostics);
    let common = Common::read(&mut fields, Whose::EachKey, pace, conflicts, diagnostics);
    fields.finish(diagnostics);
    let path = path?;
    let source = Source::from(options.of(path.join(NAME_PLACEHOLDER)));
    Some(KeyDirectory { path, selection, pattern: common.credential(String::new(), source, required)? })
}

fn required(fields: &mut Fields, diagnostics: &mut Diagnostics) -> bool {
    fields.take("required", diagnostics).and_then(|field| field.flag(diagnostics)).unwrap_or(true)
}

/// The fields that both have.
struct Common {
    verification: Verification,
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
        let verification = Verification::read(fields, conflicts, diagnostics);
        let on_expiry_field = fields.take("onExpiry", diagnostics);
        let on_expiry = on_expiry_field.as_ref().and_then(|field| field.word(&ON_EXPIRY, diagnostics));
        let policy = fields.take("renew", diagnostics).map_or(pace, |field| renew::read(&field, pace, diagnostics));
        let outputs = output::read_all(fields, whose, conflicts, diagnostics);
        let hooks = fields.take("hooks", diagnostics).map(|field| hook::read_all(&field, conflicts, diagnostics));
        let hooks = hooks.unwrap_or_default();
        if let (Some(field), Some(OnExpiry::Remove), Some(outputs)) = (on_expiry_field, on_expiry, &outputs) {
            for (what, remedy) in warnings_of_removal(outputs, &hooks) {
                diagnostics.warning(&field.location, what, remedy);
            }
        }
        Self { verification, policy: Policy { on_expiry: on_expiry.unwrap_or_default(), ..policy }, outputs, hooks }
    }

    fn credential(self, name: String, source: Source, required: bool) -> Option<Credential> {
        let Self { verification, policy, outputs, hooks } = self;
        let outputs = outputs?;
        let fields = outputs.iter().flat_map(|output| output.format.fields()).collect();
        let source = Source { fields, ..verification.of(source) };
        Some(Credential { name, source, required, policy, outputs, hooks })
    }
}

const NAME_EXAMPLE: &str = "write something like `name: billing`";
