//! Takes the steps of one write to a set; an observer sees each step before it is taken.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use tracing::warn;

use super::SetStep;
use crate::output::file::WriteError;

/// Takes the steps of one write and calls the observer before each.
pub(super) struct SetSteps<'w> {
    pub(super) directory: &'w Path,
    pub(super) before: &'w mut dyn FnMut(SetStep) -> io::Result<()>,
}

impl SetSteps<'_> {
    /// A step about the set.
    pub(super) fn take<T>(&mut self, step: SetStep, act: impl FnOnce() -> io::Result<T>) -> Result<T, WriteError> {
        (self.before)(step).and_then(|()| act()).map_err(|source| WriteError::Set {
            step,
            path: self.directory.to_owned(),
            source,
        })
    }

    /// A step about one file of it.
    pub(super) fn take_of<T>(
        &mut self,
        step: SetStep,
        name: &OsStr,
        act: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, WriteError> {
        let path = self.path_of(name);
        (self.before)(step).and_then(|()| act()).map_err(|source| WriteError::Set { step, path, source })
    }

    /// Where readers find a file.
    pub(super) fn path_of(&self, name: &OsStr) -> PathBuf {
        self.directory.join(name)
    }
}

/// Logs an error that does not fail the write or the removal.
pub(super) fn log_failure<T>(done: Result<T, WriteError>) -> Option<T> {
    done.inspect_err(|error| warn!("{error}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::file::Step;

    #[test]
    fn every_step_makes_a_sentence() {
        let path = PathBuf::from("/x");
        let source = || io::Error::other("why");
        let plain = Step::ALL.map(|step| WriteError::Failed { step, path: path.clone(), source: source() }.to_string());
        let in_set =
            SetStep::ALL.map(|step| WriteError::Set { step, path: path.clone(), source: source() }.to_string());
        insta::assert_snapshot!(plain.join("\n"), @r"
        cannot look at token file `/x`: why
        cannot make folder `/x`: why
        cannot create a temporary file in folder `/x`: why
        cannot write token file `/x`: why
        cannot set owner and group of token file `/x`: why
        cannot set the mode of token file `/x`: why
        cannot sync token file `/x` to disk: why
        cannot replace token file `/x`: why
        cannot sync folder `/x` to disk: why
        ");
        insta::assert_snapshot!(in_set.join("\n"), @r"
        cannot look at `/x`: why
        cannot make folder `/x`: why
        cannot make a new generation in set `/x`: why
        cannot create token file `/x` in a new generation: why
        cannot write token file `/x`: why
        cannot set owner and group of token file `/x`: why
        cannot set the mode of token file `/x`: why
        cannot sync token file `/x` to disk: why
        cannot link token file `/x` into a new generation: why
        cannot copy token file `/x` into a new generation: why
        cannot set the group of a new generation in set `/x`: why
        cannot set the mode of a new generation in set `/x`: why
        cannot sync a new generation in set `/x` to disk: why
        cannot make a link to a new generation in set `/x`: why
        cannot make a new generation the current one in set `/x`: why
        cannot sync set `/x` to disk: why
        cannot update the link of token file `/x`: why
        cannot remove old generations in set `/x`: why
        ");
    }
}
