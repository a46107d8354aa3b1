//! `outputs`.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{
    entry::{Entry, Section},
    form,
};
use crate::{
    config::section::{
        format::{self, QUOTES},
        output::ON_MODE_IGNORED,
    },
    output::{FileTarget, Variable},
};

/// Describes an output of one credential.
pub(super) fn of_one() -> Section {
    let path = Entry::new("path", form::one_output(), PATH).required();
    section("Output", "A file that contains the session of a credential.", path)
}

/// Describes an output of each credential of a folder.
pub(super) fn of_each_key() -> Section {
    let path = Entry::new("path", form::file_of_each_key(), PATH).required();
    section("Output of each key", "A file for each key of the folder that contains its session.", path)
}

fn section(title: &'static str, about: &str, path: Entry) -> Section {
    let words = format::words();
    let defaults = FileTarget::at(PathBuf::new());
    let on_mode_ignored = ON_MODE_IGNORED.map(|(word, _)| word);
    let accepts =
        ON_MODE_IGNORED.iter().find(|(_, meaning)| *meaning == defaults.on_mode_ignored).map_or("", |(word, _)| *word);
    let quotes = QUOTES.map(|(word, _)| word);
    let entries = vec![
        path,
        Entry::new("format", form::words(&words), FORMAT).default(words[0]),
        Entry::new(
            "claims",
            form::claim_names(),
            "With `format: json`: claims of the JWT to add, in an object `claims`.",
        ),
        Entry::new(
            "fields",
            form::reply_fields(),
            "With `format: json` or `format: template`: fields of Descope's reply to add, in an object `fields`. They are kept in \
             the state directory too.",
        ),
        Entry::new(
            "variables",
            form::variables(),
            "With `format: env`: the variables, and the field that each is set to.",
        )
        .default(variables()),
        Entry::new("quotes", form::words(&quotes), QUOTES_TEXT).default(quotes[0]),
        Entry::new(
            "template",
            form::template(),
            "With `format: template`: the template itself, with the fields of `json`, every claim under `claims`, and \
             the fields of the reply under `fields`.",
        ),
        Entry::new(
            "templateFile",
            form::file(),
            "With `format: template`, instead of `template`: a file that contains it. Dollars in it have no special meaning.",
        ),
        Entry::new("mode", form::mode(), "The permissions of the file.").default(format!("{:04o}", defaults.mode)),
        Entry::new("owner", form::principal("user"), "The owner of the file.")
            .fallback("unchanged, the user that runs tokenwell"),
        Entry::new("group", form::principal("group"), "The group of the file.")
            .fallback("unchanged, that user's group or the folder's"),
        Entry::new("onModeIgnored", form::words(&on_mode_ignored), ON_MODE_IGNORED_TEXT).default(accepts),
    ];
    let options = format::options();
    let rules = options.iter().map(|(option, of)| {
        let others: Vec<_> = words.iter().filter(|word| !of.contains(word)).collect();
        json!({"if": {"properties": {"format": {"enum": others}}}, "then": {"properties": {*option: false}}})
    });
    let template = json!({
        "if": {"required": ["format"], "properties": {"format": {"const": "template"}}},
        "then": {"oneOf": [{"required": ["template"]}, {"required": ["templateFile"]}]},
    });
    Section::new(title, about, entries).rule("allOf", rules.chain([template]).collect())
}

/// Returns the default variables.
fn variables() -> Value {
    let pairs =
        Variable::defaults().into_iter().map(|variable| (variable.name.into_owned(), variable.field.name().into()));
    Value::Object(pairs.collect::<Map<_, _>>())
}

const PATH: &str = "The file. It is replaced whole, with its mode, owner and group; a missing folder is created (0750). \
A file directly in the folder of one of the `sets` belongs to that set.";
const ON_MODE_IGNORED_TEXT: &str = "What happens on a file system that keeps no modes or owners, such as SMB, Azure Files and \
blobfuse: `accept` writes the file with what the mount options give and says so, `refuse` fails before a reader can see the token.";
const QUOTES_TEXT: &str = "With `format: env`: which values are in quotes. `auto`: those that have other characters than letters, \
digits and `_.:/+=@%,-`, in single quotes, or in double quotes if they have a single quote. `always`: all, in single quotes, as the \
kubelet requires for `fileKeyRef`. `never`: none, as container engines require \
for `--env-file`; a value that needs quotes is refused.";
const FORMAT: &str = "The content of the file. `jwt`: the token and nothing else. `json`: an object with the token, its times, its \
key and its project. `env`: lines of `NAME=value` for a shell, `EnvironmentFile=` and `--env-file`. `header`: the line \
`Authorization: Bearer …`. `bearer`: the value of that header, `Bearer …`, without a newline. `template`: the result of your own template.";
