//! Files that systemd passes to a unit (`LoadCredential=`): why one can be missing, and the remedy.
//!
//! Measured with systemd 252, 257 and 262: the files are copies; of a folder, links are skipped without a message, and the file `billing`
//! of `LoadCredential=keys:FOLDER` is `keys_billing`.

use std::{
    env,
    path::{Component, Path, PathBuf},
};

/// Returns why a file or folder is missing in a directory of credentials, with the remedy; `None` for a path elsewhere.
pub fn missing_credential(path: &Path) -> Option<String> {
    missing_in(&directory_of(path)?, path)
}

/// Returns why a directory of credentials holds no key, with the remedy; `None` for another folder.
pub fn empty_credentials(folder: &Path) -> Option<String> {
    let directory = directory_of(folder)?;
    (directory == folder).then(|| format!("key folder `{}` is empty: {SKIPS_LINKS}", folder.display()))
}

/// Returns the directory of credentials that a path is in: that of this process, or one in systemd's usual places.
fn directory_of(path: &Path) -> Option<PathBuf> {
    let own = env::var_os(DIRECTORY_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    own.filter(|directory| path.starts_with(directory)).or_else(|| usual_directory_of(path))
}

/// Returns `/run/credentials/UNIT`, or `/run/user/UID/credentials/UNIT` of a user's unit.
fn usual_directory_of(path: &Path) -> Option<PathBuf> {
    let names: Vec<_> = path.components().map(Component::as_os_str).collect();
    let depth = match names.iter().map(|name| name.as_encoded_bytes()).collect::<Vec<_>>()[..] {
        [b"/", b"run", b"credentials", unit, ..] if unit != b".." => 4,
        [b"/", b"run", b"user", _, b"credentials", unit, ..] if unit != b".." => 6,
        _ => return None,
    };
    Some(names[..depth].iter().collect())
}

fn missing_in(directory: &Path, path: &Path) -> Option<String> {
    let mut below = path.strip_prefix(directory).ok()?.components().map(|part| part.as_os_str().display().to_string());
    match (below.next(), below.next()) {
        (None, _) => Some("systemd makes it when the unit starts, if the unit has a `LoadCredential=`".to_owned()),
        (Some(_), None) => Some(SKIPS_LINKS.to_owned()),
        (Some(folder), Some(file)) => Some(format!(
            "systemd makes no folders there: the file `{file}` of `LoadCredential={folder}:FOLDER` is `{}`",
            directory.join(format!("{folder}_{file}")).display()
        )),
    }
}

const DIRECTORY_VARIABLE: &str = "CREDENTIALS_DIRECTORY";
const SKIPS_LINKS: &str = "systemd passes copies that it makes when the unit starts, and of a folder only its plain files, \
    no links: give a linked file a `LoadCredential=NAME:FILE` of its own, or use a folder of plain files, and restart the unit";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_directories_of_credentials_are_known_by_their_path() {
        let directories = [
            ("/run/credentials/tokenwell.service/keys_a", Some("/run/credentials/tokenwell.service")),
            ("/run/credentials/tokenwell@a.service", Some("/run/credentials/tokenwell@a.service")),
            ("/run/user/1000/credentials/app.service/a/b", Some("/run/user/1000/credentials/app.service")),
            ("/run/credentials", None),
            ("/run/credentials/../secrets/a", None),
            ("/run/user/1000/credentials", None),
            ("/run/user/credentials/a/b", None),
            ("/var/run/secrets/descope/a", None),
            ("run/credentials/a/b", None),
        ];
        for (path, directory) in directories {
            assert_eq!(usual_directory_of(Path::new(path)), directory.map(PathBuf::from), "{path}");
        }
    }

    #[test]
    fn each_way_to_miss_a_credential_has_its_own_remedy() {
        let said = |path: &str| missing_credential(Path::new(path));
        let directory = "/run/credentials/t.service";
        assert!(said(&format!("{directory}/keys_a")).unwrap().contains("no links"));
        assert!(said(directory).unwrap().contains("when the unit starts, if"));
        assert!(said(&format!("{directory}/keys/a")).unwrap().ends_with("is `/run/credentials/t.service/keys_a`"));
        assert_eq!(said("/etc/tokenwell/keys/a"), None);
    }

    #[test]
    fn only_a_directory_of_credentials_is_empty_because_of_links() {
        assert!(empty_credentials(Path::new("/run/credentials/t.service")).unwrap().contains("no links"));
        assert_eq!(empty_credentials(Path::new("/run/credentials/t.service/keys")), None);
        assert_eq!(empty_credentials(Path::new("/etc/tokenwell/keys")), None);
    }
}
