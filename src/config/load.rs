//! Loads a configuration from its source, step by step.

use std::path::Path;

use super::{
    diagnostics::{Accepted, Diagnostics},
    digest::Digest,
    environment::Environment,
    flags,
    mistake::{Diagnostic, Kind, Mistakes},
    model::Config,
    overrides::Overrides,
    section,
    source::{ConfigSource, Origin},
    text, tree, unseen,
};

/// A usable configuration.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The checked configuration.
    pub config: Config,
    /// What is legal but rarely intended.
    pub warnings: Vec<Diagnostic>,
    /// Why no request may be sent with it; `None` for most.
    pub(super) not_to_send: Option<Mistakes>,
}

impl Loaded {
    /// Returns the configuration for a command that sends requests, or why none may be sent with it.
    pub fn for_requests(self) -> Result<Self, Mistakes> {
        match self.not_to_send {
            Some(mistakes) => Err(mistakes),
            None => Ok(self),
        }
    }

    /// Returns the warnings for a command that sends none.
    pub fn warnings_of_check(&self) -> impl Iterator<Item = &Diagnostic> {
        self.warnings.iter().chain(self.not_to_send.iter().flat_map(Mistakes::diagnostics))
    }
}

/// Reads a configuration and returns it, or all its mistakes. Flags override the environment, which overrides the file.
/// A reload calls this again with the same source. Reads the file, the templates that it names and the user database,
/// and resolves links in paths; does not read key files.
pub fn load(source: &ConfigSource, environment: &Environment) -> Result<Loaded, Mistakes> {
    load_with_digest(source, environment).1
}

/// Does the same, and returns the digest of the file as it was read.
pub fn load_with_digest(source: &ConfigSource, environment: &Environment) -> (Digest, Result<Loaded, Mistakes>) {
    match &source.origin {
        Origin::File(path) => load_file(path, source, environment),
        Origin::Flags { access_key_file, outputs } => {
            let mut diagnostics = Diagnostics::new(environment, Path::new("/"), "");
            let overrides = Overrides::new(source, &mut diagnostics);
            let config = flags::read(access_key_file, outputs, &overrides, &mut diagnostics);
            (Digest::NONE, finish(config, diagnostics, None, ""))
        }
    }
}

/// Reads the text of a configuration that is not at its path yet.
pub fn load_text(text: &str, path: &Path, environment: &Environment) -> Result<Loaded, Mistakes> {
    parse(text.as_bytes().to_vec(), path, &ConfigSource::file(path), environment)
}

fn load_file(path: &Path, source: &ConfigSource, environment: &Environment) -> (Digest, Result<Loaded, Mistakes>) {
    match text::read(path) {
        Ok(bytes) => (Digest::of(&bytes), parse(bytes, path, source, environment)),
        Err(unusable) => (Digest::NONE, Err(refused(path, unusable.into()))),
    }
}

fn parse(bytes: Vec<u8>, path: &Path, source: &ConfigSource, environment: &Environment) -> Result<Loaded, Mistakes> {
    let text = text::decode(bytes).map_err(|unusable| refused(path, unusable.into()))?;
    let parsed = tree::parse(&text);
    let unseen = unseen::diagnostics(&text, parsed.as_ref().ok());
    if !unseen.is_empty() {
        return Err(refused(path, Kind::Found { list: unseen, left_out: 0 }));
    }
    let node = parsed.map_err(|mistake| refused(path, Kind::Found { list: vec![mistake], left_out: 0 }))?;
    let mut diagnostics = Diagnostics::new(environment, path.parent().unwrap_or(path), &text);
    let overrides = Overrides::new(source, &mut diagnostics);
    let config = section::root::read(&node, path, &overrides, &mut diagnostics);
    finish(config, diagnostics, Some(path), &text)
}

fn refused(path: &Path, kind: Kind) -> Mistakes {
    Mistakes { file: Some(path.to_owned()), kind }
}

/// Returns the configuration if there are no mistakes.
fn finish(
    config: Option<Config>,
    diagnostics: Diagnostics,
    file: Option<&Path>,
    text: &str,
) -> Result<Loaded, Mistakes> {
    let Accepted { warnings, not_to_send } = diagnostics.end(file.map(Path::to_owned), text)?;
    let refused = |list| Mistakes { file: file.map(Path::to_owned), kind: Kind::Found { list, left_out: 0 } };
    let not_to_send = Some(not_to_send).filter(|list| !list.is_empty()).map(refused);
    match config {
        Some(config) => Ok(Loaded { config, warnings, not_to_send }),
        None => unreachable!("a reader returns `None` only after it recorded a mistake"),
    }
}
