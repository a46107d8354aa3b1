//! The forms of single values, for people and for editors, with the same bounds as the reader.

use std::{ops::RangeInclusive, time::Duration};

use serde_json::{Value, json};

use super::{
    build::{form, listed, not_blank, one_of, path, text, with, without_placeholder},
    entry::Form,
    pattern,
};
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
    session::ReplyField,
};

/// `true` or `false`.
pub(super) fn flag() -> Form {
    form("`true` or `false`", json!({"type": "boolean", "errorMessage": "write `true` or `false`, without quotes"}))
}

/// A duration within bounds.
pub(super) fn duration(bounds: &RangeInclusive<Duration>) -> Form {
    let summary = format!(
        "A duration such as `500ms`, `30s` or `1h30m`, from `{}` to `{}`",
        short(*bounds.start()),
        short(*bounds.end())
    );
    form(&summary, text(&pattern::duration(), "write it like `500ms`, `30s`, `5m` or `1h30m`"))
}

/// A percentage within bounds.
pub(super) fn share(bounds: &RangeInclusive<u8>) -> Form {
    let summary = format!("A percentage from `{}%` to `{}%`", bounds.start(), bounds.end());
    let remedy = format!("write a percentage from `{}%` to `{}%`", bounds.start(), bounds.end());
    form(&summary, text(&pattern::percentage(bounds), &remedy))
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
    let summary = format!("Lowercase letters, digits and `-` between them, at most {NAME_BYTES_MAX} characters");
    let forms = format!("[a-z0-9](?:[-a-z0-9]{{0,{}}}[a-z0-9])?", NAME_BYTES_MAX - 2);
    form(&summary, text(&forms, "use lowercase letters, digits and `-` between them, such as `billing`"))
}

/// A Descope project id.
pub(super) fn project() -> Form {
    form("Letters and digits", text("[0-9A-Za-z]{1,64}", "copy it from Descope's console: `P` and letters and digits"))
}

/// The name of a daemon.
pub(super) fn instance(bytes_max: usize) -> Form {
    let summary = format!(r"Letters, digits and `-_.:@\`, at most {bytes_max} characters");
    let forms = format!(r"[0-9A-Za-z][-0-9A-Za-z_.:@\\]{{0,{}}}", bytes_max - 1);
    form(&summary, text(&forms, "use letters, digits and `-`, such as `blue`"))
}

/// Any text except an empty one.
pub(super) fn any_text(summary: &str) -> Form {
    form(summary, not_blank(json!({"type": "string", "pattern": pattern::any(), "errorMessage": "write a text"})))
}

/// The base URL of an API.
pub(super) fn base_url() -> Form {
    let forms = format!(r"\s*{}://[^\s/?#@\\$]+(?:/[^?#$]*)?\s*", pattern::any_case_of(["https", "http"]));
    form("A URL", text(&forms, "write it like `https://api.descope.com`"))
}

/// The additional constraint if plain http is allowed for loopback only.
pub(super) fn secure_base_url() -> Value {
    let (https, http) = (pattern::any_case("https"), pattern::any_case("http"));
    let forms = format!(r"\s*(?:{https}://[^$]*|{http}://{LOOPBACK}(?::[0-9]*)?(?:/[^$]*)?)");
    json!({"pattern": pattern::text(&forms), "errorMessage": "use `https://`, or set `allowPlainHttp: true`"})
}

/// A loopback URL.
pub(super) fn loopback_url() -> Form {
    let http = pattern::any_case("http");
    let forms = format!(r"\s*{http}://{LOOPBACK}(?::[0-9]*)?(?:[/?](?:[^#$]|\$\$|\$[^${{#])*\$?)?");
    form(
        "A URL of plain http on `127.0.0.1`, `[::1]` or `localhost`",
        text(&forms, "write it like `http://127.0.0.1:8080/-/reload`"),
    )
}

