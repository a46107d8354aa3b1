//! Errors of an output's file, with the remedy for each.

use std::{
    io,
    path::{Path, PathBuf},
};

use rustix::io::Errno;

use super::{Held, RenderError, SetStep, Step, imposed_note};
use crate::{attributes::ImposedAttributes, irreplaceable::Irreplaceable};

/// Why a session was not written. The file that stood there, if any, is untouched.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The target is no file, and no link to one.
    #[error("cannot write token file `{path}`: it is {what}; {remedy}", path = path.display(), remedy = unfit_remedy(*what))]
    Unfit {
        /// The target.
        path: PathBuf,
        /// What it is.
        what: Irreplaceable,
    },
    /// The session has no form to be written in.
    #[error("cannot make the content of token file `{path}`: {why}", path = path.display())]
    Unrendered {
        /// The target.
        path: PathBuf,
        /// The reason.
        why: RenderError,
    },
    /// A step failed.
    #[error("cannot {step}: {reason}{remedy}", step = step.at(path), reason = plain(source), remedy = joined(remedy(Some(*step), source)))]
    Failed {
        /// Which.
        step: Step,
        /// What it was about: the token file, or its folder.
        path: PathBuf,
        /// The error from the system.
        source: io::Error,
    },
    /// A step of a write to a set failed; see [`SetStep`].
    #[error("cannot {step}: {reason}{remedy}", step = step.at(path), reason = plain(source), remedy = joined(remedy_in_set(*step, source)))]
    Set {
        /// Which.
        step: SetStep,
        /// What it was about: a token file, or the folder of the set.
        path: PathBuf,
        /// The error from the system.
        source: io::Error,
    },
    /// Another entry is in the place of a link of a set.
    #[error("cannot put a link of the set at `{path}`: it is {what}; {REMOVE_IT}", path = path.display())]
    InTheWay {
        /// Where.
        path: PathBuf,
        /// What it is.
        what: Irreplaceable,
    },
    /// The file system gives the file other attributes, and the output refuses that.
    #[error("cannot write token file `{path}`: it would have {words}; {remedy}", path = path.display(), words = imposed.words(), remedy = not_kept_remedy(path))]
    NotKept {
        /// The token file.
        path: PathBuf,
        /// What is imposed on it, or on its folder in a set.
        imposed: ImposedAttributes,
    },
    /// A write would destroy an access key.
    #[error("cannot write token file `{path}`: through a link it is the access key `{key}`, or in that folder of keys; {WRITE_ELSEWHERE}", path = path.display(), key = key.display())]
    IsAKey {
        /// The target.
        path: PathBuf,
        /// The key file, or the folder in which every file is a key.
        key: PathBuf,
    },
    /// Another process writes there.
    #[error(transparent)]
    Held(#[from] Held),
}

impl WriteError {
    /// What a person can do about it, if that is known. Its message ends with the same words.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Unfit { what, .. } => Some(unfit_remedy(*what).to_owned()),
            Self::Unrendered { why, .. } => Some(why.remedy().to_owned()),
            Self::Failed { step, source, .. } => remedy(Some(*step), source).map(str::to_owned),
            Self::Set { step, source, .. } => remedy_in_set(*step, source).map(str::to_owned),
            Self::InTheWay { .. } => Some(REMOVE_IT.to_owned()),
            Self::NotKept { path, .. } => Some(not_kept_remedy(path)),
            Self::IsAKey { .. } => Some(WRITE_ELSEWHERE.to_owned()),
            Self::Held(held) => Some(held.remedy().to_owned()),
        }
    }

    /// Copies the error, because an error of a set is an error of each of its files.
    pub(super) fn again(&self) -> Self {
        let same = |source: &io::Error| {
            let number = source.raw_os_error().map(io::Error::from_raw_os_error);
            number.unwrap_or_else(|| io::Error::new(source.kind(), source.to_string()))
        };
        match self {
            Self::Unfit { path, what } => Self::Unfit { path: path.clone(), what: *what },
            Self::Unrendered { path, why } => Self::Unrendered { path: path.clone(), why: why.clone() },
            Self::Failed { step, path, source } => {
                Self::Failed { step: *step, path: path.clone(), source: same(source) }
            }
            Self::Set { step, path, source } => Self::Set { step: *step, path: path.clone(), source: same(source) },
            Self::InTheWay { path, what } => Self::InTheWay { path: path.clone(), what: *what },
            Self::NotKept { path, imposed } => Self::NotKept { path: path.clone(), imposed: *imposed },
            Self::IsAKey { path, key } => Self::IsAKey { path: path.clone(), key: key.clone() },
            Self::Held(held) => Self::Held(held.clone()),
        }
    }
}

/// Why a token file was not removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot remove token file `{path}`: {reason}{remedy}", path = path.display(), reason = plain(source), remedy = joined(remedy(None, source)))]
pub struct RemoveError {
    /// The token file.
    pub path: PathBuf,
    /// The error from the system.
    pub source: io::Error,
}

