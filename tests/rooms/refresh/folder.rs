//! The stored tokens on a real disk.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tempfile::TempDir;
use tokenwell::{
    secret::Secret,
    source::{CHAINS_MAX, ChainLink, Kind, NotLocked, RefreshToken, RotatedSecret, Source, sweep_chains},
};

fn jwt(number: u64, expires_at: u64) -> String {
    let claims = json!({"exp": expires_at, "number": number}).to_string();
    format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(claims))
}

struct Disk(TempDir);

impl Disk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn source(&self) -> Source {
        let mut source = Source::from(Kind::RefreshToken(RefreshToken::at(self.0.path().join("refresh"))));
        source.keep_in(&self.0.path().join("state"), "a");
        source
    }

    fn mount(&self, token: &str) {
        fs::write(self.0.path().join("refresh"), token).unwrap();
    }

    /// Mounts a token and rotates it.
    fn rotate(&self, mounted: &str, rotated: &str) -> ChainLink {
        self.mount(mounted);
        let link = self.source().read().unwrap().link().unwrap();
        self.source().store(Some(link), &RotatedSecret(Secret::new(rotated.to_owned()))).unwrap();
        link
    }

    fn link(&self) -> ChainLink {
        self.source().read().unwrap().link().unwrap()
    }

    fn names(&self) -> Vec<String> {
        let folder = self.0.path().join("state/refresh-tokens");
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn mount_of(token: &str) -> tokenwell::fingerprint::Fingerprint {
    Secret::new(token.to_owned()).fingerprint()
}

#[test]
fn a_stored_token_is_raw_and_only_its_user_may_read_it() {
    let disk = Disk::new();
    let (first, second) = (jwt(1, 10), jwt(2, 10));
    disk.rotate(&first, &second);
    let file = disk.0.path().join(format!("state/refresh-tokens/a.{}.jwt", mount_of(&first)));
    assert_eq!(fs::read_to_string(&file).unwrap(), second);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert_eq!(disk.link(), ChainLink::Rotated(mount_of(&first)));
}

#[test]
fn a_damaged_token_gives_way_to_the_mounted_one() {
    let disk = Disk::new();
    let first = jwt(1, 10);
    disk.rotate(&first, &jwt(2, 10));
    let file = disk.0.path().join(format!("state/refresh-tokens/a.{}.jwt", mount_of(&first)));
    for damage in ["", "no JWT", &first[..20]] {
        fs::write(&file, damage).unwrap();
        let material = disk.source().read().unwrap();
        assert_eq!(material.link(), Some(ChainLink::Mounted(mount_of(&first))));
        assert!(material.observed().refresh.unwrap().problem.unwrap().contains("is damaged"));
    }
}

#[test]
fn an_unreadable_token_is_not_replaced_by_the_mounted_one() {
    let disk = Disk::new();
    let first = jwt(1, 10);
    disk.rotate(&first, &jwt(2, 10));
    let folder = disk.0.path().join("state/refresh-tokens");
    fs::rename(&folder, disk.0.path().join("away")).unwrap();
    std::os::unix::fs::symlink(&folder, &folder).unwrap();
    let error = disk.source().read().unwrap_err();
    assert!(error.to_string().contains("refresh-tokens`"), "{error}");
}

#[test]
fn a_former_chain_is_kept_until_the_new_one_brings_a_session() {
    let disk = Disk::new();
    let (first, second) = (jwt(1, 10), jwt(2, 10));
    disk.rotate(&first, &jwt(11, 10));
    let new = disk.rotate(&second, &jwt(12, 10));
    disk.source().denied(ChainLink::Rotated(mount_of(&second)));
    assert_eq!(disk.link(), ChainLink::Former(mount_of(&first)));
    disk.source().granted(disk.link());
    assert_eq!(disk.link(), ChainLink::Former(mount_of(&first)), "the denied one stays denied");
    assert!(disk.source().stored_tokens().unwrap().starts_with("of 2 mounted tokens"));
    disk.source().granted(new);
    assert_eq!(disk.names(), [format!("a.{}.jwt", mount_of(&second))]);
    fs::remove_file(disk.0.path().join("refresh")).unwrap();
    assert_eq!(disk.link(), ChainLink::Former(mount_of(&second)));
}

#[test]
fn the_stored_tokens_of_a_credential_are_bounded() {
    let disk = Disk::new();
    for number in 0..20 {
        disk.rotate(&jwt(number, 10), &jwt(number + 100, 10));
    }
    assert_eq!(disk.names().len(), CHAINS_MAX);
    assert_eq!(disk.link(), ChainLink::Rotated(mount_of(&jwt(19, 10))));
}

#[test]
fn what_a_crash_left_is_removed_after_a_session() {
    let disk = Disk::new();
    let (first, second) = (jwt(1, 10), jwt(2, 10));
    let link = disk.rotate(&first, &second);
    let (left, others) = (format!(".a.{}.jwt.new", mount_of(&second)), ".b.probe");
    for name in [&left, others] {
        fs::write(disk.0.path().join("state/refresh-tokens").join(name), &second).unwrap();
    }
    disk.source().granted(link);
    assert_eq!(disk.names(), [others.to_owned(), format!("a.{}.jwt", mount_of(&first))]);
}

#[test]
fn one_process_at_a_time_exchanges_a_token() {
    let disk = Disk::new();
    let held = disk.source().lock().unwrap().unwrap();
    let Err(NotLocked::Busy(lock)) = disk.source().lock() else { panic!("locked twice") };
    assert_eq!(lock, disk.0.path().join("state/refresh-tokens/a.lock"));
    drop(held);
    assert!(disk.source().lock().unwrap().is_some());
}

#[test]
fn tokens_of_removed_credentials_are_swept_after_their_end() {
    let disk = Disk::new();
    let state = disk.0.path().join("state");
    let now = UNIX_EPOCH + Duration::from_secs(1_795_435_200);
    let old = now - Duration::from_secs(400 * 86_400);
    let day = |days: u64| 1_795_435_200 - days * 86_400;
    disk.rotate(&jwt(1, 10), &jwt(2, 10));
    let folder = state.join("refresh-tokens");
    let put = |name: &str, token: &str, modified: SystemTime| {
        fs::write(folder.join(name), token).unwrap();
        File::open(folder.join(name)).unwrap().set_modified(modified).unwrap();
    };
    let print = "0123456789abcdef";
    put(&format!("ended.{print}.jwt"), &jwt(3, day(2)), now);
    put(&format!("just.{print}.jwt"), &jwt(4, day(0) - 60), now);
    put(&format!("alive.{print}.jwt"), &jwt(5, day(0) + 60), now);
    put(&format!("unknown.{print}.jwt"), "no-JWT", now);
    put(&format!("forgotten.{print}.jwt"), "no-JWT", old);
    put(&format!("strange.{print}.jwt"), "no token at all", old);
    assert_eq!(sweep_chains(&state, |name| name == "a", now).unwrap(), 2);
    let left: Vec<_> = disk.names().iter().map(|name| name.split('.').next().unwrap().to_owned()).collect();
    assert_eq!(left, ["a", "alive", "just", "strange", "unknown"]);
    assert_eq!(sweep_chains(Path::new("/nowhere"), |_| true, now).unwrap(), 0);
}
