//! Collects diagnostics with their locations while a configuration is read, and adds line numbers at the end.

use std::path::{Path, PathBuf};

use super::{
    environment::Environment,
    line_number::{self, NodePath, Part},
    mistake::{Diagnostic, Kind, Mistakes, Place},
    writing::Writing,
};

/// Where a value came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Location {
    /// The file: the node's path in the tree, and the field's path as a message shows it.
    File { steps: NodePath, part: Part, path: String },
    /// The whole file: something is missing in it, so there is no line.
    WholeFile { path: String },
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
}

/// Collects mistakes and warnings, and holds the context that values are read in.
pub(super) struct Diagnostics<'a> {
    /// The environment variables.
    pub(super) environment: &'a Environment,
    /// The configuration file's folder: suggestions resolve relative paths against it.
    pub(super) config_folder: &'a Path,
    writing: Writing<'a>,
    mistakes: Vec<LocatedDiagnostic>,
    warnings: Vec<LocatedDiagnostic>,
    not_to_send: Vec<LocatedDiagnostic>,
}

/// What is known of a configuration without mistakes.
pub(super) struct Accepted {
    /// What is legal but rarely intended.
    pub(super) warnings: Vec<Diagnostic>,
    /// What is legal to look at, but not to send requests with.
    pub(super) not_to_send: Vec<Diagnostic>,
}

struct LocatedDiagnostic {
    location: Location,
    what: String,
    remedy: Option<String>,
}

impl<'a> Diagnostics<'a> {
    pub(super) fn new(environment: &'a Environment, config_folder: &'a Path, text: &'a str) -> Self {
        Self {
            environment,
            config_folder,
            writing: Writing::of(text),
            mistakes: Vec::new(),
            warnings: Vec::new(),
            not_to_send: Vec::new(),
        }
    }

    /// Records a mistake and its remedy; an empty remedy means there is none.
    pub(super) fn mistake(&mut self, location: &Location, what: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(LocatedDiagnostic::new(location, what.into(), remedy.into()));
    }

    /// Records a warning: the value is legal but rarely intended.
    pub(super) fn warning(&mut self, location: &Location, what: impl Into<String>, remedy: impl Into<String>) {
        self.warnings.push(LocatedDiagnostic::new(location, what.into(), remedy.into()));
    }

    /// Records what is legal to look at, but a mistake as soon as requests are sent.
    pub(super) fn not_to_send(&mut self, location: &Location, what: impl Into<String>, remedy: impl Into<String>) {
        self.not_to_send.push(LocatedDiagnostic::new(location, what.into(), remedy.into()));
    }

    /// Returns the first word of a plain scalar of the file, as it is written.
    pub(super) fn plain_word(&self, location: &Location) -> Option<&'a str> {
        let Location::File { steps, part, .. } = location else { return None };
        self.writing.plain_word(steps, *part)
    }

    /// Returns an environment variable that is a setting of this program; records a mistake if it is not UTF-8.
    pub(super) fn setting(&mut self, name: &'static str) -> Option<String> {
        let value = self.environment.setting(name)?;
        if value.to_str().is_none() {
            self.mistake(&Location::Variable(name), "not UTF-8", "set it to text, or unset it");
        }
        value.to_str().map(str::to_owned)
    }

    /// Returns the mistakes if there are any, else the rest.
    pub(super) fn end(self, file: Option<PathBuf>, text: &str) -> Result<Accepted, Mistakes> {
        if self.mistakes.is_empty() {
            let warnings = with_lines(self.warnings, text).0;
            return Ok(Accepted { warnings, not_to_send: with_lines(self.not_to_send, text).0 });
        }
        let (list, left_out) = with_lines(self.mistakes, text);
        Err(Mistakes { file, kind: Kind::Found { list, left_out } })
    }
}

impl LocatedDiagnostic {
    fn new(location: &Location, what: String, remedy: String) -> Self {
        Self { location: location.clone(), what, remedy: Some(remedy).filter(|remedy| !remedy.is_empty()) }
    }

    /// Sorts flags and variables first, then the file from top to bottom, then what is missing in it.
    fn order(&self) -> (u8, &[usize], Part) {
        match &self.location {
            Location::Flag(_) | Location::Variable(_) => (0, &[], Part::Key),
            Location::File { steps, part, .. } => (1, steps, *part),
            Location::WholeFile { .. } => (2, &[], Part::Key),
        }
    }
}

/// Returns the first diagnostics with their line numbers, and how many were left out. Each line number costs a parse of
/// the text.
fn with_lines(mut diagnostics: Vec<LocatedDiagnostic>, text: &str) -> (Vec<Diagnostic>, usize) {
    diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
    let left_out = diagnostics.len().saturating_sub(DIAGNOSTICS_MAX);
    diagnostics.truncate(DIAGNOSTICS_MAX);
    let diagnostics = diagnostics.into_iter().map(|diagnostic| Diagnostic {
        place: match diagnostic.location {
            Location::File { steps, part, path } => {
                let (line, column) = line_number::position(text, &steps, part).unzip();
                Place::Field { line, column, path }
            }
            Location::WholeFile { path } => Place::Field { line: None, column: None, path },
            Location::Flag(flag) => Place::Flag(flag),
            Location::Variable(name) => Place::Variable(name),
        },
        what: diagnostic.what,
        remedy: diagnostic.remedy,
    });
    (diagnostics.collect(), left_out)
}

/// More than a person fixes at once; each costs a parse, about 20 ms for the largest file.
const DIAGNOSTICS_MAX: usize = 25;
