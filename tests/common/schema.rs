//! Compares the JSON Schema with the configuration reader: the schema accepts what the reader accepts, and each diagnostic
//! of the reader has a schema error in the same place, except for those that only a program can detect.

use std::{collections::BTreeSet, sync::OnceLock};

use boon::{Compiler, Draft, ErrorKind, InstanceToken, SchemaIndex, Schemas, ValidationError};
use serde_json::Value;
use tokenwell::config::{Diagnostic, Loaded, Mistakes, Place, schema};

/// Asserts that the schema and the reader agree about this text.
pub(crate) fn agrees(yaml: &str, said: &Result<Loaded, Mistakes>) {
    let document: Result<Value, _> = serde_yaml::from_str(yaml);
    let Err(mistakes) = said else {
        let document = document.expect("what the reader takes is YAML");
        assert_eq!(places(&document), BTreeSet::new(), "the reader takes it, and the schema does not:\n{yaml}");
        return;
    };
    // Invalid YAML, and YAML with keys that are not strings, never reaches the schema.
    let Ok(document) = document else { return };
    let places = places(&document);
    // If a field occurs twice, JSON keeps only the last, so the schema checks another mapping than the reader.
    let duplicates =
        mistakes.diagnostics().iter().filter(|diagnostic| diagnostic.what == "duplicate field").filter_map(path_of);
    let hidden: Vec<_> = duplicates.map(|path| path.rsplit_once('.').map_or(path, |(parent, _)| parent)).collect();
    for diagnostic in mistakes.diagnostics() {
        let Some(path) = path_of(diagnostic) else { continue };
        let is_hidden = hidden.iter().any(|place| is_at_or_around(place, path));
        if !is_hidden && !only_a_program_sees(diagnostic, path, &document) {
            let is_seen = places.iter().any(|place| is_at_or_around(place, path));
            assert!(is_seen, "the schema does not see at `{path}`: {}\nit sees {places:?} in\n{yaml}", diagnostic.what);
        }
    }
}

/// Returns the places of the schema's errors, in the reader's notation.
pub(crate) fn places(document: &Value) -> BTreeSet<String> {
    static COMPILED: OnceLock<(Schemas, SchemaIndex)> = OnceLock::new();
    let (schemas, index) = COMPILED.get_or_init(|| {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V7);
        compiler.add_resource("schema.json", schema::json()).expect("the schema is one");
        let index = compiler.compile("schema.json", &mut schemas).expect("the schema is one of draft 7");
        (schemas, index)
    });
    let mut places = BTreeSet::new();
    if let Err(error) = schemas.validate(document, *index) {
        note(&error, &mut places);
    }
    places
}

/// Collects the places of the innermost errors.
fn note(error: &ValidationError, places: &mut BTreeSet<String>) {
    let mut place = String::new();
    for token in &error.instance_location.tokens {
        match token {
            InstanceToken::Prop(name) => place = below(&place, name),
            InstanceToken::Item(n) => place = format!("{place}[{n}]"),
        }
    }
    match &error.kind {
        ErrorKind::AdditionalProperties { got } => places.extend(got.iter().map(|name| below(&place, name))),
        _ if error.causes.is_empty() => {
            places.insert(place);
        }
        _ => error.causes.iter().for_each(|cause| note(cause, places)),
    }
}

/// The reader's name of a field, if it is a plain one.
fn below(place: &str, name: &str) -> String {
    let plain =
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) && name.len() <= 40;
    let name = if plain { name.to_owned() } else { format!("\"{name}\"") };
    if place.is_empty() { name } else { format!("{place}.{name}") }
}

fn path_of(diagnostic: &Diagnostic) -> Option<&str> {
    match &diagnostic.place {
        Place::Field { path, .. } => Some(path),
        Place::Flag(_) | Place::Variable(_) => None,
    }
}

/// The whole file does not count as around a place: it is around every place.
fn is_at_or_around(place: &str, path: &str) -> bool {
    let rest = path.strip_prefix(place);
    rest.is_some_and(|rest| rest.is_empty() || !place.is_empty() && rest.starts_with(['.', '[']))
        || path.contains("(a long name)")
}

/// Whether only a program can detect the mistake: it depends on the text as written, the environment, the machine, other
/// places of the file, or the meaning of a value.
fn only_a_program_sees(diagnostic: &Diagnostic, path: &str, document: &Value) -> bool {
    let of_the_text =
        path.is_empty() && matches!(diagnostic.place, Place::Field { line: Some(_), .. }) && document.is_object();
    of_the_text
        || holds_a_variable(path, document)
        || ONLY_A_PROGRAM_SEES.iter().any(|(what, at, _)| diagnostic.what.contains(what) && path.contains(at))
}

/// Whether the place holds a text with a variable.
fn holds_a_variable(path: &str, document: &Value) -> bool {
    let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
    let Some(text) = document.pointer(&pointer).and_then(Value::as_str) else { return false };
    text.split_once("${").and_then(|(_, rest)| rest.split_once('}')).is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// A diagnostic's message, a part of its place, and why no schema can detect it.
const ONLY_A_PROGRAM_SEES: &[(&str, &str, &str)] = &[
    ("the environment variable ", "", "what is set is known when it runs"),
    ("there is a character that cannot be seen", "", "a schema sees texts without their places"),
    ("text or a number?", "laims", "a schema sees numbers, not how they are written"),
    ("readers of JSON round it", "customClaims", "a claim of `verify` has the same schema, and is compared exactly"),
    ("missing", "projectId", "`$DESCOPE_PROJECT_ID` may give it"),
    (
        "missing, and every output is in a set",
        "stateDirectory",
        "it compares places, and `$STATE_DIRECTORY` may give it",
    ),
    ("there is no user ", "", "users are those of a machine"),
    ("is left out by `include` or `exclude`", "rename", "it compares two places"),
    ("is not a pattern: ", "", "patterns are a language of their own"),
    ("is there twice", "status.hosts", "names are compared as DNS does, whatever their case"),
    ("there is no group ", "", "groups are those of a machine"),
    ("is too short", "", "a length of time is a sum, and a pattern cannot add"),
    ("is too long", "", "a length of time is a sum, and a pattern cannot add"),
    ("`retryFirst`", "renew", "it compares two lengths of time"),
    ("its query has a parameter for a secret", "tokenUrl", "a name has many spellings"),
    ("this looks like an access key", "clientId", "so many letters and digits may be a client"),
    ("it contains a control character", "oauth", "a pattern for any text allows them"),
    ("this looks like an access key", "projectId", "so many letters and digits may be a project"),
    (" of the template: ", "template", "a template is a language of its own"),
    ("the template ", "template", "a template is a language of its own"),
    ("cannot use template", "templateFile", "the file is on a machine"),
    ("the same ", "", "it compares two places"),
    (" is also the name of ", "", "it compares two places"),
    ("inside `", "", "it compares two places"),
    ("below `", "", "it compares two places"),
    ("this configuration file", "", "a schema does not know where the file is"),
    ("the folder of this configuration file", "", "a schema does not know where the file is"),
    ("in the folder of `", "", "it compares two places"),
    ("in a set, names that begin with `..`", "", "it compares two places"),
    ("`..tokenwell.lock` is reserved", "", "one name among all"),
    ("the program's own status file", "", "it compares two places"),
    (" leads into `/", "", "links are those of a machine"),
];
