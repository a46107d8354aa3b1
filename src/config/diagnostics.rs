//! What a reading collects: diagnostics with the location they are about, to be turned into lines at the end.

use std::path::{Path, PathBuf};

use super::{
    environment::Environment,
    mistake::{Diagnostic, Kind, Mistakes, Place},
    place::{self, NodePath, Part},
};

/// Where a value came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Location {
    /// The file: the way to it, and how people call it.
    File { steps: NodePath, part: Part, path: String },
    /// No single line of the file: what is missing in all of it.
    WholeFile { path: String },
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
}

/// Collects everything that there is to say, and knows what a value is read against.
pub(super) struct Diagnostics<'a> {
    /// What variables hold.
    pub(super) environment: &'a Environment,
    /// The folder that a relative path was probably meant to start from.
    pub(super) beside: &'a Path,
    mistakes: Vec<LocatedDiagnostic>,
    warnings: Vec<LocatedDiagnostic>,
}

struct LocatedDiagnostic {
    location: Location,
    what: String,
    remedy: Option<String>,
}

impl<'a> Diagnostics<'a> {
    pub(super) fn new(environment: &'a Environment, beside: &'a Path) -> Self {
        Self { environment, beside, mistakes: Vec::new(), warnings: Vec::new() }
    }

    /// Something is wrong there, and this is how to mend it; an empty remedy is none.
    pub(super) fn mistake(&mut self, location: &Location, what: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(LocatedDiagnostic::new(location, what.into(), remedy.into()));
    }

    /// Something is legal there but seldom meant.
    pub(super) fn warning(&mut self, location: &Location, what: impl Into<String>, remedy: impl Into<String>) {
        self.warnings.push(LocatedDiagnostic::new(location, what.into(), remedy.into()));
    }

    /// A variable that is a setting of this program, as text; that it is none is a mistake.
    pub(super) fn setting(&mut self, name: &'static str) -> Option<String> {
        let value = self.environment.setting(name)?;
        if value.to_str().is_none() {
            self.mistake(&Location::Variable(name), "not UTF-8", "set it to text, or unset it");
        }
        value.to_str().map(str::to_owned)
    }

    /// The mistakes if there are any, else the warnings.
    pub(super) fn end(self, file: Option<PathBuf>, text: &str) -> Result<Vec<Diagnostic>, Mistakes> {
        if self.mistakes.is_empty() {
            return Ok(placed(self.warnings, text).0);
        }
        let (list, left_out) = placed(self.mistakes, text);
        Err(Mistakes { file, kind: Kind::Found { list, left_out } })
    }
}

impl LocatedDiagnostic {
    fn new(location: &Location, what: String, remedy: String) -> Self {
        Self { location: location.clone(), what, remedy: Some(remedy).filter(|remedy| !remedy.is_empty()) }
    }

    /// Flags and variables, then the file from top to bottom, then what is missing in it.
    fn order(&self) -> (u8, &[usize], Part) {
        match &self.location {
            Location::Flag(_) | Location::Variable(_) => (0, &[], Part::Key),
            Location::File { steps, part, .. } => (1, steps, *part),
            Location::WholeFile { .. } => (2, &[], Part::Key),
        }
    }
}

/// The first remarks with their lines, and how many there are besides. Each line costs a reading of the text.
fn placed(mut diagnostics: Vec<LocatedDiagnostic>, text: &str) -> (Vec<Diagnostic>, usize) {
    diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
    let left_out = diagnostics.len().saturating_sub(REMARKS_MAX);
    diagnostics.truncate(REMARKS_MAX);
    let remarks = diagnostics.into_iter().map(|note| Diagnostic {
        place: match note.location {
            Location::File { steps, part, path } => Place::Field { line: place::line(text, &steps, part), path },
            Location::WholeFile { path } => Place::Field { line: None, path },
            Location::Flag(flag) => Place::Flag(flag),
            Location::Variable(name) => Place::Variable(name),
        },
        what: note.what,
        remedy: note.remedy,
    });
    (remarks.collect(), left_out)
}

/// More than anyone mends at once; each costs a parse, some 20 ms for the largest file.
const REMARKS_MAX: usize = 25;
