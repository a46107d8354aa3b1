//! The forms of single values: each for people and for editors, with the bounds that the reader has.

use std::{ops::RangeInclusive, time::Duration};

use serde_json::{Map, Value, json};

use super::{Form, pattern};
use crate::{
    config::value::{
        duration::short,
        level::LEVELS,
        name::NAME_BYTES_MAX,
        path::FILE_NAME_BYTES_MAX,
        variable::{OF_THE_LINKER, OF_THE_SHELL},
    },
    hook::Signal,
    output,
};

/// `true` or `false`.
pub(super) fn flag() -> Form {
    form("`true` or `false`", json!({"type": "boolean", "errorMessage": "write `true` or `false`, without quotes"}))
}

/// A length of time within bounds.
pub(super) fn duration(bounds: &RangeInclusive<Duration>) -> Form {
    let said = format!(
        "A length of time such as `500ms`, `30s` or `1h30m`, from `{}` to `{}`",
        short(*bounds.start()),
        short(*bounds.end())
    );
    form(&said, text(&pattern::duration(), "write it like `500ms`, `30s`, `5m` or `1h30m`"))
}

/// A percentage within bounds.
pub(super) fn share(bounds: &RangeInclusive<u8>) -> Form {
    let said = format!("A percentage from `{}%` to `{}%`", bounds.start(), bounds.end());
    let remedy = format!("write a percentage from `{}%` to `{}%`", bounds.start(), bounds.end());
    form(&said, text(&pattern::percentage(bounds), &remedy))
}

/// A whole number within bounds.
pub(super) fn count(bounds: &RangeInclusive<usize>) -> Form {
    let (least, most) = (bounds.start(), bounds.end());
    let remedy = format!("write a number from `{least}` to `{most}`");
    let schema = json!({"type": "integer", "minimum": least, "maximum": most, "errorMessage": remedy});
    form(&format!("A whole number from `{least}` to `{most}`"), schema)
}

/// One of a few words.
pub(super) fn words(words: &[&str]) -> Form {
    let listed = listed(words);
    form(&format!("One of {listed}"), one_of(words, &format!("write one of {listed}")))
}

/// The name of a credential.
pub(super) fn name() -> Form {
    let said = format!("Small letters, digits and `-` between them, at most {NAME_BYTES_MAX} characters");
    let forms = format!("[a-z0-9](?:[-a-z0-9]{{0,{}}}[a-z0-9])?", NAME_BYTES_MAX - 2);
    form(&said, text(&forms, "use small letters, digits and `-` between them, such as `billing`"))
}

/// Descope's id of a project.
pub(super) fn project() -> Form {
    form("Letters and digits", text("[0-9A-Za-z]{1,64}", "copy it from Descope's console: `P` and letters and digits"))
}

/// Any text but an empty one.
pub(super) fn words_of_any_kind(said: &str) -> Form {
    form(said, not_blank(json!({"type": "string", "pattern": pattern::any(), "errorMessage": "write a text"})))
}

/// Where an API is.
pub(super) fn base_url() -> Form {
    let forms = format!(r"\s*{}://[^\s/?#@\\$]+(?:/[^?#$]*)?\s*", pattern::any_case_of(["https", "http"]));
    form("A URL", text(&forms, "write it like `https://api.descope.com`"))
}

/// The same where plain http is for loopback only.
pub(super) fn secure_base_url() -> Value {
    let (https, http) = (pattern::any_case("https"), pattern::any_case("http"));
    let forms = format!(r"\s*(?:{https}://[^$]*|{http}://{LOOPBACK}(?::[0-9]*)?(?:/[^$]*)?)");
    json!({"pattern": pattern::text(&forms), "errorMessage": "use `https://`, or set `allowPlainHttp: true`"})
}

/// A URL on this machine.
pub(super) fn loopback_url() -> Form {
    let http = pattern::any_case("http");
    let forms = format!(r"\s*{http}://{LOOPBACK}(?::[0-9]*)?(?:[/?](?:[^#$]|\$\$|\$[^${{#])*\$?)?");
    form(
        "A URL of plain http on `127.0.0.1`, `[::1]` or `localhost`",
        text(&forms, "write it like `http://127.0.0.1:8080/-/reload`"),
    )
}

/// The absolute path of a file.
pub(super) fn file() -> Form {
    form("An absolute path", path(&pattern::file(FILE_NAME_BYTES_MAX), pattern::DETOUR_OF_FILE, FILE))
}

/// The absolute path of one file, which no name of a credential is put into.
pub(super) fn one_file() -> Form {
    let path = path(&pattern::file(FILE_NAME_BYTES_MAX), pattern::DETOUR_OF_FILE, ONE_FILE);
    form("An absolute path", without_mark(path, pattern::DETOUR_OF_FILE))
}