/// The URL of an OAuth token endpoint.
pub(super) fn token_url() -> Form {
    let (https, http) = (pattern::any_case("https"), pattern::any_case("http"));
    let forms =
        format!(r"\s*(?:{https}://[^\s/?#@\\$]+|{http}://{LOOPBACK}(?::[0-9]*)?)(?:[/?](?:[^#$]|\$\$|\$[^${{#])*\$?)?");
    form(
        "A URL without a user, a fragment or a secret",
        text(&forms, "write it like `https://api.descope.com/oauth2/v1/token`"),
    )
}

/// A list of scopes.
pub(super) fn scopes() -> Form {
    let scope = text(r"(?:[!#%-\[\]-~]|\$\$)+", "write one word for each scope, such as `read`");
    let schema = json!({"type": "array", "items": scope, "errorMessage": "list the scopes, such as `[read, write]`"});
    form("A list of words", schema)
}

/// The absolute path of a file.
pub(super) fn file() -> Form {
    form("An absolute path", path(&pattern::file(FILE_NAME_BYTES_MAX), pattern::DETOUR_OF_FILE, FILE))
}

/// The absolute path of one file that is written, without `{name}`.
pub(super) fn one_output() -> Form {
    let elsewhere = format!("{}|{}", pattern::DETOUR_OF_FILE, pattern::of_the_kernel(""));
    let path = path(&pattern::file(FILE_NAME_BYTES_MAX), &elsewhere, OUTPUT);
    form(
        "An absolute path outside `/dev`, `/proc` and `/sys`; `/dev/shm` is allowed",
        without_placeholder(path, &elsewhere),
    )
}

/// The absolute path of one file, without `{name}`.
pub(super) fn one_file() -> Form {
    let path = path(&pattern::file(FILE_NAME_BYTES_MAX), pattern::DETOUR_OF_FILE, ONE_FILE);
    form("An absolute path", without_placeholder(path, pattern::DETOUR_OF_FILE))
}

/// The address to listen on.
pub(super) fn listen(path_bytes_max: usize) -> Form {
    let address = format!(r"(?:{0}(?:\.{0}){{3}}|\[[0-9A-Fa-f:.]+(?:%[0-9]+)?\]):{1}", pattern::OCTET, pattern::PORT);
    let forms = format!("systemd|unix:{}|{address}", pattern::file(FILE_NAME_BYTES_MAX));
    let remedy = "write something like `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`";
    let longest = path_bytes_max + "unix:".len();
    let schema = with(
        text(&forms, remedy),
        "not",
        json!({"pattern": format!("^unix:.*(?:{})|{}", pattern::DETOUR_OF_FILE, pattern::of_the_kernel("unix:"))}),
    );
    // A bound besides the pattern; a text with a variable may become shorter, so the bound does not apply to it.
    let bound =
        json!([{"anyOf": [{"maxLength": longest}, {"pattern": pattern::holding("^$")}], "errorMessage": remedy}]);
    form(
        "`ADDRESS:PORT`, `unix:` and an absolute path, or `systemd` for a socket from systemd",
        with(schema, "allOf", bound),
    )
}

/// Host names, and domains with `*.` before them.
pub(super) fn hosts(label_bytes_max: usize) -> Form {
    let label = format!("[0-9A-Za-z_](?:[-0-9A-Za-z_]{{0,{}}}[0-9A-Za-z_])?", label_bytes_max - 2);
    let forms = format!(r"(?:\*\.{label}\.)?{label}(?:\.{label})*\.?");
    let remedy = "write a name such as `status.corp.example`, or `*.corp.example` for every name below a domain";
    let address = format!(r"^{0}(?:\.{0}){{3}}$", pattern::OCTET);
    let host = with(text(&forms, remedy), "not", json!({"pattern": address}));
    let schema = json!({
        "type": "array",
        "items": host,
        "minItems": 1,
        "uniqueItems": true,
        "errorMessage": "list the host names of the reverse proxy, such as `[status.corp.example]`, or remove the line",
    });
    form("A list of host names, with `*.` for every name below a domain", schema)
}