impl RemoveError {
    /// What a person can do about it, if that is known. Its message ends with the same words.
    pub fn remedy(&self) -> Option<String> {
        remedy(None, &self.source).map(str::to_owned)
    }
}

/// Why a folder was not swept.
#[derive(Debug, thiserror::Error)]
#[error("cannot sweep left-over temporary files in folder `{folder}`: {reason}{remedy}", folder = folder.display(), reason = plain(source), remedy = joined(remedy(None, source)))]
pub struct SweepError {
    /// The folder.
    pub folder: PathBuf,
    /// The error from the system.
    pub source: io::Error,
}

/// The system's message in the style of the program: lower case, without the number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A remedy as the end of a message.
fn joined(remedy: Option<&str>) -> String {
    remedy.map(|remedy| format!("; {remedy}")).unwrap_or_default()
}

/// The remedy for a step of a set. A generation has fresh names in a fresh folder, so few differ.
fn remedy_in_set(step: SetStep, error: &io::Error) -> Option<&'static str> {
    let remedy = match (step, Errno::from_io_error(error)) {
        (SetStep::SetGenerationGroup, Some(Errno::PERM)) => {
            "tokenwell may give a folder only to a `group` that it is in: add the group (`fsGroup` or \
             `supplementalGroups`, `SupplementaryGroups=`), or drop `group` from the set and its outputs"
        }
        (SetStep::CopyOver, Some(Errno::PERM | Errno::ACCESS)) => {
            "it belongs to another user or group, and so did the tokenwell that wrote it: run as that one (`runAsUser`, \
             `User=`, `fsGroup`), or remove the set's folder to begin anew"
        }
        (SetStep::Swap, Some(Errno::ISDIR)) => "`..data` is a folder there: remove it",
        _ => return remedy(Some(step.plain()), error),
    };
    Some(remedy)
}

/// The remedy, if one is known. A removal and a sweep have no step. Most error numbers have no remedy of their own.
fn remedy(step: Option<Step>, error: &io::Error) -> Option<&'static str> {
    let remedy = match (step, Errno::from_io_error(error)?) {
        (Some(Step::SetOwner), Errno::PERM) => {
            "only root (or CAP_CHOWN) may give a file to another `owner`, and others only to a `group` that they are in: \
             run as that owner (`runAsUser`, `User=`), add the group (`fsGroup` or `supplementalGroups`, \
             `SupplementaryGroups=`), or drop `owner` and `group` from the output"
        }
        (Some(Step::SetOwner), Errno::INVAL) => {
            "this uid or gid does not exist in the user namespace that tokenwell runs in: choose one that is mapped"
        }
        (Some(Step::SetMode), Errno::PERM) => {
            "this file system keeps no modes of its own: set them in its mount options, or write to another one"
        }
        (Some(Step::MakeFolders), Errno::PERM) => {
            "a new folder gets the output's `group`, which must be one that tokenwell is in: make the folder beforehand, \
             or add the group (`fsGroup` or `supplementalGroups`, `SupplementaryGroups=`)"
        }
        (Some(Step::MakeFolders), Errno::EXIST) => "it is a link that leads nowhere: repair or remove it",
        (Some(Step::Rename), Errno::ACCESS | Errno::PERM) => {
            "the file is another user's in a sticky folder such as `/tmp`, or is immutable: remove it by hand, or name \
             another folder"
        }
        (_, Errno::ACCESS | Errno::PERM) => {
            "tokenwell's user needs the right to write in the folder: give it the folder (`fsGroup` in Kubernetes, \
             `RuntimeDirectory=` in a systemd unit), or run it as the folder's owner (`runAsUser`, `User=`)"
        }
        (_, Errno::ROFS) => {
            "choose a folder that can be written: an `emptyDir` volume in Kubernetes, `RuntimeDirectory=` or \
             `ReadWritePaths=` in a systemd unit"
        }
        (_, Errno::NOSPC | Errno::DQUOT) => "free space or inodes there, or raise the quota",
        (_, Errno::FBIG) => "raise the limit on the size of files (`ulimit -f`, `LimitFSIZE=`)",
        (_, Errno::BUSY) => {
            "the file is a mount of its own, as Kubernetes makes for `subPath`, and cannot be replaced: mount its folder \
             instead"
        }
        (_, Errno::ISDIR) => "it is a folder: name a file in it",
        (_, Errno::NOTDIR) => "a part of this path is a file where a folder is needed: correct the path",
        (_, Errno::LOOP) => "the links on this path lead in a circle: repair them",
        (_, Errno::NAMETOOLONG) => {
            "use a shorter name: at most 237 bytes, so that there is room for the temporary name"
        }
        (_, Errno::MFILE | Errno::NFILE) => "raise the limit on open files (`ulimit -n`, `LimitNOFILE=`)",
        (_, Errno::IO) => "the disk fails: see the kernel's log",
        _ => return None,
    };
    Some(remedy)
}

