//! What is wrong with a configuration, said to people: where, what, and how to mend it.

use std::{
    error::Error,
    fmt::{self, Write as _},
    path::PathBuf,
};

/// One thing to say about one place of a configuration: a mistake or a warning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Where.
    pub place: Place,
    /// What is the matter. It holds no secret: values are shown only where that is safe.
    pub what: String,
    /// How to mend it.
    pub remedy: Option<String>,
}

/// Where a value stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the file.
    Field {
        /// Counted from one; `None` for what is missing in the whole file.
        line: Option<usize>,
        /// Such as `credentials[0].outputs[1].mode`; empty for the whole file.
        path: String,
    },
    /// On the command line.
    Flag(&'static str),
    /// In the environment.
    Variable(&'static str),
}

/// Why a configuration is refused: everything that is wrong with it, at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistakes {
    /// The file; `None` if flags stand for it.
    pub(super) file: Option<PathBuf>,
    pub(super) kind: Kind,
}

/// What sort of refusal it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The file could not even be looked into.
    Unusable { why: String, remedy: Option<String> },
    /// Never empty; in the order of the lines.
    Found { list: Vec<Diagnostic>, left_out: usize },
}

impl Mistakes {
    /// What is wrong, place by place, in the order of the lines; nothing if the file could not even be looked into. Of very
    /// many only the first are there.
    pub fn remarks(&self) -> &[Diagnostic] {
        match &self.kind {
            Kind::Unusable { .. } => &[],
            Kind::Found { list, .. } => list,
        }
    }

    /// All of it in one line, for a log.
    pub fn one_line(&self) -> String {
        let mut line = self.headline();
        match &self.kind {
            Kind::Unusable { remedy, .. } => {
                if let Some(remedy) = remedy {
                    let _ = write!(line, " ({})", joined(remedy));
                }
            }
            Kind::Found { list, left_out } => {
                for (n, remark) in list.iter().take(ONE_LINE_MISTAKES_MAX).enumerate() {
                    let _ = write!(line, "{} {}", if n == 0 { ":" } else { ";" }, remark.one_line());
                }
                let more = list.len().saturating_sub(ONE_LINE_MISTAKES_MAX) + left_out;
                if more > 0 {
                    let _ = write!(line, "; and {more} more");
                }
            }
        }
        line
    }

    fn headline(&self) -> String {
        let file = self.file.as_ref().map(|file| format!("`{}`", file.display()));
        match &self.kind {
            Kind::Unusable { why, .. } => format!("cannot use configuration {}: {why}", file.unwrap_or_default()),
            Kind::Found { list, left_out } => {
                let in_file = list.iter().any(|remark| matches!(remark.place, Place::Field { .. }));
                let subject = file.filter(|_| in_file).unwrap_or_else(|| OUTSIDE.to_owned());
                match list.len() + left_out {
                    1 => format!("{subject} has a mistake"),
                    count => format!("{subject} has {count} mistakes"),
                }
            }
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline())?;
        match &self.kind {
            Kind::Unusable { remedy, .. } => remedy
                .iter()
                .flat_map(|remedy| remedy.lines())
                .try_for_each(|line| write!(f, "\n{:UNUSABLE_INDENT$}{line}", "")),
            Kind::Found { list, left_out } => {
                f.write_str("\n")?;
                let width = list.iter().map(|remark| remark.place.line_label().len()).max().unwrap_or_default();
                for Diagnostic { place, what, remedy } in list {
                    let gap = if place.name().is_empty() { "" } else { ": " };
                    // Without a line it begins where lines are told, so that it is not taken for a remedy.
                    let label = place.line_label();
                    let label = if label.is_empty() { label } else { format!("{label:>width$}") };
                    write!(f, "\n  {label}{}{gap}{what}", place.name())?;
                    let indent = if width == 0 { UNPLACED_INDENT } else { width };
                    for line in remedy.iter().flat_map(|remedy| remedy.lines()) {
                        write!(f, "\n  {:indent$}{line}", "")?;
                    }
                }
                match left_out {
                    0 => Ok(()),
                    more => write!(f, "\n\n  and {more} more"),
                }
            }
        }
    }
}

impl Error for Mistakes {}

impl Diagnostic {
    fn one_line(&self) -> String {
        let gap = if self.place.name().is_empty() { "" } else { ": " };
        let said = format!("{}{}{gap}{}", self.place.line_label(), self.place.name(), self.what);
        let remedy = self.remedy.as_deref().map(joined).filter(|remedy| remedy.len() <= ONE_LINE_REMEDY_BYTES_MAX);
        remedy.map_or(said.clone(), |remedy| format!("{said} ({remedy})"))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.one_line())
    }
}

impl Place {
    /// Such as `line 7, `.
    fn line_label(&self) -> String {
        match self {
            Self::Field { line: Some(line), path } if path.is_empty() => format!("line {line}: "),
            Self::Field { line: Some(line), .. } => format!("line {line}, "),
            Self::Field { line: None, .. } | Self::Flag(_) | Self::Variable(_) => String::new(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Field { path, .. } => path.clone(),
            Self::Flag(flag) => (*flag).to_owned(),
            Self::Variable(name) => format!("${name}"),
        }
    }
}

/// A remedy of several lines in one.
fn joined(remedy: &str) -> String {
    remedy.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

const OUTSIDE: &str = "the command line or the environment";
const ONE_LINE_MISTAKES_MAX: usize = 3;
const ONE_LINE_REMEDY_BYTES_MAX: usize = 80;
/// Of a remedy, where no line is said.
const UNPLACED_INDENT: usize = 2;
/// As wide as the word `error: ` that a terminal shows before it.
const UNUSABLE_INDENT: usize = "error: ".len();
