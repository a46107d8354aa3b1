//! The configuration: as written in YAML, as meant in types. The conversion is the only validation.
//!
//! A file is read in steps, each of which guards what the next cannot bear: `text` bounds its size and nesting, `tree`
//! parses it with duplicate keys kept and nothing quoted in errors, `fields` are asked for by name, which finds those that
//! nobody asks for, `value` and `section` turn nodes into types, `conflicts` looks for what clashes, in the places that `real`
//! finds. Every step goes on after a mistake, `diagnostics` collects them, and `place` finds their lines at the end.

mod diagnostics;
mod digest;
mod environment;
mod expand;
mod fields;
mod flags;
mod mistake;
mod model;
mod overrides;
mod path_conflicts;
mod place;
mod reader;
mod resolve;
#[cfg(feature = "texts")]
pub mod schema;
mod section;
mod show;
mod source;
mod suggest;
mod syntax;
mod text;
mod tree;
mod value;

use std::path::Path;

pub use digest::Digest;
pub use environment::Environment;
pub use mistake::{Diagnostic, Mistakes, Place};
pub use model::{Config, Confine, Credential, KeyDirectory, LogFormat, LogSettings, NotACredential, Set};
pub use show::looks_like_a_secret;
pub use source::{DEFAULT_FILE, Origin, Source};
pub use value::duration;

use diagnostics::Diagnostics;
use mistake::Kind;
use overrides::Overrides;

/// A configuration that can be used.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// As meant.
    pub config: Config,
    /// What is legal but seldom meant.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a configuration: everything in it is right, or everything that is wrong is told. Flags beat the environment, which
/// beats the file. Called again with the same source for a reload. Reads the file, the templates that it
/// names and the users and groups of the machine, and looks where paths lead to; key files are not read.
pub fn load(source: &Source, environment: &Environment) -> Result<Loaded, Mistakes> {
    load_marked(source, environment).1
}

/// The same, with the mark of what the file held when it was read.
pub fn load_marked(source: &Source, environment: &Environment) -> (Digest, Result<Loaded, Mistakes>) {
    match &source.origin {
        Origin::File(path) => load_file(path, source, environment),
        Origin::Flags { access_key_file, outputs } => {
            let mut diagnostics = Diagnostics::new(environment, Path::new("/"));
            let overrides = Overrides::new(source, &mut diagnostics);
            let config = flags::read(access_key_file, outputs, &overrides, &mut diagnostics);
            (Digest::NONE, finish(config, diagnostics, None, ""))
        }
    }
}

fn load_file(path: &Path, source: &Source, environment: &Environment) -> (Digest, Result<Loaded, Mistakes>) {
    match text::read(path) {
        Ok(bytes) => (Digest::of(&bytes), understand(bytes, path, source, environment)),
        Err(unusable) => (Digest::NONE, Err(refused(path, unusable.into()))),
    }
}

fn understand(bytes: Vec<u8>, path: &Path, source: &Source, environment: &Environment) -> Result<Loaded, Mistakes> {
    let text = text::understand(bytes).map_err(|unusable| refused(path, unusable.into()))?;
    let node = tree::parse(&text).map_err(|remark| refused(path, Kind::Found { list: vec![remark], left_out: 0 }))?;
    let mut diagnostics = Diagnostics::new(environment, path.parent().unwrap_or(path));
    let overrides = Overrides::new(source, &mut diagnostics);
    let config = section::root::read(&node, path, &overrides, &mut diagnostics);
    finish(config, diagnostics, Some(path), &text)
}

fn refused(path: &Path, kind: Kind) -> Mistakes {
    Mistakes { file: Some(path.to_owned()), kind }
}

/// What was read, if nothing is wrong with it.
fn finish(
    config: Option<Config>,
    diagnostics: Diagnostics,
    file: Option<&Path>,
    text: &str,
) -> Result<Loaded, Mistakes> {
    let warnings = diagnostics.end(file.map(Path::to_owned), text)?;
    match config {
        Some(config) => Ok(Loaded { config, warnings }),
        None => unreachable!("a reader gives nothing back only after it has noted a mistake"),
    }
}
