//! The configuration: as written in YAML, as meant in types. The conversion is the only validation.
//!
//! A file is read in steps, each of which guards what the next cannot bear: `text` bounds its size and nesting, `tree`
//! parses it with duplicate keys kept and nothing quoted in errors, `fields` are asked for by name, which finds those that
//! nobody asks for, `value` and `section` turn nodes into types, `uses` looks for what clashes, in the places that `real`
//! finds. Every step goes on after a mistake, `notes` collects them, and `place` finds their lines at the end.

mod environment;
mod expand;
mod fields;
mod flags;
mod mark;
mod meant;
mod mistake;
mod notes;
mod overrides;
mod place;
mod reader;
mod real;
#[cfg(feature = "texts")]
pub mod schema;
mod section;
mod show;
mod source;
mod suggest;
mod syntax;
mod text;
mod tree;
mod uses;
mod value;

use std::path::Path;

pub use environment::Environment;
pub use mark::Mark;
pub use meant::{Config, Confine, Credential, KeyDirectory, LogFormat, LogSettings, NotACredential, Set};
pub use mistake::{Mistakes, Place, Remark};
pub use show::looks_like_a_secret;
pub use source::{DEFAULT_FILE, Origin, Source};
pub use value::duration;

use mistake::Kind;
use notes::Notes;
use overrides::Overrides;

/// A configuration that can be used.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// As meant.
    pub config: Config,
    /// What is legal but seldom meant.
    pub warnings: Vec<Remark>,
}

/// Reads a configuration: everything in it is right, or everything that is wrong is told. Flags beat the environment, which
/// beats the file. Called again with the same source for a reload. Reads the file, the templates that it
/// names and the users and groups of the machine, and looks where paths lead to; key files are not read.
pub fn load(source: &Source, environment: &Environment) -> Result<Loaded, Mistakes> {
    load_marked(source, environment).1
}

/// The same, with the mark of what the file held when it was read.
pub fn load_marked(source: &Source, environment: &Environment) -> (Mark, Result<Loaded, Mistakes>) {
    match &source.origin {
        Origin::File(path) => load_file(path, source, environment),
        Origin::Flags { access_key_file, outputs } => {
            let mut notes = Notes::new(environment, Path::new("/"));
            let said = Overrides::new(source, &mut notes);
            let config = flags::read(access_key_file, outputs, &said, &mut notes);
            (Mark::NONE, finish(config, notes, None, ""))
        }
    }
}

fn load_file(path: &Path, source: &Source, environment: &Environment) -> (Mark, Result<Loaded, Mistakes>) {
    match text::read(path) {
        Ok(bytes) => (Mark::of(&bytes), understand(bytes, path, source, environment)),
        Err(unusable) => (Mark::NONE, Err(refused(path, unusable.into()))),
    }
}

fn understand(bytes: Vec<u8>, path: &Path, source: &Source, environment: &Environment) -> Result<Loaded, Mistakes> {
    let text = text::understand(bytes).map_err(|unusable| refused(path, unusable.into()))?;
    let node = tree::parse(&text).map_err(|remark| refused(path, Kind::Found { list: vec![remark], left_out: 0 }))?;
    let mut notes = Notes::new(environment, path.parent().unwrap_or(path));
    let said = Overrides::new(source, &mut notes);
    let config = section::root::read(&node, path, &said, &mut notes);
    finish(config, notes, Some(path), &text)
}

fn refused(path: &Path, kind: Kind) -> Mistakes {
    Mistakes { file: Some(path.to_owned()), kind }
}

/// What was read, if nothing is wrong with it.
fn finish(config: Option<Config>, notes: Notes, file: Option<&Path>, text: &str) -> Result<Loaded, Mistakes> {
    let warnings = notes.end(file.map(Path::to_owned), text)?;
    match config {
        Some(config) => Ok(Loaded { config, warnings }),
        None => unreachable!("a reader gives nothing back only after it has noted a mistake"),
    }
}
