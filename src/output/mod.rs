//! A session becomes files: rendered, then put in place by numbered steps that no reader and no crash can see half done.
//! A file by itself is `write.rs`; files that change as one are a set, `set/`.

mod file;
mod render;

use std::{collections::BTreeSet, path::PathBuf};

use crate::session::{Session, Times};

pub use file::{
    Condition, FileStamp, Held, LOCK_FILE, Locks, ProbeError, Probed, ProtectedKeys, RemoveError, Removed, Room,
    SetStep, Step, SweepError, Swept, WriteError, Written, are_intact, find_token, holder, inspect, is_unchanged_since,
    make_folder, probe, publish, remove, remove_set_observed, sweep, tidy, watched_files, watched_folders, withdraw,
    write, write_observed, write_set_observed,
};
pub use render::{
    Field, RENDERED_BYTES_MAX, RenderError, TEMPLATE_BYTES_MAX, TEMPLATE_WORDS, Template, TemplateMistake, Variable,
};

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
    /// If its folder is a set, whose files change as one: how the folders of its generations are made.
    pub set: Option<SetFolder>,
}

/// The folders of a set's generations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetFolder {
    /// Permission bits, at most 0o777; the owner has all of them.
    pub mode: u32,
    /// The group's gid, if it is to be set.
    pub group: Option<u32>,
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

impl Output {
    /// The token's bytes at that path, with the mode of an output that names none.
    pub fn at(path: PathBuf) -> Self {
        Self { path, format: Format::default(), mode: MODE_DEFAULT, owner: None, group: None, set: None }
    }

    /// The group of its folder, where that has to be made.
    fn folder_group(&self) -> Option<u32> {
        self.set.as_ref().map_or(self.group, |set| set.group)
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

impl Format {
    /// The configuration's word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Json { .. } => "json",
            Self::Env { .. } => "env",
            Self::Header => "header",
            Self::Template(_) => "template",
        }
    }
}

/// The mode of an output that names none.
pub const MODE_DEFAULT: u32 = 0o640;
