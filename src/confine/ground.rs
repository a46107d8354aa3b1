//! Where on the disk a need lies: rights are on real folders, and paths lead there by way of links.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::needs::{Need, Use};

/// The real folders that a need takes, as they are just now. Blocks.
pub(super) fn of(need: &Need) -> Vec<PathBuf> {
    let mut grounds = match need.purpose {
        Use::File | Use::PidFile => {
            let target = need.path.canonicalize().ok();
            let target = target.as_deref().and_then(Path::parent).map(Path::to_owned);
            let folder = need.path.parent().unwrap_or(&need.path);
            nearest(folder).into_iter().chain(target).chain(swapped(&need.path)).collect::<Vec<_>>()
        }
        Use::Folder | Use::Written => nearest(&need.path).into_iter().chain(swapped(&need.path)).collect(),
    };
    grounds.sort();
    grounds.dedup();
    grounds
}

/// The folder above one that is needed, so that one which is removed and made again is met again: rights are on the folder
/// itself, not on its name. Not where many share it, unless such folders are known to come and go with a service.
pub(super) fn above(folder: &Path, purpose: Use) -> Option<PathBuf> {
    let above = folder.parent()?;
    let is_shared = SHARED.iter().any(|shared| above == Path::new(shared))
        || above.parent().is_some_and(|home| home == Path::new("/home"))
        || above == Path::new("/");
    let is_volatile = VOLATILE.iter().any(|volatile| above == Path::new(volatile));
    let is_fit = match purpose {
        Use::File | Use::Folder => !is_shared && !is_volatile,
        Use::Written => !is_shared,
        Use::PidFile => !is_shared || is_volatile,
    };
    is_fit.then(|| above.to_owned())
}

/// The folder itself, or the nearest one above it that is there.
fn nearest(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find_map(|folder| folder.canonicalize().ok())
}

/// The folders of those links on the path that lead to their neighbour, as `..data` in a mounted Secret does: another
/// neighbour takes its place one day.
fn swapped(path: &Path) -> Vec<PathBuf> {
    let is_neighbour = |target: &Path| {
        let mut parts = target.components();
        matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
    };
    let links = path.ancestors().filter(|link| fs::read_link(link).is_ok_and(|target| is_neighbour(&target)));
    let folders = links.filter_map(Path::parent).filter(|folder| *folder != Path::new("/"));
    folders.filter_map(|folder| folder.canonicalize().ok()).collect()
}

/// Folders of the system, in which everybody has something.
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
    "/run/credentials",
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

/// Folders in which services have folders that are made again at each of their starts (`RuntimeDirectory=`).
const VOLATILE: [&str; 4] = ["/run", "/tmp", "/var/tmp", "/dev/shm"];

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_folder_above_is_granted_unless_many_share_it() {
        use Use::{File, Folder, PidFile, Written};
        let table: &[(&str, &[Use])] = &[
            ("/", &[]),
            ("/run", &[]),
            ("/etc/tokenwell", &[]),
            ("HOME/ann", &[]),
            ("HOME/ann/tokens", &[]),
            ("HOME/ann/app/tokens", &[File, Folder, PidFile, Written]),
            ("/var/lib/tokenwell", &[]),
            ("/var/lib/tokenwell/out", &[File, Folder, PidFile, Written]),
            ("/run/secrets/descope", &[]),
            ("/run/credentials/tokenwell.service", &[]),
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
                assert_eq!(super::above(&path, purpose), above, "{folder} {purpose:?}");
            }
        }
    }

    #[test]
    fn a_path_is_followed_to_where_it_leads_and_links_to_neighbours_may_be_swapped() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        for folder in ["mount/..2026_11_23", "elsewhere"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("mount/..2026_11_23/key"), "").unwrap();
        symlink("..2026_11_23", root.join("mount/..data")).unwrap();
        symlink("..data/key", root.join("mount/key")).unwrap();
        symlink(root.join("mount"), root.join("elsewhere/link")).unwrap();
        let grounds = |path: &str, purpose| {
            let found = of(&Need { path: root.join(path), purpose });
            found.iter().map(|found| found.strip_prefix(&root).unwrap().display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(grounds("mount/key", Use::File), ["mount", "mount/..2026_11_23"]);
        assert_eq!(grounds("mount/..data/key", Use::File), ["mount", "mount/..2026_11_23"]);
        assert_eq!(grounds("elsewhere/link/key", Use::File), ["mount", "mount/..2026_11_23"]);
        assert_eq!(grounds("elsewhere/link", Use::Folder), ["mount"]);
        assert_eq!(grounds("elsewhere/a/b", Use::Written), ["elsewhere"]);
        assert_eq!(grounds("mount/nothing", Use::File), ["mount"]);
    }
}