/// The absolute path of a file for each key of a folder, with `{name}`.
pub(super) fn file_of_each_key() -> Form {
    let elsewhere = format!("{}|{}", pattern::DETOUR_OF_FILE, pattern::of_the_kernel(""));
    let path = path(&pattern::file(FILE_NAME_BYTES_MAX), &elsewhere, FILE_OF_EACH_KEY);
    let mark = json!([{"pattern": pattern::holding(r"\{name\}"), "errorMessage": FILE_OF_EACH_KEY}]);
    form("An absolute path in which `{name}` is replaced by the name of the key file", with(path, "allOf", mark))
}

/// Shell patterns of file names.
pub(super) fn file_patterns() -> Form {
    let pattern = text(r"(?:[^/$]|\$\$|\$[^/${])+\$?|\$", PATTERN);
    let schema = json!({"type": "array", "items": pattern, "minItems": 1, "errorMessage": PATTERN});
    form("A list of shell patterns for file names, with `*`, `?` and `[...]`", schema)
}

/// A mapping of file names to names of credentials.
pub(super) fn file_names_to_names() -> Form {
    let Form::Value { schema: name, .. } = name() else { return any_text("A name") };
    let schema = json!({
        "type": "object",
        "patternProperties": {r"^[^./][^/]*$": name, MERGE_KEY_ALONE: no_merge_key()},
        "additionalProperties": false,
        "errorMessage": "write something like `SEARCH_API_KEY: search`",
    });
    form("A mapping of file names to credential names", schema)
}

/// The absolute path of a folder.
pub(super) fn folder() -> Form {
    form("An absolute path", path(&pattern::folder(), pattern::DETOUR, FOLDER))
}

/// The absolute path of a folder that is written to.
pub(super) fn writable_folder() -> Form {
    form(
        "An absolute path outside `/dev`, `/proc` and `/sys`",
        path(&pattern::folder(), &outside_the_kernel(), WRITABLE_FOLDER),
    )
}

/// The absolute path of one folder that is written to, without `{name}`.
pub(super) fn one_folder() -> Form {
    let elsewhere = outside_the_kernel();
    let path = path(&pattern::folder(), &elsewhere, WRITABLE_FOLDER);
    form("An absolute path outside `/dev`, `/proc` and `/sys`", without_placeholder(path, &elsewhere))
}

/// What a folder that is written to must not match.
fn outside_the_kernel() -> String {
    format!("{}|{}", pattern::DETOUR, pattern::of_the_kernel(""))
}

/// Permission bits of a file.
pub(super) fn mode() -> Form {
    form("Octal digits in quotes; the owner must be able to read", text("0{0,3}[4-7][0-7]{2}", MODE))
}

/// Permission bits of a folder.
pub(super) fn mode_of_folder() -> Form {
    form(
        "Octal digits in quotes; the owner must be able to read, write and enter",
        text("0{0,3}7[0-7]{2}", MODE_OF_FOLDER),
    )
}

/// A user or a group.
pub(super) fn principal(what: &str) -> Form {
    let plain = pattern::PLAIN;
    let texts = format!(r"[0-9]{{1,10}}|[0-9-]*(?:[^0-9$-]|\$\$|\$[^${{]){plain}*\$?|[0-9-]*\$");
    let most = u32::MAX - 1;
    let schema = json!({
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": most}, {"type": "string", "pattern": pattern::text(&texts)}],
        "errorMessage": format!("write the name or the id of a {what}"),
    });
    form(&format!("The name or id of a {what}"), schema)
}

/// A filter of log lines.
pub(super) fn level() -> Form {
    let level = pattern::any_case_of(LEVELS);
    let directive = format!(r"\s*(?:[0-9A-Za-z_:]+=)?{level}\s*");
    let remedy = format!("write one of {}, or a filter such as `info,tokenwell=debug`", listed(&LEVELS));
    let summary = format!("One of {}, or a filter such as `info,tokenwell=debug`", listed(&LEVELS));
    form(&summary, text(&format!("{directive}(?:,{directive})*"), &remedy))
}

/// A signal that a program can catch.
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

/// The name of a running program.
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

