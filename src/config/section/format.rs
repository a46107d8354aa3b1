//! `format` and its options: how a session is written.

use std::collections::BTreeSet;

use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        path_conflicts::PathConflicts,
        reader::Field,
        value::{reply_fields, template, variable},
    },
    output::{Format, Quotes, Variable},
};

/// Reads the format of an output and its options. The default is the token alone.
pub(in crate::config) fn read(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Format> {
    let kind = match fields.take("format", diagnostics) {
        Some(field) => field.word(&KINDS, diagnostics),
        // `take` already reported a field without a value.
        None if fields.has("format") => None,
        None => Some(Kind::Jwt),
    };
    let [claims, reply, variables, quotes, inline, file] = OPTIONS.map(|(name, _)| fields.take(name, diagnostics));
    // The options of an unknown format may belong to the intended one, so they are not reported.
    let kind = kind?;
    for ((name, of), field) in OPTIONS.iter().zip([&claims, &reply, &variables, &quotes, &inline, &file]) {
        if let Some(field) = field.as_ref().filter(|_| !of.contains(&kind)) {
            let words: Vec<_> = of.iter().map(|kind| format!("`format: {}`", kind.word())).collect();
            let words = words.join(" or ");
            let remedy = match (*name, kind) {
                (CLAIMS, Kind::Template) => "a template has every claim under `claims`: remove this".to_owned(),
                _ => format!("write {words}, or remove `{name}`"),
            };
            diagnostics.mistake(&field.location, format!("`{name}` is for {words}"), remedy);
        }
    }
    let mut reply_fields = || reply.as_ref().map(|field| reply_fields::read(field, diagnostics)).unwrap_or_default();
    match kind {
        Kind::Jwt => Some(Format::Jwt),
        Kind::Json => {
            let fields = reply_fields();
            Some(Format::Json { claims: claims.map(|field| names(&field, diagnostics)).unwrap_or_default(), fields })
        }
        Kind::Env => {
            let variables = variables.map_or_else(Variable::defaults, |field| variable::read_all(&field, diagnostics));
            let quotes = quotes.and_then(|field| field.word(&QUOTES, diagnostics)).unwrap_or_default();
            Some(Format::Env { variables, quotes })
        }
        Kind::Header => Some(Format::Header),
        Kind::Bearer => Some(Format::Bearer),
        Kind::Template => {
            let chosen = reply_fields();
            match (inline, file) {
                (Some(inline), None) => template::inline(&inline, &chosen, diagnostics).map(Format::Template),
                (None, Some(file)) => template::of_file(&file, &chosen, conflicts, diagnostics).map(Format::Template),
                (Some(_), Some(file)) => {
                    diagnostics.mistake(&file.location, "`template` is set too", "keep one of them");
                    None
                }
                (None, None) => {
                    // `take` already reported a field without a value.
                    if !fields.has(TEMPLATE) && !fields.has(TEMPLATE_FILE) {
                        fields.report_missing(
                            TEMPLATE,
                            "write something like `template: \"{{ token }}\"`, or `templateFile`",
                            diagnostics,
                        );
                    }
                    None
                }
            }
        }
    }
}

/// Reads names of claims, without duplicates.
fn names(field: &Field, diagnostics: &mut Diagnostics) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if field.is_empty_list() {
        diagnostics.mistake(&field.location, "no claim is listed", "name one, or remove the line");
    }
    for item in field.items(diagnostics) {
        let Some(text) = item.text(diagnostics) else { continue };
        if text.value.is_empty() {
            diagnostics.mistake(&item.location, "empty", "write the name of a claim, such as `tenants`");
        } else if names.contains(&text.value) {
            diagnostics.mistake(&item.location, format!("{} is listed twice", text.shown()), "list every claim once");
        } else {
            names.insert(text.value);
        }
    }
    names
}

/// The names of the formats, the default first.
#[cfg(feature = "texts")]
pub(in crate::config) fn words() -> [&'static str; 6] {
    KINDS.map(|(word, _)| word)
}

/// Each option with the names of its formats.
#[cfg(feature = "texts")]
pub(in crate::config) fn options() -> [(&'static str, Vec<&'static str>); 6] {
    OPTIONS.map(|(option, kinds)| (option, kinds.iter().map(|kind| kind.word()).collect()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Jwt,
    Json,
    Env,
    Header,
    Bearer,
    Template,
}

impl Kind {
    fn word(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

const KINDS: [(&str, Kind); 6] = [
    ("jwt", Kind::Jwt),
    ("json", Kind::Json),
    ("env", Kind::Env),
    ("header", Kind::Header),
    ("bearer", Kind::Bearer),
    ("template", Kind::Template),
];

/// Each option with its formats.
const OPTIONS: [(&str, &[Kind]); 6] = [
    (CLAIMS, &[Kind::Json]),
    ("fields", &[Kind::Json, Kind::Template]),
    ("variables", &[Kind::Env]),
    ("quotes", &[Kind::Env]),
    (TEMPLATE, &[Kind::Template]),
    (TEMPLATE_FILE, &[Kind::Template]),
];
/// The names of the kinds of quoting, the default first.
pub(in crate::config) const QUOTES: [(&str, Quotes); 3] =
    [("auto", Quotes::Auto), ("always", Quotes::Always), ("never", Quotes::Never)];
const CLAIMS: &str = "claims";
const TEMPLATE: &str = "template";
const TEMPLATE_FILE: &str = "templateFile";
