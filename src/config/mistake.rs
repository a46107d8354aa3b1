//! Mistakes in a configuration, formatted for people: where, what, and the remedy.

use std::{
    error::Error,
    fmt::{self, Write as _},
    path::{Path, PathBuf},
};

/// One mistake or warning about one place of a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The place.
    pub place: Place,
    /// The problem. It holds no secret: values are shown only where that is safe.
    pub what: String,
    /// How to fix it.
    pub remedy: Option<String>,
}

/// Where a value was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the file.
    Field {
        /// Counted from one; `None` if something is missing in the whole file.
        line: Option<usize>,
        /// Counted from one; `None` without a line, and where the parser knows only the line.
        column: Option<usize>,
        /// Such as `credentials[0].outputs[1].mode`; empty for the whole file.
        path: String,
    },
    /// On the command line.
    Flag(&'static str),
    /// In the environment.
    Variable(&'static str),
}

/// Why a configuration is refused: all its mistakes at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistakes {
    /// The file; `None` if the configuration was given by flags.
    pub(super) file: Option<PathBuf>,
    pub(super) kind: Kind,
}

/// Why it is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The file cannot be read or decoded.
    Unusable { why: String, remedy: Option<String> },
    /// The file has mistakes: never empty, in the order of their lines.
    Found { list: Vec<Diagnostic>, left_out: usize },
}

impl Mistakes {
    /// Returns the mistakes in the order of their lines; none if the file could not be read. A very long list is cut.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match &self.kind {
            Kind::Unusable { .. } => &[],
            Kind::Found { list, .. } => list,
        }
    }

    /// Returns the configuration file; `None` if the configuration was given by flags.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Returns why the file cannot be read or decoded, and the remedy, if that is so.
    pub fn unusable(&self) -> Option<(&str, Option<&str>)> {
        match &self.kind {
            Kind::Unusable { why, remedy } => Some((why, remedy.as_deref())),
            Kind::Found { .. } => None,
        }
    }

    /// Returns how many mistakes a very long list leaves out.
    pub fn left_out(&self) -> usize {
        match &self.kind {
            Kind::Unusable { .. } => 0,
            Kind::Found { left_out, .. } => *left_out,
        }
    }

    /// Formats all mistakes on one line, for a log.
    pub fn one_line(&self) -> String {
        let mut line = self.headline();
        match &self.kind {
            Kind::Unusable { remedy, .. } => {
                if let Some(remedy) = remedy {
                    let _ = write!(line, " ({})", joined(remedy));
                }
            }
            Kind::Found { list, left_out } => {
                for (n, diagnostic) in list.iter().take(ONE_LINE_MISTAKES_MAX).enumerate() {
                    let _ = write!(line, "{} {}", if n == 0 { ":" } else { ";" }, diagnostic.one_line());
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
                let in_file = list.iter().any(|diagnostic| matches!(diagnostic.place, Place::Field { .. }));
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
                let width = list.iter().map(|diagnostic| diagnostic.place.line_label().len()).max().unwrap_or_default();
                for Diagnostic { place, what, remedy } in list {
                    let gap = if place.name().is_empty() { "" } else { ": " };
                    // A mistake without a line starts at the line column, so that it does not look like a remedy.
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
        let line = format!("{}{}{gap}{}", self.place.line_label(), self.place.name(), self.what);
        let remedy = self.remedy.as_deref().map(joined).filter(|remedy| remedy.len() <= ONE_LINE_REMEDY_BYTES_MAX);
        remedy.map_or(line.clone(), |remedy| format!("{line} ({remedy})"))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.one_line())
    }
}

impl Place {
    /// Returns a label such as `line 7, `.
    fn line_label(&self) -> String {
        match self {
            Self::Field { line: Some(line), path, .. } if path.is_empty() => format!("line {line}: "),
            Self::Field { line: Some(line), .. } => format!("line {line}, "),
            Self::Field { line: None, .. } | Self::Flag(_) | Self::Variable(_) => String::new(),
        }
    }

    /// Returns the field's path, empty for the whole file; the flag; or the variable, such as `$DESCOPE_PROJECT_ID`.
    pub fn name(&self) -> String {
        match self {
            Self::Field { path, .. } => path.clone(),
            Self::Flag(flag) => (*flag).to_owned(),
            Self::Variable(name) => format!("${name}"),
        }
    }
}

/// Joins a remedy of several lines into one.
fn joined(remedy: &str) -> String {
    remedy.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

const OUTSIDE: &str = "the command line or the environment";
const ONE_LINE_MISTAKES_MAX: usize = 3;
const ONE_LINE_REMEDY_BYTES_MAX: usize = 80;
/// The indent of a remedy when no mistake has a line.
const UNPLACED_INDENT: usize = 2;
/// The width of `error: `, which a terminal shows before the message.
const UNUSABLE_INDENT: usize = "error: ".len();
