//! Templates of outputs, parsed and tried: a bad one is a mistake with its line.

use std::collections::BTreeSet;

use crate::{
    config::{
        diagnostics::{Diagnostics, Location},
        expand::{ExpandError, expand},
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::Field,
        show::{looks_like_a_secret, shown},
        suggest::{Suggestion, suggestion},
        text,
        tree::Node,
        value::path,
    },
    output::{self, SpacedToken, TEMPLATE_BYTES_MAX, TEMPLATE_WORDS, Template, TemplateMistake, UsedAs},
    session::ReplyField,
};

/// Reads a template in the configuration. Variables are expanded, as in every text: `${NAME}` is a variable and `$$` a
/// dollar, as is a `$` by itself.
pub(in crate::config) fn inline(
    field: &Field,
    fields: &BTreeSet<ReplyField>,
    diagnostics: &mut Diagnostics,
) -> Option<Template> {
    if let Some(name) = field_as_variable(field, diagnostics) {
        let what = format!("`${{{name}}}` is an environment variable, which is not set");
        diagnostics.mistake(
            &field.location,
            what,
            format!("write `{{{{ {} }}}}` for the field", name.to_ascii_lowercase()),
        );
        return None;
    }
    let text = field.text(diagnostics)?;
    let template = Template::with_fields(&text.value, None, fields.clone());
    let template = template.map_err(|mistakes| report(&mistakes, fields, &field.location, diagnostics)).ok()?;
    warn_of_white_space(&template, "or `|-` in place of `|`", &field.location, diagnostics);
    Some(template)
}

/// Returns the name of an unset variable that can only be meant as the field `token`.
fn field_as_variable(field: &Field, diagnostics: &Diagnostics) -> Option<String> {
    let Node::Text(written) = field.node else { return None };
    let Err(ExpandError::Unset(shown)) = expand(written, diagnostics.environment) else { return None };
    Some(shown.trim_matches('`').to_owned()).filter(|name| name.eq_ignore_ascii_case("token"))
}

/// Reads a template from its file, in which variables are not expanded.
pub(in crate::config) fn of_file(
    field: &Field,
    fields: &BTreeSet<ReplyField>,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Template> {
    let path = path::file(field, diagnostics)?;
    conflicts.record(Purpose::TemplateFile, Some(&path), &field.location);
    match text::read_template(&path, TEMPLATE_BYTES_MAX) {
        Ok(text) => {
            let template = Template::with_fields(&text, Some(path), fields.clone());
            let template = template.map_err(|mistakes| report(&mistakes, fields, &field.location, diagnostics)).ok()?;
            warn_of_white_space(&template, "or end the file without a line break", &field.location, diagnostics);
            Some(template)
        }
        Err(unusable) => {
            let what = format!("cannot use template `{}`: {}", path.display(), unusable.why);
            diagnostics.mistake(&field.location, what, unusable.remedy.unwrap_or_default());
            None
        }
    }
}

/// Warns of a template that writes white space around a token and nothing else.
fn warn_of_white_space(template: &Template, otherwise: &str, location: &Location, diagnostics: &mut Diagnostics) {
    let (what, format) = match template.spaced_token() {
        None => return,
        Some(SpacedToken::Token) => ("the token", "jwt"),
        Some(SpacedToken::Bearer) => ("`Bearer` and the token", "bearer"),
    };
    let what = format!(
        "it is {what} and a line break or blank: nginx, Apache and HAProxy send a line break on, Descope's SDKs for Python and Java \
         refuse the token, and exceptions print it"
    );
    diagnostics.warning(location, what, format!("write `format: {format}`, {otherwise}"));
}

fn report(
    mistakes: &[TemplateMistake],
    fields: &BTreeSet<ReplyField>,
    location: &Location,
    diagnostics: &mut Diagnostics,
) {
    for mistake in mistakes {
        let (what, remedy) = match mistake {
            TemplateMistake::UnknownName { line, name } => {
                (format!("line {line} of the template: there is no field {}", shown(name)), remedy_for(name))
            }
            TemplateMistake::OtherField { line, name } => (
                format!("line {line} of the template: there is no {} in `fields`", shown(name)),
                remedy_for_field(name, fields),
            ),
            TemplateMistake::Broken { line, why } => {
                let why = if looks_like_a_secret(why) { "it cannot be read" } else { why };
                (format!("line {line} of the template: {why}"), remedy_for_language(fields))
            }
            TemplateMistake::UnknownWord { line, name, used_as } => (
                format!("line {line} of the template: there is no {} {}", what_it_is(*used_as), shown(name)),
                remedy_for_word(name, *used_as).to_owned(),
            ),
            TemplateMistake::NoParts { line, field, part } => {
                let what = format!("line {line} of the template: `{field}` is one value and has no {}", shown(part));
                (what, format!("write `{{{{ {field} }}}}`; parts of the JWT are in `claims`"))
            }
            TemplateMistake::Empty => {
                let what = "the template renders to nothing, and a token file must not be empty";
                (what.to_owned(), "put a field into it, such as `{{ token }}`".to_owned())
            }
            TemplateMistake::NamesNoField => {
                ("the template names no field, so the file would have no token".to_owned(), FIELD_SYNTAX.to_owned())
            }
            TemplateMistake::SameForEverySession => {
                let what = "the template writes the same for every session, so the file would have no token";
                (what.to_owned(), FIELD_SYNTAX.to_owned())
            }
            TemplateMistake::TooLong => {
                let what = "the template or its result is too long";
                let remedy = format!(
                    "at most {} KiB, and {} KiB for the result",
                    TEMPLATE_BYTES_MAX / 1024,
                    output::RENDERED_BYTES_MAX / 1024
                );
                (what.to_owned(), remedy)
            }
        };
        diagnostics.mistake(location, what, remedy);
    }
}

fn what_it_is(used_as: UsedAs) -> &'static str {
    match used_as {
        UsedAs::Function => "function",
        UsedAs::Method => "method",
        UsedAs::Filter => "filter",
        UsedAs::Test => "test",
    }
}

