//! An output, and what can be done with it: claim it, publish to it, withdraw from it, find a token in it, inspect it, name it.
//! Each verb matches the target, so callers know no kind of target.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io, iter,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{
    file::{
        self, Condition, Expected, FileOutput, FileStamp, FileTarget, Held, Locks, Probed, ProtectedKeys, Published,
        RemoveError, Removed, Swept, WriteError,
    },
    render::{Content, Format},
    target::{Address, Target},
};
use crate::{
    attributes::Imposed,
    blocking::{Access, at_file},
    fingerprint::Fingerprint,
    secret::Secret,
};

/// One place that holds a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// How the session is written.
    pub format: Format,
    /// Where.
    pub target: Target,
}

impl From<FileTarget> for Output {
    /// The token's bytes in that file.
    fn from(file: FileTarget) -> Self {
        Self { format: Format::default(), target: Target::File(file) }
    }
}

impl Output {
    /// The token's bytes in the file of that path, with the mode of an output that names none.
    pub fn at(path: PathBuf) -> Self {
        FileTarget::at(path).into()
    }

    /// Its name in logs and in the status.
    pub fn name(&self) -> Cow<'_, str> {
        self.target.name()
    }

    /// The address of its target, which differs from every other target's.
    pub fn address(&self) -> Address {
        self.target.address()
    }

    /// Whether both write to the same target.
    pub fn is_same_target(&self, other: &Self) -> bool {
        self.address() == other.address()
    }

    /// Whether a claim on one is a claim on the other: the same target, claimed in the same way.
    pub fn is_same_claim(&self, other: &Self) -> bool {
        match (&self.target, &other.target) {
            (Target::File(mine), Target::File(other)) => {
                mine.path == other.path && mine.set.is_some() == other.set.is_some()
            }
        }
    }

    /// The file, where the target is one.
    pub fn file(&self) -> Option<&Path> {
        match &self.target {
            Target::File(file) => Some(&file.path),
        }
    }

    /// The folder that this process must be able to write in, if there is one.
    pub fn folder(&self) -> Option<&Path> {
        match &self.target {
            Target::File(file) => file.path.parent(),
        }
    }

    /// Whether its file is one of a set, whose files change as one.
    pub fn is_in_set(&self) -> bool {
        match &self.target {
            Target::File(file) => file.set.is_some(),
        }
    }

    /// How long the files that it replaces stay where a reader may have found them; `None` if it is in no set.
    pub fn keep_previous(&self) -> Option<Duration> {
        match &self.target {
            Target::File(file) => file.set.as_ref().map(|set| set.keep_previous),
        }
    }

    /// The same output under another name: `rename` answers the new name for the old one.
    #[must_use]
    pub fn renamed(&self, rename: impl Fn(&str) -> String) -> Self {
        let target = match &self.target {
            Target::File(file) => {
                Target::File(FileTarget { path: rename(&file.path.to_string_lossy()).into(), ..file.clone() })
            }
        };
        Self { format: self.format.clone(), target }
    }

    /// Claims the target for this process until it is released, or the process ends. Blocks on the disk. See
    /// [`Locks::claim`].
    pub fn claim(&self, locks: &Locks) -> Result<(), Held> {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Write, &file.path);
                locks.claim(file)
            }
        }
    }

    /// Leaves the target to other processes.
    pub fn release(&self, locks: &Locks) {
        match &self.target {
            Target::File(file) => locks.release(file),
        }
    }

    /// The process that has claimed the target, if one has; nothing is claimed. Blocks on the disk. See [`file::holder`].
    pub fn holder(&self) -> io::Result<Option<Held>> {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Read, &file.path);
                file::holder(file)
            }
        }
    }

    /// Prepares what a claim and a write need: the folder of a file is made if it is missing. Blocks on the disk.
    pub fn prepare(&self) -> io::Result<()> {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Write, &file.path);
                file::make_folder(file)
            }
        }
    }

    /// Whether the target holds this content as it should, or as its file system imposed. One that is as its stamp says is not
    /// read. Blocks on the disk.
    pub fn inspect(&self, content: &Content<'_>, stamp: Option<FileStamp>, imposed: Option<&Imposed>) -> Condition {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Read, &file.path);
                file::inspect(self.to_file(file, imposed), content, stamp)
            }
        }
    }

    /// Whether the target holds exactly this content, with the mode and owner that are wanted or imposed, where readers find
    /// it. Blocks on the disk.
    pub fn is_intact(&self, content: &Content<'_>, imposed: Option<&Imposed>) -> bool {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Read, &file.path);
                file::is_intact(self.to_file(file, imposed), content)
            }
        }
    }

    /// One line on what the file system imposed, with the remedy.
    pub fn imposed_note(&self, imposed: &Imposed) -> String {
        match &self.target {
            Target::File(file) => file::note(&file.path, imposed),
        }
    }

    /// Whether the target is as it was when it was last found right; false where that is not known. Blocks on the disk.
    pub fn is_unchanged_since(&self, stamp: Option<FileStamp>, imposed: Option<&Imposed>) -> bool {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Read, &file.path);
                file::is_unchanged_since(Expected::with(file, imposed), stamp)
            }
        }
    }

    /// Whether the target can be written, tried without touching what it holds. Blocks on the disk.
    pub fn probe(&self) -> Result<Probed, WriteError> {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Write, &file.path);
                file::probe(file)
            }
        }
    }

    /// What a write would not replace now, as the error of that write. Blocks on the disk.
    pub fn obstacle(&self) -> Option<WriteError> {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Read, &file.path);
                file::obstacle(file)
            }
        }
    }

    /// Everything in the target that may be a JWT, and when it was written there. Blocks on the disk.
    pub fn tokens(&self) -> Option<(Vec<Secret>, SystemTime)> {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Read, &file.path);
                file::tokens(file)
            }
        }
    }

    /// The token that the target holds, found by the output's format, and when it was written there. Blocks on the disk.
    pub fn written_token(&self) -> Option<(Secret, SystemTime)> {
        match &self.target {
            Target::File(file) => {
                at_file(Access::Read, &file.path);
                file::token(self.to_file(file, None))
            }
        }
    }

    /// The folders in which a change of this output shows.
    pub fn watched_folders(&self) -> impl Iterator<Item = PathBuf> {
        match &self.target {
            Target::File(file) => file::watched_folders(file),
        }
    }

    /// The paths under which a change of this output shows.
    pub fn watched_files(&self) -> impl Iterator<Item = PathBuf> {
        match &self.target {
            Target::File(file) => file::watched_files(file),
        }
    }

    fn to_file<'o>(&'o self, target: &'o FileTarget, imposed: Option<&'o Imposed>) -> FileOutput<'o> {
        FileOutput { target, format: &self.format, imposed }
    }
}

