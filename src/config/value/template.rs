//! Templates of outputs, read and tried: a bad one is a mistake with its line.

use crate::{
    config::{
        diagnostics::{Diagnostics, Location},
        path_conflicts::{PathConflicts, Purpose},
        reader::Field,
        show::{looks_like_a_secret, shown},
        suggest::{Suggestion, suggestion},
        text,
        value::path,
    },
    output::{self, TEMPLATE_BYTES_MAX, TEMPLATE_WORDS, Template, TemplateMistake},
};

/// Reads a template that stands in the configuration. As in every text, `${NAME}` is a variable and `$$` a dollar, as is a `$` by itself.
pub(in crate::config) fn inline(field: &Field, diagnostics: &mut Diagnostics) -> Option<Template> {
    let text = field.text(diagnostics)?;
    let template = Template::parse(&text.value, None);
    template.map_err(|mistakes| tell(&mistakes, &field.location, diagnostics)).ok()
}

/// Reads a template from its file, as it is.
pub(in crate::config) fn of_file(
    field: &Field,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Template> {
    let path = path::file(field, diagnostics)?;
    conflicts.note(Purpose::TemplateFile, Some(&path), &field.location);
    match text::read_template(&path, TEMPLATE_BYTES_MAX) {
        Ok(text) => {
            let template = Template::parse(&text, Some(path));
            template.map_err(|mistakes| tell(&mistakes, &field.location, diagnostics)).ok()
        }
        Err(unusable) => {
            let what = format!("cannot use template `{}`: {}", path.display(), unusable.why);
            diagnostics.mistake(&field.location, what, unusable.remedy.unwrap_or_default());
            None
        }
    }
}

fn tell(mistakes: &[TemplateMistake], location: &Location, diagnostics: &mut Diagnostics) {
    for mistake in mistakes {
        let (what, remedy) = match mistake {
            TemplateMistake::UnknownName { line, name } => {
                (format!("line {line} of the template: nothing is called {}", shown(name)), meant(name))
            }
            TemplateMistake::Broken { line, why } => {
                let why = if looks_like_a_secret(why) { "it cannot be read" } else { why };
                (format!("line {line} of the template: {why}"), LANGUAGE.to_owned())
            }
            TemplateMistake::UnknownWord { line, why } => {
                let why = if looks_like_a_secret(why) { "no such filter or test" } else { why };
                (format!("line {line} of the template: {why}"), TEMPLATE_WORDS.to_owned())
            }
            TemplateMistake::Empty => {
                let what = "the template comes to nothing, and no token file is empty";
                (what.to_owned(), "put a field into it, such as `{{ token }}`".to_owned())
            }
            TemplateMistake::TooLong => {
                let what = "the template is too long, or what it comes to";
                let remedy = format!(
                    "at most {} KiB, and {} KiB when it is filled in",
                    TEMPLATE_BYTES_MAX / 1024,
                    output::RENDERED_BYTES_MAX / 1024
                );
                (what.to_owned(), remedy)
            }
        };
        diagnostics.mistake(location, what, remedy);
    }
}

fn meant(name: &str) -> String {
    let known: Vec<_> = output::Field::ALL.iter().map(|(name, _)| *name).chain(["claims"]).collect();
    match suggestion(name, &known) {
        Some(Suggestion::Field(meant)) => format!("did you mean `{meant}`?"),
        Some(Suggestion::Advice(_)) | None => {
            let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known here: {}", known.join(", "))
        }
    }
}

const LANGUAGE: &str =
    "the language is that of Jinja: `{{ token }}` is a field, `{% raw %}…{% endraw %}` keeps braces as they are";