/// Where to listen.
pub(super) fn listen(path_bytes_max: usize) -> Form {
    let address = format!(r"(?:{0}(?:\.{0}){{3}}|\[[0-9A-Fa-f:.]+(?:%[0-9]+)?\]):{1}", pattern::OCTET, pattern::PORT);
    let forms = format!("systemd|unix:{}|{address}", pattern::file(FILE_NAME_BYTES_MAX));
    let remedy = "write such as `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`";
    let longest = path_bytes_max + "unix:".len();
    let schema =
        with(text(&forms, remedy), "not", json!({"pattern": format!("^unix:.*(?:{})", pattern::DETOUR_OF_FILE)}));
    // Once more without it, for a variable may become shorter.
    let bound =
        json!([{"anyOf": [{"maxLength": longest}, {"pattern": pattern::holding("^$")}], "errorMessage": remedy}]);
    form(
        "`ADDRESS:PORT`, `unix:` and an absolute path, or `systemd` for a socket that it passes",
        with(schema, "allOf", bound),
    )
}

/// The absolute path of a file for each key of a folder.
pub(super) fn file_of_each_key() -> Form {
    let path = path(&pattern::file(FILE_NAME_BYTES_MAX), pattern::DETOUR_OF_FILE, FILE_OF_EACH_KEY);
    let mark = json!([{"pattern": pattern::holding(r"\{name\}"), "errorMessage": FILE_OF_EACH_KEY}]);
    form("An absolute path in which `{name}` stands for the name of the key file", with(path, "allOf", mark))
}

/// The absolute path of a folder.
pub(super) fn folder() -> Form {
    form("An absolute path", path(&pattern::folder(), pattern::DETOUR, FOLDER))
}

/// The absolute path of one folder, which no name of a credential is put into.
pub(super) fn one_folder() -> Form {
    form("An absolute path", without_mark(path(&pattern::folder(), pattern::DETOUR, FOLDER), pattern::DETOUR))
}

/// Permission bits of a file.
pub(super) fn mode() -> Form {
    form("Octal digits in quotes; the owner reads", text("0{0,3}[4-7][0-7]{2}", MODE))
}

/// Permission bits of a folder.
pub(super) fn mode_of_folder() -> Form {
    form("Octal digits in quotes; the owner reads, writes and passes", text("0{0,3}7[0-7]{2}", MODE_OF_FOLDER))
}

/// A user or a group.
pub(super) fn principal(what: &str) -> Form {
    let plain = pattern::PLAIN;
    let texts = format!(r"[0-9]{{1,10}}|[0-9-]*(?:[^0-9$-]|\$\$|\$[^${{]){plain}*\$?|[0-9-]*\$");
    let most = u32::MAX - 1;
    let schema = json!({
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": most}, {"type": "string", "pattern": pattern::text(&texts)}],
        "errorMessage": format!("write the name or the number of a {what}"),
    });
    form(&format!("The name or number of a {what}"), schema)
}

/// A filter of log lines.
pub(super) fn level() -> Form {
    let level = pattern::any_case_of(LEVELS);
    let directive = format!(r"\s*(?:[0-9A-Za-z_:]+=)?{level}\s*");
    let remedy = format!("write one of {}, or such as `info,tokenwell=debug`", listed(&LEVELS));
    let said = format!("One of {}, or such as `info,tokenwell=debug`", listed(&LEVELS));
    form(&said, text(&format!("{directive}(?:,{directive})*"), &remedy))
}

/// A signal that an app can hear.
pub(super) fn signal() -> Form {
    let names: Vec<_> = Signal::names().collect();
    let numbers: Vec<_> = (1..=SIGNALS_MAX).filter(|number| Signal::parse(&number.to_string()).is_some()).collect();
    let digits: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    let other = format!(
        "(?:{})?{}|\\+?0*(?:{})",
        pattern::any_case("SIG"),
        pattern::any_case_of(names.iter().copied()),
        digits.join("|")
    );
    let remedy = format!("write one of {}", listed(&names));
    let schema = json!({"anyOf": [{"enum": names}, {"enum": numbers}, {"type": "string", "pattern": pattern::text(&other)}],
        "errorMessage": remedy});
    form(&format!("One of {}, or its number", listed(&names)), schema)
}

/// The name of a program that runs.
pub(super) fn process_name(bytes_max: usize) -> Form {
    let forms = format!(r"(?:[^/$\x00-\x1f\x7f-\x9f]|\$\$){{1,{bytes_max}}}");
    let schema = text(&forms, "write the name of the program without its folder, such as `nginx`");
    form("The name of a program, without its folder", not_blank(schema))
}

