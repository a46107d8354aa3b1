//! Fields of the reply that an output names.

use std::collections::BTreeSet;

use crate::{
    config::{
        diagnostics::Diagnostics,
        reader::Field,
        suggest::{Suggestion, suggestion},
    },
    session::ReplyField,
};

/// Reads names of fields, without duplicates; at least one.
pub(in crate::config) fn read(field: &Field, diagnostics: &mut Diagnostics) -> BTreeSet<ReplyField> {
    let mut chosen = BTreeSet::new();
    if field.is_empty_list() {
        diagnostics.mistake(&field.location, "no field is listed", "name one, or remove the line");
    }
    for item in field.items(diagnostics) {
        let Some(text) = item.text(diagnostics) else { continue };
        let name = text.value.as_str();
        match ReplyField::named(name) {
            Some(field) if chosen.insert(field) => {}
            Some(_) => {
                diagnostics.mistake(
                    &item.location,
                    format!("{} is listed twice", text.shown()),
                    "list every field once",
                );
            }
            None if TOKENS.contains(&name) => {
                let what = format!("{} is a token, and no output may show it", text.shown());
                diagnostics.mistake(&item.location, what, "remove it; the session itself is the field `token`");
            }
            None => {
                diagnostics.mistake(&item.location, format!("there is no field {}", text.shown()), remedy_for(name));
            }
        }
    }
    chosen
}

fn remedy_for(name: &str) -> String {
    if let Some((_, field)) = RENAMED.iter().find(|(original, _)| *original == name) {
        return format!("the field for it is `{field}`");
    }
    let known = ReplyField::ALL.map(|(name, _)| name);
    match suggestion(name, &known) {
        Some(Suggestion::Field(intended)) => format!("did you mean `{intended}`?"),
        Some(Suggestion::Advice(_)) | None => {
            format!("known here: {}", known.map(|name| format!("`{name}`")).join(", "))
        }
    }
}

/// The tokens in a reply.
const TOKENS: [&str; 4] = ["sessionJwt", "refreshJwt", "externalToken", "trustedDeviceJwt"];
/// Names in the reply whose fields have another name.
const RENAMED: [(&str, &str); 2] = [("roleNames", "roles"), ("userTenants", "tenants")];
