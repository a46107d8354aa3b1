//! What a reading collects: remarks with the spot they are about, to be turned into lines at the end.

use std::path::{Path, PathBuf};

use super::{
    environment::Environment,
    mistake::{Kind, Mistakes, Place, Remark},
    place::{self, Part, Steps},
};

/// Where a value came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Spot {
    /// The file: the way to it, and how people call it.
    File { steps: Steps, part: Part, path: String },
    /// No single line of the file: what is missing in all of it.
    WholeFile { path: String },
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
}

/// Collects everything that there is to say, and knows what a value is read against.
pub(super) struct Notes<'a> {
    /// What variables hold.
    pub(super) environment: &'a Environment,
    /// The folder that a relative path was probably meant to start from.
    pub(super) beside: &'a Path,
    mistakes: Vec<Note>,
    warnings: Vec<Note>,
}

struct Note {
    spot: Spot,
    what: String,
    remedy: Option<String>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(environment: &'a Environment, beside: &'a Path) -> Self {
        Self { environment, beside, mistakes: Vec::new(), warnings: Vec::new() }
    }

    /// Something is wrong there, and this is how to mend it; an empty remedy is none.
    pub(super) fn mistake(&mut self, spot: &Spot, what: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(Note::new(spot, what.into(), remedy.into()));
    }

    /// Something is legal there but seldom meant.
    pub(super) fn warning(&mut self, spot: &Spot, what: impl Into<String>, remedy: impl Into<String>) {
        self.warnings.push(Note::new(spot, what.into(), remedy.into()));
    }

    /// A variable that is a setting of this program, as text; that it is none is a mistake.
    pub(super) fn setting(&mut self, name: &'static str) -> Option<String> {
        let value = self.environment.setting(name)?;
        if value.to_str().is_none() {
            self.mistake(&Spot::Variable(name), "not UTF-8", "set it to text, or unset it");
        }
        value.to_str().map(str::to_owned)
    }

    /// The mistakes if there are any, else the warnings.
    pub(super) fn end(self, file: Option<PathBuf>, text: &str) -> Result<Vec<Remark>, Mistakes> {
        if self.mistakes.is_empty() {
            return Ok(placed(self.warnings, text).0);
        }
        let (list, left_out) = placed(self.mistakes, text);
        Err(Mistakes { file, kind: Kind::Found { list, left_out } })
    }
}

impl Note {
    fn new(spot: &Spot, what: String, remedy: String) -> Self {
        Self { spot: spot.clone(), what, remedy: Some(remedy).filter(|remedy| !remedy.is_empty()) }
    }

    /// Flags and variables, then the file from top to bottom, then what is missing in it.
    fn order(&self) -> (u8, &[usize], Part) {
        match &self.spot {
            Spot::Flag(_) | Spot::Variable(_) => (0, &[], Part::Key),
            Spot::File { steps, part, .. } => (1, steps, *part),
            Spot::WholeFile { .. } => (2, &[], Part::Key),
        }
    }
}

/// The first remarks with their lines, and how many there are besides. Each line costs a reading of the text.
fn placed(mut notes: Vec<Note>, text: &str) -> (Vec<Remark>, usize) {
    notes.sort_by(|a, b| a.order().cmp(&b.order()));
    let left_out = notes.len().saturating_sub(REMARKS_MAX);
    notes.truncate(REMARKS_MAX);
    let remarks = notes.into_iter().map(|note| Remark {
        place: match note.spot {
            Spot::File { steps, part, path } => Place::Field { line: place::line(text, &steps, part), path },
            Spot::WholeFile { path } => Place::Field { line: None, path },
            Spot::Flag(flag) => Place::Flag(flag),
            Spot::Variable(name) => Place::Variable(name),
        },
        what: note.what,
        remedy: note.remedy,
    });
    (remarks.collect(), left_out)
}

/// More than anyone mends at once; each costs a parse, some 20 ms for the largest file.
const REMARKS_MAX: usize = 25;
