//! Resolves a need to real folders, because rights apply to real folders and paths may contain links.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::needs::{Need, Usage};

/// Returns the real folders of a need, as they are at this moment. Blocks on the disk.
pub(super) fn of_need(need: &Need) -> Vec<PathBuf> {
    let mut folders = match need.purpose {
        Usage::File | Usage::PidFile => {
            let target = need.path.canonicalize().ok();
            let target = target.as_deref().and_then(Path::parent).map(Path::to_owned);
            let folder = need.path.parent().unwrap_or(&need.path);
            nearest(folder).into_iter().chain(target).chain(sibling_link_folders(&need.path)).collect::<Vec<_>>()
        }
        Usage::Folder | Usage::Written => {
            nearest(&need.path).into_iter().chain(sibling_link_folders(&need.path)).collect()
        }
    };
    folders.sort();
    folders.dedup();
    folders
}

/// Returns the parent of a needed folder, if access to it is acceptable. Rights apply to the folder itself, not to its
/// name, so a folder that is deleted and recreated is only accessible through its parent. Excludes parents that are
/// shared by many programs, except those in which services recreate their folders, and the one in which systemd replaces the mount of
/// this unit's credentials at a reload (`RefreshOnReload=`).
pub(super) fn accessible_parent(folder: &Path, purpose: Usage) -> Option<PathBuf> {
    let above = folder.parent()?;
    let is_shared = SHARED.iter().any(|shared| above == Path::new(shared))
        || above.parent().is_some_and(|home| home == Path::new("/home"))
        || above == Path::new("/");
    let is_volatile = VOLATILE.iter().any(|volatile| above == Path::new(volatile));
    let is_fit = match purpose {
        Usage::File | Usage::Folder => (!is_shared && !is_volatile) || above == Path::new(CREDENTIALS),
        Usage::Written => !is_shared,
        Usage::PidFile => !is_shared || is_volatile,
    };
    is_fit.then(|| above.to_owned())
}

/// Returns the folder, or its nearest existing parent.
fn nearest(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find_map(|folder| folder.canonicalize().ok())
}

/// Returns the folders of links in the path that lead to a sibling, like `..data` in a mounted Secret. Such a link is
/// later replaced by one to another sibling.
fn sibling_link_folders(path: &Path) -> Vec<PathBuf> {
    let is_sibling = |target: &Path| {
        let mut parts = target.components();
        matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
    };
    let links = path.ancestors().filter(|link| fs::read_link(link).is_ok_and(|target| is_sibling(&target)));
    let folders = links.filter_map(Path::parent).filter(|folder| *folder != Path::new("/"));
    folders.filter_map(|folder| folder.canonicalize().ok()).collect()
}

/// Where systemd mounts the credentials of units. A unit of its own mount namespace sees only its own there; the modes protect the others.
const CREDENTIALS: &str = "/run/credentials";

/// System folders that many programs share.
const SHARED: [&str; 24] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    CREDENTIALS,
    "/run/secrets",
    "/sbin",
    "/srv",
    "/sys",
    "/usr",
    "/usr/local",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/spool",
];

/// Folders in which services recreate their own folder at each start (`RuntimeDirectory=`).
const VOLATILE: [&str; 4] = ["/run", "/tmp", "/var/tmp", "/dev/shm"];

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_parent_folder_is_granted_unless_it_is_shared() {
        use Usage::{File, Folder, PidFile, Written};
        let table: &[(&str, &[Usage])] = &[
            ("/", &[]),
            ("/run", &[]),
            ("/etc/tokenwell", &[]),
            ("HOME/ann", &[]),
            ("HOME/ann/tokens", &[]),
            ("HOME/ann/app/tokens", &[File, Folder, PidFile, Written]),
            ("/var/lib/tokenwell", &[]),
            ("/var/lib/tokenwell/out", &[File, Folder, PidFile, Written]),
            ("/run/secrets/descope", &[]),
            ("/run/credentials/tokenwell.service", &[File, Folder]),
            ("/run/app", &[PidFile, Written]),
            ("/run/app/tokens", &[File, Folder, PidFile, Written]),
            ("/tmp/tokens", &[PidFile, Written]),
            ("/tokens", &[]),
            ("/tokens/app", &[File, Folder, PidFile, Written]),
        ];
        for (folder, granted) in table {
            let path = PathBuf::from(folder.replace("HOME", "/home"));
            for purpose in [File, Folder, PidFile, Written] {
                let above = granted.contains(&purpose).then(|| path.parent().unwrap().to_owned());
                assert_eq!(accessible_parent(&path, purpose), above, "{folder} {purpose:?}");
            }
        }
    }

    #[test]
    fn links_are_resolved_and_links_to_siblings_may_be_replaced() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        for folder in ["mount/..2026_11_23", "elsewhere"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("mount/..2026_11_23/key"), "").unwrap();
        symlink("..2026_11_23", root.join("mount/..data")).unwrap();
        symlink("..data/key", root.join("mount/key")).unwrap();
        symlink(root.join("mount"), root.join("elsewhere/link")).unwrap();
        let folders = |path: &str, purpose| {
            let found = of_need(&Need { path: root.join(path), purpose });
            found.iter().map(|found| found.strip_prefix(&root).unwrap().display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(folders("mount/key", Usage::File), ["mount", "mount/..2026_11_23"]);
        assert_eq!(folders("mount/..data/key", Usage::File), ["mount", "mount/..2026_11_23"]);
        assert_eq!(folders("elsewhere/link/key", Usage::File), ["mount", "mount/..2026_11_23"]);
        assert_eq!(folders("elsewhere/link", Usage::Folder), ["mount"]);
        assert_eq!(folders("elsewhere/a/b", Usage::Written), ["elsewhere"]);
        assert_eq!(folders("mount/nothing", Usage::File), ["mount"]);
    }
}