/// The remedy for a file system that keeps no attributes, where that is refused.
fn not_kept_remedy(path: &Path) -> String {
    let remedy = imposed_note::remedy(path);
    format!(
        "{remedy}; these are `file_mode`, `dir_mode`, `uid` and `gid` for SMB and Azure Files, and `allow_other`, `umask`, `uid` \
         and `gid` for blobfuse; `onModeIgnored: accept` writes the file all the same"
    )
}

/// The remedy for a target that is no file.
fn unfit_remedy(what: Irreplaceable) -> &'static str {
    match what {
        Irreplaceable::OfTheKernel(_) => WRITE_OUTSIDE,
        Irreplaceable::Folder | Irreplaceable::Fifo | Irreplaceable::Socket | Irreplaceable::Device => NAME_A_FILE,
    }
}

const WRITE_OUTSIDE: &str = "name a file in another folder; `tokenwell token NAME` prints a token";
const NAME_A_FILE: &str = "name a file instead, tokenwell replaces nothing else";
const REMOVE_IT: &str = "remove it, tokenwell replaces files and links only";
const WRITE_ELSEWHERE: &str = "write tokens somewhere else";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        attributes::{Attributes, WantedAttributes},
        irreplaceable::KernelFolder,
    };

    #[test]
    fn an_error_says_what_where_and_what_to_do() {
        let path = PathBuf::from("/run/app/token");
        let error =
            |step, errno: Errno| WriteError::Failed { step, path: path.clone(), source: errno.into() }.to_string();
        assert_eq!(
            error(Step::Rename, Errno::BUSY),
            "cannot replace token file `/run/app/token`: device or resource busy; the file is a mount of its own, as \
             Kubernetes makes for `subPath`, and cannot be replaced: mount its folder instead"
        );
        assert_eq!(
            error(Step::WriteContent, Errno::NOSPC),
            "cannot write token file `/run/app/token`: no space left on device; free space or inodes there, or raise the \
             quota"
        );
        let denied = error(Step::SetOwner, Errno::PERM);
        assert!(
            ["operation not permitted", "fsGroup", "runAsUser", "SupplementaryGroups=", "root"]
                .iter()
                .all(|word| denied.contains(word)),
            "{denied}"
        );
    }

    #[test]
    fn a_message_ends_with_the_remedy_of_the_error() {
        let path = || PathBuf::from("/run/app/token");
        let errors = [
            WriteError::Unfit { path: path(), what: Irreplaceable::Folder },
            WriteError::Unfit { path: path(), what: Irreplaceable::OfTheKernel(KernelFolder::Dev) },
            WriteError::Unrendered { path: path(), why: RenderError::Empty },
            WriteError::Failed { step: Step::SetOwner, path: path(), source: Errno::PERM.into() },
            WriteError::Set { step: SetStep::Swap, path: path(), source: Errno::ISDIR.into() },
            WriteError::Set { step: SetStep::Swap, path: path(), source: Errno::NOSPC.into() },
            WriteError::InTheWay { path: path(), what: Irreplaceable::Folder },
            WriteError::IsAKey { path: path(), key: "/keys/a".into() },
            WriteError::NotKept { path: path(), imposed: imposed() },
        ];
        for error in errors {
            let (message, remedy) = (error.to_string(), error.remedy().unwrap());
            assert!(message.ends_with(&format!("; {remedy}")), "{message} / {remedy}");
        }
    }

    fn imposed() -> ImposedAttributes {
        let wanted = WantedAttributes { mode: 0o640, owner: None, group: None };
        wanted.instead(Attributes { mode: 0o777, owner: 0, group: 0 }).unwrap()
    }

    #[test]
    fn a_refused_mode_is_explained_with_the_mount_options() {
        let error = WriteError::NotKept { path: "/mnt/share/a.jwt".into(), imposed: imposed() };
        insta::assert_snapshot!(error, @"cannot write token file `/mnt/share/a.jwt`: it would have mode 0777 instead of 0640 (looser: its group can also write it, every other user can also read and write it); file systems such as that of `/mnt/share` keep no modes or owners of their own: set them in its mount options, or write to another one; these are `file_mode`, `dir_mode`, `uid` and `gid` for SMB and Azure Files, and `allow_other`, `umask`, `uid` and `gid` for blobfuse; `onModeIgnored: accept` writes the file all the same");
    }

    #[test]
    fn an_error_that_is_not_the_systems_has_no_remedy() {
        let error = RemoveError { path: "/x".into(), source: io::Error::other("it is a folder") };
        assert_eq!(error.remedy(), None);
        assert_eq!(error.to_string(), "cannot remove token file `/x`: it is a folder");
    }
}
