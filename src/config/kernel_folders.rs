//! Finds paths in the kernel's folders among those that the program writes to, whether they are spelled so or lead there.

use std::path::{Component, Path, PathBuf};

use super::{
    diagnostics::{Diagnostics, Location},
    path_use::{PathUse, Purpose},
};
use crate::{blocking, irreplaceable::KernelFolder};

/// Reports a path that the program would write to in a folder of the kernel. Returns whether it is one.
pub(super) fn check(path: &PathUse, diagnostics: &mut Diagnostics) -> bool {
    let Some(remedy) = remedy(path.purpose) else { return false };
    let behind = || if blocking::reaches(&path.resolved) { KernelFolder::behind(&path.resolved) } else { None };
    let (verb, folder) = match KernelFolder::of(&path.written) {
        Some(folder) => ("is in", folder),
        None => match behind() {
            Some(folder) => ("leads into", folder),
            None => return false,
        },
    };
    diagnostics.mistake(&path.location, what(&path.written, verb, folder), remedy);
    true
}

/// Reports the path of an output with `..` that is in a folder of the kernel once `..` is left out.
pub(super) fn check_detour(path: &Path, location: &Location, diagnostics: &mut Diagnostics) -> Option<KernelFolder> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = plain.pop(),
            Component::CurDir => {}
            Component::RootDir | Component::Normal(_) | Component::Prefix(_) => plain.push(part),
        }
    }
    let folder = KernelFolder::of(&plain)?;
    diagnostics.mistake(location, what(path, "is in", folder), INSTEAD_OF_AN_OUTPUT);
    Some(folder)
}

fn what(path: &Path, verb: &str, folder: KernelFolder) -> String {
    format!("`{}` {verb} `{folder}`, where the kernel has devices and links, not files", path.display())
}

/// The remedy for a path that the program writes to; `None` for one that it only reads.
fn remedy(purpose: Purpose) -> Option<&'static str> {
    match purpose {
        Purpose::Output => Some(INSTEAD_OF_AN_OUTPUT),
        Purpose::Set | Purpose::StateDirectory => Some("name another folder, such as one in `/run` or `/var/lib`"),
        Purpose::StatusSocket => Some("name a path in another folder, such as `/run/tokenwell/status.sock`"),
        Purpose::SecretFile
        | Purpose::RefreshTokenFile
        | Purpose::KeyDirectory
        | Purpose::PidFile
        | Purpose::Program
        | Purpose::TemplateFile
        | Purpose::CaFile
        | Purpose::ClientCertificateFile
        | Purpose::ClientKeyFile
        | Purpose::ConfigFile => None,
    }
}

/// The remedy for an output that is no place for a file.
pub(super) const INSTEAD_OF_AN_OUTPUT: &str = "name a file elsewhere; `tokenwell token NAME` prints a token";