/// A program and its arguments.
pub(super) fn command(words_max: usize) -> Form {
    let program =
        path(&pattern::file(FILE_NAME_BYTES_MAX), pattern::DETOUR_OF_FILE, "write the whole path of the program");
    let word = text(r"(?:[^$\x00]|\$\$|\$[^${\x00])*\$?", "write a text; put a number in quotes");
    let remedy =
        "write the program and each argument by itself, such as `[/usr/bin/systemctl, reload, app]`; there is no shell";
    let schema = json!({"type": "array", "items": word, "allOf": [{"items": [program]}], "minItems": 1, "maxItems": words_max,
        "errorMessage": remedy});
    form("A list: the absolute path of a program, and its arguments", schema)
}

/// Claims to ask for: an object of anything but nothing.
pub(super) fn custom_claims() -> Form {
    let remedy = "write `name: value` pairs";
    form("A mapping", json!({"type": "object", "additionalProperties": {"$ref": CLAIM}, "errorMessage": remedy}))
}

/// What a claim may hold; it is defined once, for it holds itself.
pub(super) fn claim() -> Value {
    json!({
        "title": "Claim",
        "description": "What a claim may hold: a text, a number, `true`, `false`, a list or a mapping.",
        "type": ["string", "number", "boolean", "array", "object"],
        "pattern": pattern::any(),
        "items": {"$ref": CLAIM},
        "additionalProperties": {"$ref": CLAIM},
    })
}

/// Names of claims.
pub(super) fn claim_names() -> Form {
    let name = json!({"type": "string", "pattern": pattern::any(), "minLength": 1, "errorMessage": "write the name of a claim, such as `tenants`"});
    let schema = json!({"type": "array", "items": name, "minItems": 1, "uniqueItems": true,
        "errorMessage": "list names of claims, such as `[tenants]`"});
    form("A list of names, each once", schema)
}

/// Variables of an `env` file.
pub(super) fn variables() -> Form {
    let fields: Vec<_> = output::Field::ALL.iter().map(|(name, _)| *name).collect();
    let listed = listed(&fields);
    let steering = format!("^(?:{})$|^{OF_THE_LINKER}", OF_THE_SHELL.join("|"));
    let schema = json!({
        "type": "object",
        "minProperties": 1,
        "patternProperties": {
            "^[A-Za-z_][0-9A-Za-z_]*$": one_of(&fields, &format!("write one of {listed}")),
            steering: {"not": {}, "errorMessage": "it steers the shell or the linker; choose a name of your own, such as `MY_TOKEN`"},
        },
        "additionalProperties": false,
        "errorMessage": "write such as `MY_TOKEN: token`",
    });
    form(&format!("A mapping of names to {listed}"), schema)
}

/// A template of an output.
pub(super) fn template() -> Form {
    words_of_any_kind("A text in the language of Jinja; `$$` is a dollar")
}

fn form(said: &str, schema: Value) -> Form {
    let schema = match schema {
        Value::Object(schema) => schema,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    Form::Value { said: said.to_owned(), schema }
}

fn text(forms: &str, remedy: &str) -> Value {
    json!({"type": "string", "pattern": pattern::text(forms), "errorMessage": remedy})
}

fn path(forms: &str, detour: &str, remedy: &str) -> Value {
    with(text(forms, remedy), "not", json!({"pattern": detour}))
}

fn without_mark(path: Value, detour: &str) -> Value {
    with(path, "not", json!({"anyOf": [{"pattern": detour}, {"pattern": pattern::NAME_MARK}]}))
}

fn not_blank(schema: Value) -> Value {
    with(schema, "not", json!({"pattern": pattern::BLANK}))
}

/// One of the words, or a text with a variable.
fn one_of(words: &[&str], remedy: &str) -> Value {
    let variable = format!("^{}$", pattern::with_variable());
    json!({"anyOf": [{"enum": words}, {"type": "string", "pattern": variable}], "errorMessage": remedy})
}

fn with(mut schema: Value, keyword: &str, value: Value) -> Value {
    schema[keyword] = value;
    schema
}

/// `a`, `b`, `c`.
fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

const LOOPBACK: &str = r"(?:[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]|127[0-9.]*|\[::1\])";
/// Where `json.rs` puts what `claim` says.
const CLAIM: &str = "#/definitions/claim";
const SIGNALS_MAX: u8 = 64;
const FILE: &str = "write the absolute path of a file, without detours";
const ONE_FILE: &str = "write the absolute path of a file, without detours and without `{name}`";
const FILE_OF_EACH_KEY: &str =
    "write the absolute path of a file, with `{name}` where the name of the key file belongs";
const FOLDER: &str = "write the absolute path of a folder, without detours";
const MODE: &str = "write octal digits in quotes, such as `\"0640\"`";
const MODE_OF_FOLDER: &str = "write octal digits in quotes, such as `\"0750\"`";
