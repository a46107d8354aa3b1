//! A session becomes files: rendered, then put in place by numbered steps that no reader and no crash can see half done.

mod error;
mod folder;
mod left;
mod lock;
mod look;
mod name;
mod ownership;
mod remove;
mod render;
mod sweep;
mod write;

use std::{collections::BTreeSet, path::PathBuf};

use crate::session::{Session, Times};

pub use error::{RemoveError, Step, SweepError, WriteError};
pub use left::{are_intact, find_token, make_folder};
pub use lock::Locks;
pub use remove::{Removed, remove};
pub use render::{
    Field, RENDERED_BYTES_MAX, RenderError, TEMPLATE_BYTES_MAX, TEMPLATE_WORDS, Template, TemplateMistake, Variable,
};
pub use sweep::{Swept, sweep};
pub use write::{Written, write, write_observed};

/// One file that holds a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// Where; absolute.
    pub path: PathBuf,
    /// How the session is written.
    pub format: Format,
    /// Permission bits, at most 0o777.
    pub mode: u32,
    /// The owner's uid, if it is to be set.
    pub owner: Option<u32>,
    /// The group's gid, if it is to be set.
    pub group: Option<u32>,
    /// Whether its folder is a set: everything in it changes as one, in generations.
    pub in_set: bool,
}

/// What is written of a session.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The session.
    pub session: &'a Session,
    /// The name of its credential.
    pub credential: &'a str,
    /// The project's id.
    pub project: &'a str,
    /// Its life, as readers are told of it.
    pub times: Times,
}

/// Writes a session to its outputs; answers for each. Blocks on the disk.
pub fn publish(outputs: &[Output], content: &Content<'_>, locks: &Locks) -> Vec<Result<Written, WriteError>> {
    let _ = locks;
    let written = |output: &Output| {
        let unrendered = |why| WriteError::Unrendered { path: output.path.clone(), why };
        let rendered = render::render(&output.format, content).map_err(unrendered)?;
        write(output, rendered.bytes())
    };
    outputs.iter().map(written).collect()
}

/// Removes a session from its outputs; answers for each. Blocks on the disk.
pub fn withdraw(outputs: &[Output], locks: &Locks) -> Vec<Result<Removed, RemoveError>> {
    let _ = locks;
    outputs.iter().map(remove).collect()
}

impl Output {
    /// The token's bytes at that path, with the mode of an output that names none.
    pub fn at(path: PathBuf) -> Self {
        Self { path, format: Format::default(), mode: MODE_DEFAULT, owner: None, group: None, in_set: false }
    }
}

/// How a session is written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// The JWT's bytes alone.
    #[default]
    Jwt,
    /// An object on one line, see [`Field`].
    Json {
        /// The claims of the JWT that stand in it, by name.
        claims: BTreeSet<String>,
    },
    /// Lines of `NAME=value`.
    Env {
        /// The lines.
        variables: Vec<Variable>,
    },
    /// The line `Authorization: Bearer …`.
    Header,
    /// Whatever a template makes of it.
    Template(Template),
}

/// The mode of an output that names none.
pub const MODE_DEFAULT: u32 = 0o640;
