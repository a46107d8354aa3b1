//! The cache of public keys in the state directory, so that a restart needs no request.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    exchange::{BaseUrl, ProjectId},
    replace_file::{NotOurs, check_ours, replace_file},
    session::Jwks,
};

/// `jwks.json` in the state directory, marked with the project and the API that it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    directory: PathBuf,
    base_url: String,
    project_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CacheJson {
    version: u64,
    base_url: String,
    project_id: String,
    jwks: Value,
}

impl Cache {
    pub(super) fn new(directory: &Path, base: &BaseUrl, project: &ProjectId) -> Self {
        Self { directory: directory.to_owned(), base_url: base.to_string(), project_id: project.to_string() }
    }

    /// Returns the cached keys; `None` if the file has none for this project and API, or cannot be read.
    pub(super) fn load(&self) -> Option<Jwks> {
        let path = self.directory.join(FILE);
        if !path.symlink_metadata().ok()?.is_file() {
            return None;
        }
        let mut text = Vec::new();
        File::open(path).ok()?.take(FILE_BYTES_MAX).read_to_end(&mut text).ok()?;
        let cached: CacheJson = serde_json::from_slice(&text).ok()?;
        let is_ours =
            cached.version == VERSION && cached.base_url == self.base_url && cached.project_id == self.project_id;
        if is_ours { Jwks::parse(cached.jwks.to_string().as_bytes()).ok() } else { None }
    }

    /// Replaces the complete file. A file that a power failure left empty is ignored.
    pub(super) fn store(&self, keys: &Jwks) -> io::Result<()> {
        let cached = json!({
            "version": VERSION, "baseUrl": self.base_url, "projectId": self.project_id, "jwks": keys.to_json(),
        });
        replace_file(&self.directory.join(FILE), cached.to_string().as_bytes(), FILE_MODE, is_ours)
    }
}

/// Checks that the cache in a state directory could be replaced: it is missing, or a cache of any project. Blocks on the disk.
pub(super) fn check(state_directory: &Path) -> Result<(), ForeignCache> {
    let path = state_directory.join(FILE);
    match check_ours(&path, is_ours) {
        // The system's errors may pass, and cost one request.
        Err(why) if NotOurs::is_reason_of(&why) => Err(ForeignCache { path }),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The public keys cannot be cached, because something else has the name of their file.
#[derive(Debug, thiserror::Error)]
#[error("cannot cache the public keys in `{path}`: {NotOurs}", path = path.display())]
pub struct ForeignCache {
    path: PathBuf,
}

/// Removes the cache in a directory, if there is one. Blocks on the disk.
pub(super) fn remove(state_directory: &Path) {
    let file = state_directory.join(FILE);
    if check_ours(&file, is_ours).is_ok() {
        let _ = fs::remove_file(file);
    }
}

/// Whether a text begins like a cache.
fn is_ours(head: &[u8]) -> bool {
    match serde_json::from_slice::<CacheJson>(head) {
        Ok(_) => true,
        Err(error) => error.is_eof() && (head.starts_with(BEGINNING) || BEGINNING.starts_with(head)),
    }
}

const FILE: &str = "jwks.json";
/// What every cache begins with.
const BEGINNING: &[u8] = b"{\"baseUrl\":\"";
const FILE_MODE: u32 = 0o600;
const VERSION: u64 = 1;
/// Four times the limit for a reply with keys.
const FILE_BYTES_MAX: u64 = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn cache(directory: &Path, base: &str, project: &str) -> Cache {
        Cache::new(directory, &BaseUrl::parse(base, false).unwrap(), &ProjectId::parse(project).unwrap())
    }

    fn keys() -> Jwks {
        let jwk = json!({"kty": "OKP", "kid": "SK1"});
        Jwks::parse(json!([jwk]).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn cached_keys_are_valid_for_their_project_and_api_only() {
        let state = tempfile::tempdir().unwrap();
        let ours = cache(state.path(), "https://api.descope.com", "P2abc");
        assert_eq!(ours.load(), None);
        ours.store(&keys()).unwrap();
        assert_eq!(ours.load(), Some(keys()));
        assert_eq!(cache(state.path(), "https://api.descope.com", "P2abd").load(), None);
        assert_eq!(cache(state.path(), "https://api.euc1.descope.com", "P2abc").load(), None);
        let mode = state.path().join(FILE).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 1, "another file is left");
    }

    #[test]
    fn a_corrupt_file_is_ignored() {
        let state = tempfile::tempdir().unwrap();
        let cache = cache(state.path(), "https://api.descope.com", "P2abc");
        cache.store(&keys()).unwrap();
        let whole = fs::read(state.path().join(FILE)).unwrap();
        for corrupt in [&b""[..], b"\0\0\0", &whole[..whole.len() / 2]] {
            fs::write(state.path().join(FILE), corrupt).unwrap();
            assert_eq!(cache.load(), None);
            cache.store(&keys()).unwrap();
            assert_eq!(cache.load(), Some(keys()), "it heals");
        }
        for foreign in [&b"{}"[..], b"{\"keys\": []}", b"notes"] {
            fs::write(state.path().join(FILE), foreign).unwrap();
            assert!(cache.load().is_none() && cache.store(&keys()).is_err());
            assert_eq!(fs::read(state.path().join(FILE)).unwrap(), foreign);
        }
        fs::remove_file(state.path().join(FILE)).unwrap();
        fs::create_dir(state.path().join(FILE)).unwrap();
        assert_eq!(cache.load(), None);
        assert!(cache.store(&keys()).is_err());
    }

    #[test]
    fn a_file_that_a_crash_left_is_replaced_by_the_next_store() {
        let state = tempfile::tempdir().unwrap();
        fs::write(state.path().join(".jwks.json.new"), "{\"baseUrl\":\"https://api").unwrap();
        let cache = cache(state.path(), "https://api.descope.com", "P2abc");
        assert_eq!(cache.load(), None);
        cache.store(&keys()).unwrap();
        assert_eq!(cache.load(), Some(keys()));
        let left: Vec<_> = fs::read_dir(state.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["jwks.json"]);
    }

    #[test]
    fn a_missing_state_directory_does_not_panic() {
        let cache = cache(Path::new("/nonexistent/state"), "https://api.descope.com", "P2abc");
        assert_eq!(cache.load(), None);
        assert!(cache.store(&keys()).is_err());
    }
}
