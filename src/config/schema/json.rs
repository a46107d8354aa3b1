//! The JSON Schema of a configuration. Draft 7 is the newest draft that all common editors support.
//!
//! `errorMessage` is not a keyword of the draft: validators ignore it, and editors (`yaml-language-server`, VS Code)
//! show it instead of a regular expression.

use serde_json::{Map, Value, json};

use super::{
    entry::{Entry, Fallback, Form, Section},
    form,
    root::root,
};

/// Builds the schema.
pub fn json() -> Value {
    let mut definitions = Map::new();
    definitions.insert("claim".to_owned(), form::claim());
    let mut schema = of_section(&root(), &mut definitions);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["$id"] = json!("urn:tokenwell:configuration");
    schema["definitions"] = Value::Object(definitions);
    schema
}

fn of_section(section: &Section, definitions: &mut Map<String, Value>) -> Value {
    let properties: Map<_, _> =
        section.entries.iter().map(|entry| (entry.name.to_owned(), of_entry(entry, definitions))).collect();
    let required: Vec<_> = section.entries.iter().filter(|entry| is_required(entry)).map(|entry| entry.name).collect();
    let mut schema = json!({
        "title": section.title,
        "description": section.about,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    for (keyword, rule) in &section.rules {
        schema[keyword.as_str()] = rule.clone();
    }
    schema
}

fn is_required(entry: &Entry) -> bool {
    matches!(entry.fallback, Fallback::Required)
}

fn of_entry(entry: &Entry, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = match &entry.form {
        Form::Value { schema, .. } => Value::Object(schema.clone()),
        Form::Fields(section) => of_section(section, definitions),
        Form::List { of, least, most } => {
            let name = definition(of.title);
            let item = of_section(of, definitions);
            definitions.insert(name.clone(), item);
            let mut list = json!({"type": "array", "items": {"$ref": format!("#/definitions/{name}")}});
            if *least > 0 {
                list["minItems"] = json!(least);
            }
            if let Some(most) = most {
                list["maxItems"] = json!(most);
            }
            list
        }
    };
    schema["description"] = json!(entry.description());
    if let Fallback::Value(value) = &entry.fallback {
        schema["default"] = value.clone();
    }
    schema
}

/// Returns the name of a definition: `Output of each key` becomes `outputOfEachKey`.
fn definition(title: &str) -> String {
    let words = title.split(' ').enumerate().map(|(n, word)| {
        let (first, rest) = word.split_at(1);
        if n == 0 { first.to_ascii_lowercase() + rest } else { first.to_ascii_uppercase() + rest }
    });
    words.collect()
}
