//! Reads a configuration file or a template as text: bounded, UTF-8, and with bounded nesting.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use rustix::fs::{Mode, OFlags};

use super::{mistake::Kind, source::DEFAULT_FILE};
use crate::blocking::{Access, at_file};

/// Why a file cannot be used, and the remedy.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) why: String,
    pub(super) remedy: Option<String>,
}

/// Reads a configuration file whole.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Unusable> {
    read_whole(path, FILE_BYTES_MAX, &CONFIGURATION)
}

/// Decodes a configuration file, and refuses deep nesting.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, Unusable> {
    let text = utf8(bytes)?;
    // Some editors write a byte order mark, which the parser takes for a document of its own.
    let text = text.strip_prefix(BYTE_ORDER_MARK).map(str::to_owned).unwrap_or(text);
    check_nesting(&text)?;
    Ok(text)
}

/// Reads a template whole.
pub(super) fn read_template(path: &Path, bytes_max: usize) -> Result<String, Unusable> {
    utf8(read_whole(path, bytes_max as u64, &TEMPLATE)?)
}

impl From<Unusable> for Kind {
    fn from(unusable: Unusable) -> Self {
        Self::Unusable { why: unusable.why, remedy: unusable.remedy }
    }
}

/// The remedies for a kind of file.
struct Remedies {
    instead: &'static str,
    shorter: &'static str,
    /// For a missing file; `None` if there is no general remedy.
    missing: Option<&'static str>,
}

fn read_whole(path: &Path, bytes_max: u64, remedies: &Remedies) -> Result<Vec<u8>, Unusable> {
    at_file(Access::Read, path);
    read_bounded(path, bytes_max, remedies).map_err(|error| unreadable(path, &error, remedies))?
}

fn utf8(bytes: Vec<u8>) -> Result<String, Unusable> {
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        unusable(&format!("line {line} is not UTF-8"), "save it as UTF-8")
    })
}

fn read_bounded(path: &Path, bytes_max: u64, remedies: &Remedies) -> io::Result<Result<Vec<u8>, Unusable>> {
    // Without NONBLOCK, opening a named pipe would block.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Ok(Err(unusable("it is not a regular file", remedies.instead)));
    }
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        let why = format!("it is larger than {} KiB", bytes_max / 1024);
        return Ok(Err(unusable(&why, remedies.shorter)));
    }
    Ok(Ok(bytes))
}

fn unreadable(path: &Path, error: &io::Error, remedies: &Remedies) -> Unusable {
    let by_default = path == Path::new(DEFAULT_FILE);
    match error.kind() {
        io::ErrorKind::NotFound if by_default => unusable("there is no such file", WITHOUT_A_FILE),
        io::ErrorKind::NotFound => {
            Unusable { why: "there is no such file".to_owned(), remedy: remedies.missing.map(str::to_owned) }
        }
        io::ErrorKind::PermissionDenied => unusable("permission denied", "let the user that runs tokenwell read it"),
        _ => Unusable { why: error.to_string(), remedy: None },
    }
}

/// Refuses brackets nested deeper than in any real configuration, because the parser's time is quadratic in open
/// brackets (100 000 of them take half a minute). Counts twice: every bracket, and only those outside quotes and
/// comments. The deeper count decides, so that neither a quote nor a comment can hide the rest.
fn check_nesting(text: &str) -> Result<(), Unusable> {
    let mut every = Nesting::default();
    let mut outside = Nesting::default();
    let mut state = State::Between;
    let mut characters = text.chars().peekable();
    let mut line = 1_usize;
    while let Some(c) = characters.next() {
        line += usize::from(c == '\n');
        every.count(c);
        state = match (state, c) {
            (State::Single, '\'') if characters.next_if_eq(&'\'').is_some() => State::Single,
            (State::Single, '\'') | (State::Double, '"') => State::Word,
            (State::Double, '\\') => {
                let escaped = characters.next().unwrap_or_default();
                line += usize::from(escaped == '\n');
                every.count(escaped);
                State::Double
            }
            (State::Comment, '\n') => State::Between,
            (State::Single | State::Double | State::Comment, _) => state,
            (State::Between, '\'') => State::Single,
            (State::Between, '"') => State::Double,
            (State::Between, '#') => State::Comment,
            (_, '[' | ']' | '{' | '}') => {
                outside.count(c);
                State::Between
            }
            (_, ',' | ':') => State::Between,
            (_, c) if c.is_whitespace() => State::Between,
            (_, _) => State::Word,
        };
        if every.open.max(outside.open) > NESTING_MAX {
            let why = format!("line {line} is nested deeper than {NESTING_MAX} levels");
            return Err(unusable(&why, "close the brackets that are open"));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Nesting {
    open: usize,
}

impl Nesting {
    fn count(&mut self, c: char) {
        match c {
            '[' | '{' => self.open += 1,
            ']' | '}' => self.open = self.open.saturating_sub(1),
            _ => {}
        }
    }
}

/// Where a character is, as far as brackets are concerned. A quote or a `#` inside a word is an ordinary letter.
#[derive(Clone, Copy)]
enum State {
    Between,
    Word,
    Single,
    Double,
    Comment,
}

fn unusable(why: &str, remedy: &str) -> Unusable {
    Unusable { why: why.to_owned(), remedy: Some(remedy.to_owned()) }
}

const CONFIGURATION: Remedies = Remedies {
    instead: "name a YAML file",
    shorter: "use `credentialsFrom` for many credentials that look alike",
    missing: None,
};
const TEMPLATE: Remedies = Remedies {
    instead: "name a text file",
    shorter: "shorten it",
    missing: Some("create it, name another, or write the template itself as `template`"),
};
const BYTE_ORDER_MARK: char = '\u{feff}';
const FILE_BYTES_MAX: u64 = 256 * 1024;
const NESTING_MAX: usize = 64;
const WITHOUT_A_FILE: &str = "write one with `tokenwell init`, or name another with `--config FILE` or `$TOKENWELL_CONFIG`,\n\
     or use flags instead: `--project-id ID --access-key-file FILE --output FILE`";

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(text: &str) -> bool {
        check_nesting(text).is_err()
    }

    #[test]
    fn brackets_may_nest_to_the_bound_and_no_further() {
        assert!(!is_refused(&"[".repeat(64)));
        assert!(is_refused(&"[".repeat(65)));
        assert!(is_refused(&"a: {".repeat(65)));
    }

    #[test]
    fn brackets_that_are_closed_again_do_not_add_up() {
        assert!(!is_refused(
            &"- {path: \"/run/{name}.jwt\", x: [1, '${A}']} # [{\n".repeat(1000).replace("# [{", "# [{}]")
        ));
    }

    #[test]
    fn neither_a_quote_nor_a_comment_hides_open_brackets() {
        let brackets = "[ # ]\n".repeat(65);
        assert!(is_refused(&brackets), "closers in comments close nothing");
        assert!(is_refused(&"[ \"]\",\n".repeat(65)), "closers in quotes close nothing");
        assert!(is_refused(&format!("a: |\n  '\nb: {}", "[".repeat(65))), "a quote in a block scalar opens nothing");
        assert!(is_refused(&format!("a: don't\nb: {brackets}")), "a quote in a word opens nothing");
    }
}
