//! The source of a credential: exactly one kind.

use super::{access_key, oauth, refresh_token, security_questions};
use crate::{
    config::{diagnostics::Diagnostics, fields::Fields, path_conflicts::PathConflicts},
    source::{Kind, Source},
};

/// A kind of source, as fields of a credential.
pub(in crate::config) struct KindFields {
    /// The field that selects the kind.
    pub(in crate::config) field: &'static str,
    /// The fields beside it that belong to this kind only.
    pub(in crate::config) options: &'static [&'static str],
    read: fn(&mut Fields, &mut PathConflicts, &mut Diagnostics) -> Option<Kind>,
}

/// Reads the source in an entry of `credentials`.
pub(in crate::config) fn read(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Source> {
    let mut present = KINDS.iter().filter(|kind| fields.has(kind.field));
    let chosen = present.next().unwrap_or(&KINDS[0]);
    let kind = (chosen.read)(fields, conflicts, diagnostics);
    let mut is_alone = true;
    for other in KINDS.iter().filter(|kind| kind.field != chosen.field) {
        for name in [&other.field].into_iter().chain(other.options) {
            let Some(field) = fields.take(name, diagnostics) else { continue };
            is_alone = false;
            if *name == other.field {
                let what = format!("`{}` is set too, and a credential has one source", chosen.field);
                diagnostics.mistake(&field.location, what, "keep one of them, or make another credential of it");
            } else {
                let what = format!("`{name}` is for `{}`", other.field);
                diagnostics.mistake(&field.location, what, "remove it");
            }
        }
    }
    kind.filter(|_| is_alone).map(Source::from)
}

/// Every kind, the default first.
pub(in crate::config) const KINDS: [KindFields; 4] = [
    KindFields {
        field: access_key::FIELD,
        options: &["authManagementKeyFile", "customClaims", "selectedTenant"],
        read: access_key::read,
    },
    KindFields {
        field: refresh_token::FIELD,
        options: &["externalTokenFile", "refreshWarnBefore"],
        read: refresh_token::read,
    },
    KindFields { field: security_questions::FIELD, options: &[], read: security_questions::read },
    KindFields { field: oauth::FIELD, options: &[], read: oauth::read },
];