/// Writes a session to its outputs; answers for each. Blocks on the disk, and while another credential's files of the same
/// set are being written. What would replace an access key is refused. `imposed` is what file systems imposed on each output
/// before.
pub fn publish(
    outputs: &[Output],
    imposed: &[Option<Imposed>],
    content: &Content<'_>,
    locks: &Locks,
    protected_keys: &ProtectedKeys,
) -> Vec<Result<Published, WriteError>> {
    file::publish(&files(outputs, imposed), content, locks, protected_keys)
}

/// Removes a session from its outputs; answers for each. Blocks as [`publish`] does, and refuses what that refuses.
pub fn withdraw(
    outputs: &[Output],
    locks: &Locks,
    protected_keys: &ProtectedKeys,
) -> Vec<Result<Removed, RemoveError>> {
    file::withdraw(&files(outputs, &[]), locks, protected_keys)
}

/// The token of that fingerprint, if one of the outputs holds it. Blocks on the disk.
pub fn find(outputs: &[Output], token: Fingerprint) -> Option<Secret> {
    outputs.iter().find_map(|output| match &output.target {
        Target::File(file) => {
            at_file(Access::Read, &file.path);
            file::find_token(file, token)
        }
    })
}

/// Everything in any file that may be a token, as fingerprints. A pipe, a device or a file that is longer than any output is invalid
/// data. Blocks on the disk.
pub fn fingerprints_in(file: &Path) -> io::Result<Vec<Fingerprint>> {
    at_file(Access::Read, file);
    file::fingerprints(file)
}

/// Removes what a crash left beside these outputs. Blocks on the disk. See [`file::sweep`].
pub fn sweep<'o>(outputs: impl IntoIterator<Item = &'o Output>, locks: &Locks) -> Swept {
    file::sweep(outputs.into_iter().map(file_of), locks)
}

/// Makes the missing folders of these outputs, and claims many outputs of one folder at once where that is possible. What is left
/// out is made and claimed by [`Output::prepare`] and [`Output::claim`], which report what is wrong. Blocks on the disk.
pub fn claim_ahead<'o>(outputs: impl IntoIterator<Item = &'o Output>, locks: &Locks) {
    let mut folders: BTreeMap<&Path, Vec<&Output>> = BTreeMap::new();
    for output in outputs {
        if let Some(folder) = output.folder() {
            folders.entry(folder).or_default().push(output);
        }
    }
    for (folder, outputs) in folders {
        if outputs.first().is_some_and(|first| first.prepare().is_ok()) {
            locks.claim_ahead(folder, outputs.into_iter().map(file_of));
        }
    }
}

/// Removes old generations of the sets of these outputs, all but the current one and so many newest. Blocks on the disk. See
/// [`file::tidy`].
pub fn tidy<'o>(outputs: impl IntoIterator<Item = (&'o Output, usize)>, locks: &Locks) -> Swept {
    file::tidy(outputs.into_iter().map(|(output, newest)| (file_of(output), newest)), locks)
}

fn files<'o>(outputs: &'o [Output], imposed: &'o [Option<Imposed>]) -> Vec<FileOutput<'o>> {
    let imposed = imposed.iter().map(Option::as_ref).chain(iter::repeat(None));
    outputs.iter().zip(imposed).map(|(output, imposed)| output.to_file(file_of(output), imposed)).collect()
}

fn file_of(output: &Output) -> &FileTarget {
    match &output.target {
        Target::File(file) => file,
    }
}