/// The remedy for a word of Python or Jinja that the language lacks.
fn remedy_for_word(name: &str, used_as: UsedAs) -> &'static str {
    match (used_as, name) {
        (UsedAs::Method, "items" | "keys" | "values") => {
            "write `{% for name, value in claims | items %}`, or `{% for name in claims %}` for the names alone"
        }
        (UsedAs::Method, "get") => "write `claims.x | default(\"\")`",
        (UsedAs::Method, "startswith" | "endswith") => "compare a part: `claims.x[:3] == \"abc\"`, or `claims.x[-3:]`",
        (UsedAs::Method, "format") => "join texts by `~`: `{{ \"Bearer \" ~ token }}`",
        (UsedAs::Method, "strip") => "write `| trim`",
        (UsedAs::Method, "lower" | "upper" | "split" | "join" | "replace") => {
            "there are no methods; write it as a filter: `{{ token | upper }}`, `{{ claims.list | join(\",\") }}`"
        }
        (UsedAs::Function | UsedAs::Method, _) => {
            "the language has no functions and no methods; name a field, such as `{{ token }}`, or apply a filter: \
             `{{ token | upper }}`"
        }
        (UsedAs::Filter | UsedAs::Test, _) => TEMPLATE_WORDS,
    }
}

fn remedy_for_field(name: &str, fields: &BTreeSet<ReplyField>) -> String {
    match ReplyField::named(name) {
        Some(_) => format!("add `{name}` to the `fields` of this output"),
        None => format!("it has {}", listed(fields)),
    }
}

fn remedy_for_language(fields: &BTreeSet<ReplyField>) -> String {
    if fields.is_empty() { LANGUAGE.to_owned() } else { format!("{LANGUAGE}; `fields` has {}", listed(fields)) }
}

fn listed(fields: &BTreeSet<ReplyField>) -> String {
    let names: Vec<_> = fields.iter().map(|field| format!("`{}`", field.name())).collect();
    names.join(", ")
}

fn remedy_for(name: &str) -> String {
    if name == "fields" {
        return "choose fields of the reply beside the template, such as `fields: [userId]`".to_owned();
    }
    let known: Vec<_> = output::Field::ALL.iter().map(|(name, _)| *name).chain(["claims"]).collect();
    match suggestion(name, &known) {
        Some(Suggestion::Field(intended)) => format!("did you mean `{intended}`?"),
        Some(Suggestion::Advice(_)) | None => {
            let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known here: {}", known.join(", "))
        }
    }
}

const LANGUAGE: &str =
    "the language is Jinja: `{{ token }}` is a field, `{% raw %}…{% endraw %}` keeps braces as they are";
const FIELD_SYNTAX: &str = "write `{{ token }}` where the token belongs: `$TOKEN`, `${token}`, `%{token}` and `{ token }` are only text in a template";
