//! `template`: whatever the reader wants, in the language of Jinja.
//!
//! A template knows the fields of `json` by their names, and every claim of the JWT under `claims`. It is strict: an unknown
//! name is a mistake. It is looked at and tried when the configuration is read, see `trial`. What depends on the claims
//! of a real token shows when there is one, and then keeps the file as it was.
//!
//! A rendering is bounded in its work (fuel) and in its length. There is no way to a file or to another template.
//! Nothing is escaped by itself, and the text is taken to its last line break. A field that is not known is nothing.

use std::{
    fmt,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter, filters,
    syntax::SyntaxConfig,
    tests,
    value::{Serde, Value},
};

use super::{
    RenderError, Rendered, all_claims,
    content::Content,
    document::{CLAIMS, Document},
    nesting::beyond_bounds,
    sized,
    validate::{self, SHORTEN_LOOPS, TOO_MUCH_WORK, TemplateMistake},
};

/// A template that was read and tried.
#[derive(Clone)]
pub struct Template {
    text: Arc<str>,
    file: Option<PathBuf>,
    names_claims: bool,
    engine: Arc<Environment<'static>>,
}

impl Template {
    /// Reads and tries a template; `file` says where it came from, if not from the configuration itself. All unknown names
    /// are told at once.
    pub fn parse(text: &str, file: Option<PathBuf>) -> Result<Self, Vec<TemplateMistake>> {
        if text.len() > TEMPLATE_BYTES_MAX {
            return Err(vec![TemplateMistake::TooLong]);
        }
        if let Some(line) = beyond_bounds(text) {
            return Err(vec![TemplateMistake::Broken { line, why: TOO_DEEP.to_owned() }]);
        }
        let engine = engine(text).map_err(|error| vec![TemplateMistake::of(&error)])?;
        let names = engine.get_template(NAME).map(|template| template.undeclared_variables(false)).unwrap_or_default();
        validate::look_at_names(&names, text)?;
        let template = Self { text: text.into(), file, names_claims: names.contains(CLAIMS), engine: Arc::new(engine) };
        validate::try_out(&template).map_err(|mistake| vec![mistake])?;
        Ok(template)
    }

    /// How long it is, in bytes.
    #[expect(clippy::len_without_is_empty, reason = "an empty one is refused")]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The file it was read from.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub(super) fn render(&self, content: &Content<'_>) -> Result<Rendered<'static>, RenderError> {
        let claims = if self.names_claims { Some(all_claims(content)?) } else { None };
        let document = Value::from(Serde(Document::of(content, claims)));
        let rendered = sized(|out| self.write(&document, out).map_err(|error| failed(&error)))?;
        if rendered.bytes().trim_ascii().is_empty() { Err(RenderError::Empty) } else { Ok(rendered) }
    }

    pub(super) fn names_claims(&self) -> bool {
        self.names_claims
    }

    pub(super) fn write(&self, document: &Value, out: &mut dyn Write) -> Result<(), Error> {
        self.engine.get_template(NAME)?.render_captured_to(document.clone(), out).map(|_| ())
    }
}

/// The same text from the same place. The engine follows from the text.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.file) == (&other.text, &other.file)
    }
}

impl Eq for Template {}

/// Without the text: a variable that was put in may be secret.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({} bytes)", self.text.len())
    }
}

fn engine(text: &str) -> Result<Environment<'static>, Error> {
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

/// Those that text files need: see [`TEMPLATE_WORDS`]. All that the engine has would be 300 KB more.
fn add_filters(engine: &mut Environment<'_>) {
    engine.add_filter("b64encode", |text: &str| STANDARD.encode(text));
    engine.add_filter("default", filters::default);
    engine.add_filter("first", filters::first);
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

/// What can be asked with `is`.
fn add_tests(engine: &mut Environment<'_>) {
    engine.add_test("defined", tests::is_defined);
    engine.add_test("mapping", tests::is_mapping);
    engine.add_test("none", tests::is_none);
    engine.add_test("number", tests::is_number);
    engine.add_test("sequence", tests::is_sequence);
    engine.add_test("string", tests::is_string);
    engine.add_test("undefined", tests::is_undefined);
}

/// As the engine does it, but that nothing is nothing instead of `None`.
fn write_value(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() { Ok(()) } else { escape_formatter(out, state, value) }
}

/// The engine's own words may repeat a value.
fn failed(error: &Error) -> RenderError {
    let (what, remedy) = match error.kind() {
        ErrorKind::WriteFailure => return RenderError::TooLong,
        ErrorKind::UndefinedError => (
            "it names something that this token does not have",
            "ask for it with `is defined`, or give it a `default(…)`",
        ),
        ErrorKind::OutOfFuel => (TOO_MUCH_WORK, SHORTEN_LOOPS),
        _ => ("what it does with a value cannot be done with the one of this token", "mind its type"),
    };
    RenderError::Template { line: error.line().unwrap_or(1), what, remedy }
}

/// What a template can do with a value, for people.
pub const TEMPLATE_WORDS: &str = "the filters are `b64encode`, `default`, `first`, `join`, `last`, `length`, `lower`, \
     `replace`, `split`, `string`, `tojson`, `trim` and `upper`; the tests `defined`, `mapping`, `none`, `number`, \
     `sequence`, `string` and `undefined`";
/// The longest template.
pub const TEMPLATE_BYTES_MAX: usize = 64 * 1024;
const NAME: &str = "template";
/// Some 50 000 instructions, or 3 MB of text that is made on the way.
const FUEL: u64 = 50_000;
const RECURSION_MAX: usize = 100;
const TOO_DEEP: &str = "it is longer or deeper than an expression can be";
