//! The program in a mount namespace of its own, where the test replaces files of the system.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::skipped;

/// Puts each file over one of the system, for the given command only. Returns `None`, with a notice, where mounts are not
/// possible.
pub(crate) fn with_files(files: &[(PathBuf, &str)], command: &Command) -> Option<Command> {
    let mounts = files.iter().fold(String::new(), |mut mounts, (file, over)| {
        write!(mounts, "mount --bind {} {over} && ", file.display()).unwrap();
        mounts
    });
    if !nix::unistd::geteuid().is_root() {
        skipped::without_root("only root may mount over files of the system");
        return None;
    }
    if !can_mount(&mounts) {
        skipped::on_this_machine("no mounts here (`unshare -m` is not permitted)");
        return None;
    }
    let mut inside = Command::new("unshare");
    inside.env_clear().env("PATH", PATH);
    inside.args(["-m", "sh", "-c", &format!("{mounts}exec \"$0\" \"$@\"")]);
    inside.arg(Path::new(command.get_program())).args(command.get_args());
    Some(inside)
}

fn can_mount(mounts: &str) -> bool {
    let tried = Command::new("unshare").args(["-m", "sh", "-c", &format!("{mounts}true")]).output();
    tried.is_ok_and(|ended| ended.status.success())
}

const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