/// Claims to request: a mapping of values that are not null.
pub(super) fn custom_claims() -> Form {
    let remedy = "write `name: value` pairs";
    form(
        "A mapping",
        json!({"type": "object", "patternProperties": {MERGE_KEY_ALONE: no_merge_key()}, "additionalProperties": {"$ref": CLAIM}, "errorMessage": remedy}),
    )
}

/// The schema of a claim's value; a definition of its own, because it is recursive.
pub(super) fn claim() -> Value {
    json!({
        "title": "Claim",
        "description": "The value of a claim: a text, a number, `true`, `false`, a list or a mapping.",
        "type": ["string", "number", "boolean", "array", "object"],
        "pattern": pattern::any(),
        "items": {"$ref": CLAIM},
        "patternProperties": {MERGE_KEY_ALONE: no_merge_key()},
        "additionalProperties": {"$ref": CLAIM},
    })
}

/// The value of a merge key, in a mapping with free names: there is none that is valid.
fn no_merge_key() -> Value {
    json!({"not": {}, "errorMessage": "write the fields out: merge keys are not supported"})
}

/// The pattern of the merge key of YAML 1.1.
const MERGE_KEY_ALONE: &str = "^<<$";

/// Names of claims.
pub(super) fn claim_names() -> Form {
    let name = json!({"type": "string", "pattern": pattern::any(), "minLength": 1, "errorMessage": "write the name of a claim, such as `tenants`"});
    let schema = json!({"type": "array", "items": name, "minItems": 1, "uniqueItems": true,
        "errorMessage": "list the names of claims, such as `[tenants]`"});
    form("A list of names, each once", schema)
}

/// Names of fields of the reply.
pub(super) fn reply_fields() -> Form {
    let names = ReplyField::ALL.map(|(name, _)| name);
    let listed = listed(&names);
    let schema = json!({"type": "array", "items": one_of(&names, &format!("write one of {listed}")), "minItems": 1,
        "uniqueItems": true, "errorMessage": "list the names of fields, such as `[userId]`"});
    form(&format!("A list of {listed}, each once"), schema)
}

/// Variables of an `env` file.
pub(super) fn variables() -> Form {
    let fields: Vec<_> = output::Field::ALL.iter().map(|(name, _)| *name).collect();
    let listed = listed(&fields);
    let reserved = format!("^(?:{})$|^{OF_THE_LINKER}", OF_THE_SHELL.join("|"));
    let schema = json!({
        "type": "object",
        "minProperties": 1,
        "patternProperties": {
            "^[A-Za-z_][0-9A-Za-z_]*$": one_of(&fields, &format!("write one of {listed}")),
            reserved: {"not": {}, "errorMessage": "it controls the shell or the linker; choose a name of your own, such as `MY_TOKEN`"},
        },
        "additionalProperties": false,
        "errorMessage": "write something like `MY_TOKEN: token`",
    });
    form(&format!("A mapping of names to {listed}"), schema)
}

/// A template of an output.
pub(super) fn template() -> Form {
    any_text("A Jinja template; `$$` is a dollar")
}

const PATTERN: &str = "write shell patterns for file names such as `*-key`, with `*`, `?` and `[...]`";
const LOOPBACK: &str = r"(?:[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]|127[0-9.]*|\[::1\])";
/// Where `json.rs` puts the schema of `claim`.
const CLAIM: &str = "#/definitions/claim";
const SIGNALS_MAX: u8 = 64;
const FILE: &str = "write the absolute path of a file, without `..`";
const ONE_FILE: &str = "write the absolute path of a file, without `..` and without `{name}`";
const FILE_OF_EACH_KEY: &str = "write the absolute path of a file, with `{name}` in the place of the key file's name";
const OUTPUT: &str =
    "write the absolute path of a file, without `..` and without `{name}`, and not in `/dev`, `/proc` or `/sys`";
const WRITABLE_FOLDER: &str = "write the absolute path of a folder, without `..`, and not in `/dev`, `/proc` or `/sys`";
const FOLDER: &str = "write the absolute path of a folder, without `..`";
const MODE: &str = "write octal digits in quotes, such as `\"0640\"`";
const MODE_OF_FOLDER: &str = "write octal digits in quotes, such as `\"0750\"`";
