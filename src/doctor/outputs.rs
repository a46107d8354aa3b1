//! The outputs: writes a probe file beside each, as this process's user.

use std::{fs, os::unix::fs::MetadataExt as _, path::PathBuf};

use rustix::io::Errno;

use super::{
    finding::Finding,
    needs::{Need, ProcessUser},
};
use crate::output::{Output, Probed, Room, Step, Target, WriteError};

/// Result of probing an output.
#[derive(Debug)]
pub(super) struct OutputProbe {
    path: PathBuf,
    wanted: Wanted,
    probed: Result<Probed, WriteError>,
    /// What the file system imposes, in one line.
    note: Option<String>,
    /// Group and mode of the folder, if it is there.
    folder: Option<(u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Wanted {
    mode: u32,
    owner: Option<u32>,
    group: Option<u32>,
    in_set: bool,
}

/// Probes one output. Blocks on the disk.
pub(super) fn probe(output: &Output) -> OutputProbe {
    let Target::File(file) = &output.target;
    let folder = output.folder().and_then(|folder| fs::metadata(folder).ok());
    let probed = output.probe();
    let imposed = probed.as_ref().ok().and_then(|probed| probed.imposed);
    OutputProbe {
        note: imposed.map(|imposed| output.imposed_note(&imposed)),
        path: file.path.clone(),
        wanted: Wanted {
            mode: file.mode,
            owner: file.owner,
            group: file.group.or(file.set.as_ref().and_then(|set| set.group)),
            in_set: file.set.is_some(),
        },
        probed,
        folder: folder.map(|folder| (folder.gid(), folder.mode())),
    }
}

/// Reports an output whose disk does not answer.
pub(super) fn timed_out(output: &Output) -> Finding {
    Finding::failed(SUBJECT, format!("the disk of `{}` takes too long; see the kernel's log", output.name()))
}

impl OutputProbe {
    pub(super) fn finding(&self, identity: &ProcessUser) -> Finding {
        let Self { path, wanted, probed, .. } = self;
        let shown = path.display();
        let Probed { to_be_made, room, .. } = match probed {
            Ok(probed) => probed,
            Err(error) => return Finding::failed(SUBJECT, error.to_string()).needing(self.needs(error, identity)),
        };
        if let Some(lack) = lack(*room) {
            return Finding::failed(
                SUBJECT,
                format!("`{shown}`: {lack}; free space or inodes there, or raise the quota"),
            );
        }
        if let Some(note) = &self.note {
            return Finding::remark(SUBJECT, format!("`{shown}` can be written, but {note}"));
        }
        let owner = match (wanted.owner, wanted.group) {
            (None, None) => String::new(),
            (Some(user), None) => format!(", user {user}"),
            (None, Some(group)) => format!(", group {group}"),
            (Some(user), Some(group)) => format!(", user {user}, group {group}"),
        };
        let set = if wanted.in_set { ", in a set" } else { "" };
        let folder = to_be_made.as_ref().map(|folder| format!(", `{}` will be created", folder.display()));
        let medium = if room.in_memory { "in memory" } else { "on a disk" };
        let free = size(room.bytes_free);
        Finding::passed(
            SUBJECT,
            format!(
                "`{shown}` can be written: mode {:04o}{owner}{set}, {medium}, {free} free{}",
                wanted.mode,
                folder.unwrap_or_default()
            ),
        )
    }

    /// Returns what the process lacks, if that is the cause.
    fn needs(&self, error: &WriteError, identity: &ProcessUser) -> Vec<Need> {
        let (step, source) = match error {
            WriteError::Failed { step, source, .. } => (*step, source),
            WriteError::Set { step, source, .. } => (step.plain(), source),
            WriteError::Unfit { .. }
            | WriteError::Unrendered { .. }
            | WriteError::InTheWay { .. }
            | WriteError::IsAKey { .. }
            | WriteError::NotKept { .. }
            | WriteError::Held(_) => return Vec::new(),
        };
        let Wanted { owner, group, .. } = self.wanted;
        match (step, Errno::from_io_error(source)) {
            (Step::SetOwner, Some(Errno::PERM)) => {
                let user = owner.filter(|owner| *owner != identity.user).map(Need::User);
                let group = group.filter(|group| !identity.is_in(*group)).map(Need::Group);
                user.into_iter().chain(group).collect()
            }
            (_, Some(Errno::ROFS)) => vec![Need::MountedForWriting(self.folder())],
            (Step::MakeFolders, Some(Errno::PERM)) => {
                group.filter(|group| !identity.is_in(*group)).map(Need::Group).into_iter().collect()
            }
            (Step::Rename, _) => Vec::new(),
            (_, Some(Errno::ACCESS | Errno::PERM)) => vec![match self.folder {
                Some((owner, mode)) if mode & GROUP_WRITES != 0 && !identity.is_in(owner) => Need::Group(owner),
                Some(_) | None => {
                    Need::WritableFolder { folder: self.folder(), group: group.unwrap_or(identity.group) }
                }
            }],
            (_, Some(_) | None) => Vec::new(),
        }
    }

    fn folder(&self) -> PathBuf {
        self.path.parent().map_or_else(PathBuf::new, PathBuf::from)
    }
}

fn lack(room: Room) -> Option<String> {
    if room.bytes_free < BYTES_FREE_MIN {
        return Some(format!("only {} are free", size(room.bytes_free)));
    }
    room.files_free.filter(|free| *free < FILES_FREE_MIN).map(|free| format!("there is room for {free} files only"))
}

fn size(bytes: u64) -> String {
    let steps = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let step = (0..steps.len() - 1).find(|step| bytes >> (10 * (step + 1)) == 0).unwrap_or(steps.len() - 1);
    format!("{} {}", bytes >> (10 * step), steps[step])
}

const SUBJECT: &str = "output";
const GROUP_WRITES: u32 = 0o020;
/// Room for some tokens at once: each is written beside the one it replaces.
const BYTES_FREE_MIN: u64 = 256 * 1024;
const FILES_FREE_MIN: u64 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn output_probe(probed: Result<Probed, WriteError>, folder: Option<(u32, u32)>) -> OutputProbe {
        let wanted = Wanted { mode: 0o640, owner: Some(1000), group: Some(2000), in_set: false };
        OutputProbe { path: "/run/app/a.jwt".into(), wanted, probed, note: None, folder }
    }

    fn failed(step: Step, errno: Errno) -> Result<Probed, WriteError> {
        Err(WriteError::Failed { step, path: "/run/app".into(), source: errno.into() })
    }

    #[test]
    fn what_a_process_lacks_follows_from_the_step_that_failed() {
        let me = ProcessUser { user: 1, group: 1, groups: vec![7] };
        let needs = |probed, folder| output_probe(probed, folder).finding(&me).needs;
        assert_eq!(needs(failed(Step::SetOwner, Errno::PERM), None), [Need::User(1000), Need::Group(2000)]);
        let folder = PathBuf::from("/run/app");
        let writable = || vec![Need::WritableFolder { folder: folder.clone(), group: 2000 }];
        assert_eq!(needs(failed(Step::CreateTemporary, Errno::ACCESS), Some((0, 0o755))), writable());
        assert_eq!(needs(failed(Step::CreateTemporary, Errno::ACCESS), Some((9, 0o775))), [Need::Group(9)]);
        assert_eq!(needs(failed(Step::CreateTemporary, Errno::ACCESS), Some((7, 0o775))), writable());
        assert_eq!(needs(failed(Step::CreateTemporary, Errno::ROFS), None), [Need::MountedForWriting(folder.clone())]);
        assert_eq!(needs(failed(Step::WriteContent, Errno::NOSPC), None), []);
    }

    #[test]
    fn an_output_is_reported_with_all_that_was_tried() {
        let me = ProcessUser { user: 0, group: 0, groups: Vec::new() };
        let room = Room { bytes_free: 3 << 30, files_free: Some(1000), in_memory: true };
        let lines =
            |to_be_made, room| output_probe(Ok(Probed { to_be_made, room, imposed: None }), None).finding(&me).text;
        insta::assert_snapshot!(lines(Some("/run/app".into()), room), @"`/run/app/a.jwt` can be written: mode 0640, user 1000, group 2000, in memory, 3 GiB free, `/run/app` will be created");
        insta::assert_snapshot!(lines(None, Room { bytes_free: 4096, ..room }), @"`/run/app/a.jwt`: only 4 KiB are free; free space or inodes there, or raise the quota");
        insta::assert_snapshot!(lines(None, Room { files_free: Some(2), ..room }), @"`/run/app/a.jwt`: there is room for 2 files only; free space or inodes there, or raise the quota");
    }

    #[test]
    fn sizes_are_reported_in_the_unit_that_fits() {
        assert_eq!(
            [0, 1023, 1024, 5 << 20, u64::MAX].map(size),
            ["0 bytes", "1023 bytes", "1 KiB", "5 MiB", "16777215 TiB"]
        );
    }
}
