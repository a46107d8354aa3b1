//! Names of the files of outputs, and of the temporary files beside them.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::FileTarget;

/// The folder of an output and the name of its file therein.
#[derive(Clone, Copy)]
pub(super) struct Place<'o> {
    pub(super) folder: &'o Path,
    pub(super) name: &'o OsStr,
}

impl<'o> Place<'o> {
    /// Fails for a path that names no file, such as `/` or `/run/..`.
    pub(super) fn of(file: &'o FileTarget) -> io::Result<Self> {
        match (file.path.parent(), file.path.file_name()) {
            (Some(folder), Some(name)) => Ok(Self { folder, name }),
            (None, _) | (_, None) => Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file")),
        }
    }

    /// The file itself.
    pub(super) fn target(self) -> PathBuf {
        self.folder.join(self.name)
    }

    /// The prefix of a temporary file's name. The dots keep it out of globs such as `*.jwt`, and from programs that skip what volumes of
    /// Kubernetes hold besides files.
    pub(super) fn temporary_prefix(self) -> OsString {
        let mut prefix = OsString::from(TEMPORARY_PREFIX);
        prefix.push(self.name);
        prefix.push(".");
        prefix
    }
}

/// The name of the file that a temporary file was meant to become; `None` for a name that is not ours.
///
/// The random part has a fixed length and no dot, so a name has one reading only: the temporary file of `a.b` is never
/// taken for one of `a`.
pub(super) fn target_of(temporary: &OsStr) -> Option<&OsStr> {
    let inner =
        temporary.as_bytes().strip_prefix(TEMPORARY_PREFIX.as_bytes())?.strip_suffix(TEMPORARY_SUFFIX.as_bytes())?;
    let (target, random) = inner.split_at_checked(inner.len().checked_sub(TEMPORARY_RANDOM_CHARS)?)?;
    let target = target.strip_suffix(b".")?;
    let ours = !target.is_empty() && random.iter().all(u8::is_ascii_alphanumeric);
    ours.then(|| OsStr::from_bytes(target))
}

/// The prefix of a temporary file's name, before the name of the output.
pub(super) const TEMPORARY_PREFIX: &str = "..";

/// The suffix of a temporary file's name.
pub(super) const TEMPORARY_SUFFIX: &str = ".tokenwell";

/// How many random letters and digits stand between prefix and suffix.
pub(super) const TEMPORARY_RANDOM_CHARS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_name_has_one_reading_only() {
        let target = |name: &'static str| target_of(OsStr::new(name)).and_then(OsStr::to_str);
        assert_eq!(target("..a.Xy12zZ.tokenwell"), Some("a"));
        assert_eq!(target("..a.b.Xy12zZ.tokenwell"), Some("a.b"));
        assert_eq!(target("...hidden.Xy12zZ.tokenwell"), Some(".hidden"));
        for foreign in [
            "",
            ".",
            "a",
            "..tokenwell",
            "..a.tokenwell",
            "a.Xy12zZ.tokenwell",
            ".a.Xy12zZ.tokenwell",
            "...Xy12zZ.tokenwell",
            "..aXy12zZ.tokenwell",
            "..a.Xy12z.tokenwell",
            "..a.Xy12zZ7.tokenwell",
            "..a.Xy.2zZ.tokenwell",
            "..a.Xy12zZ.tokenwell~",
            "..a.Xy12zé.tokenwell",
        ] {
            assert_eq!(target(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_name_that_was_made_is_read_back() {
        let file = FileTarget::at("/x/.a.b".into());
        let place = Place::of(&file).unwrap();
        let mut name = place.temporary_prefix();
        name.push("123456");
        name.push(TEMPORARY_SUFFIX);
        assert_eq!(target_of(&name), Some(place.name));
    }
}
