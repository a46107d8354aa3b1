//! The template engine: its settings, its filters and its tests, and a compiled template.

use std::{collections::HashSet, io::Write, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, escape_formatter, filters, syntax::SyntaxConfig,
    tests, value::Value,
};

use super::{document::CLAIMS, words::names_beside_slices};

/// A compiled template.
#[derive(Clone)]
pub(super) struct Engine {
    environment: Arc<Environment<'static>>,
    names: Arc<HashSet<String>>,
}

impl Engine {
    /// Compiles the text of a template.
    pub(super) fn compile(text: &str) -> Result<Self, Error> {
        let environment = environment(text)?;
        let mut names = environment.get_template(NAME)?.undeclared_variables(false);
        names.extend(names_beside_slices(text).into_iter().map(str::to_owned));
        Ok(Self { environment: Arc::new(environment), names: Arc::new(names) })
    }

    /// The names that the template uses and does not define itself.
    pub(super) fn names(&self) -> &HashSet<String> {
        &self.names
    }

    /// The names that the template uses in this object.
    pub(super) fn names_in(&self, object: &str) -> HashSet<String> {
        let template = self.environment.get_template(NAME);
        let names = template.map(|template| template.undeclared_variables(true)).unwrap_or_default();
        let name = |path: &String| path.strip_prefix(object)?.strip_prefix('.')?.split('.').next().map(str::to_owned);
        names.iter().filter_map(name).collect()
    }

    /// Whether the template uses claims of the JWT.
    pub(super) fn names_claims(&self) -> bool {
        self.names.contains(CLAIMS)
    }

    /// Writes the template, filled in from a document.
    pub(super) fn write(&self, document: &Value, out: &mut dyn Write) -> Result<(), Error> {
        self.environment.get_template(NAME)?.render_captured_to(document.clone(), out).map(|_| ())
    }
}

fn environment(text: &str) -> Result<Environment<'static>, Error> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
    engine.set_formatter(write_value);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(RECURSION_MAX);
    add_filters(&mut engine);
    add_tests(&mut engine);
    engine.add_template_owned(NAME, text.to_owned())?;
    Ok(engine)
}

/// Adds the filters that text files need. All filters of the engine would add 300 KB.
fn add_filters(engine: &mut Environment<'_>) {
    engine.add_filter("b64encode", |text: &str| STANDARD.encode(text));
    engine.add_filter("default", filters::default);
    engine.add_filter("first", filters::first);
    engine.add_filter("items", filters::items);
    engine.add_filter("join", filters::join);
    engine.add_filter("last", filters::last);
    engine.add_filter("length", filters::length);
    engine.add_filter("lower", filters::lower);
    engine.add_filter("replace", filters::replace);
    engine.add_filter("split", filters::split);
    engine.add_filter("string", filters::string);
    engine.add_filter("tojson", filters::tojson);
    engine.add_filter("trim", filters::trim);
    engine.add_filter("upper", filters::upper);
}

/// Adds the tests for `is`.
fn add_tests(engine: &mut Environment<'_>) {
    engine.add_test("defined", tests::is_defined);
    engine.add_test("mapping", tests::is_mapping);
    engine.add_test("none", tests::is_none);
    engine.add_test("number", tests::is_number);
    engine.add_test("sequence", tests::is_sequence);
    engine.add_test("string", tests::is_string);
    engine.add_test("undefined", tests::is_undefined);
}

/// Writes a value as the engine does, except that `none` is written as nothing.
fn write_value(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() { Ok(()) } else { escape_formatter(out, state, value) }
}

const NAME: &str = "template";
/// Some 50 000 instructions, or 3 MB of text that is made on the way.
const FUEL: u64 = 50_000;
const RECURSION_MAX: usize = 100;

#[cfg(test)]
mod tests_of_words {
    use super::*;
    use crate::output::render::vocabulary::{FILTERS, TEMPLATE_WORDS, TESTS};

    #[test]
    fn the_engine_has_every_word_and_messages_name_it() {
        let renders = |text: &str| {
            let (engine, mut out) = (Engine::compile(text).unwrap(), Vec::new());
            engine.write(&Value::UNDEFINED, &mut out).map_err(|error| error.kind())
        };
        for filter in FILTERS {
            let rendered = renders(&format!("{{{{ 1 | {filter} }}}}"));
            assert_ne!(rendered, Err(minijinja::ErrorKind::UnknownFilter), "{filter}");
            assert!(TEMPLATE_WORDS.contains(&format!("`{filter}`")));
        }
        for test in TESTS {
            assert_eq!(renders(&format!("{{{{ 1 is {test} }}}}")), Ok(()), "{test}");
            assert!(TEMPLATE_WORDS.contains(&format!("`{test}`")));
        }
    }
}
