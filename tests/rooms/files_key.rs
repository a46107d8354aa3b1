//! Access keys in real files: accepted content, refused content, and errors that never repeat the content.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../common/secret_volume.rs"]
mod secret_volume;

use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
    },
    path::Path,
};

use secret_volume::SecretVolume;
use tokenwell::{
    secret::Secret,
    source::{self, AccessKey, KEY_FILE_BYTES_MAX, ListError, ReadError, Source, Unusable},
};

fn read(path: &Path) -> Result<Secret, ReadError> {
    let source = Source::from(AccessKey::at(path));
    let material = source.read()?;
    let identity = material.identity();
    let key = material.into_secrets().remove(0);
    assert_eq!(identity.key, key.fingerprint(), "a key is another one where its bytes are");
    Ok(key)
}

#[test]
fn the_key_is_what_stands_between_the_white_space() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let longest = "K".repeat(KEY_FILE_BYTES_MAX);
    for (content, key) in [
        ("K2canary", "K2canary"),
        ("K2canary\n", "K2canary"),
        ("K2canary\r\n", "K2canary"),
        ("\n \tK2canary\x0b\x0c \r\n\n", "K2canary"),
        ("K2-canary_+/=.~!:x", "K2-canary_+/=.~!:x"),
        (&longest, &longest),
    ] {
        fs::write(&path, content).unwrap();
        assert!(read(&path).unwrap().expose() == key, "for content of {} bytes", content.len());
    }
}

#[test]
fn what_is_no_key_is_refused_without_repeating_any_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let too_long = format!("canary{}", "x".repeat(KEY_FILE_BYTES_MAX - 5));
    let padded = format!("K2canary{}", "\n".repeat(KEY_FILE_BYTES_MAX));
    let table: [(&[u8], &str); 17] = [
        (b"", "it is empty"),
        (b" \r\n\t\n", "it is empty"),
        (b"K2canary\nK2canary\n", "more than one line"),
        (b"K2canary\rK2canary", "more than one line"),
        (b"K2canary K2canary", "white space inside"),
        (b"Bearer\tcanary", "white space inside"),
        (b"\xef\xbb\xbfK2canary", "byte order mark"),
        (b"\xff\xfec\0a\0n\0a\0r\0y\0", "byte order mark"),
        (b"\xfe\xff\0c\0a\0n\0a\0r\0y", "byte order mark"),
        (b"K2canary\0", "not printable ASCII"),
        ("K2canaryé".as_bytes(), "not printable ASCII"),
        (b"K2canary\xff", "not printable ASCII"),
        (b"K2\x1b[31mcanary", "not printable ASCII"),
        (b"canary\x7f", "not printable ASCII"),
        (b"P2canary:K2canary", "project id"),
        (too_long.as_bytes(), "more than 8192 bytes"),
        (padded.as_bytes(), "more than 8192 bytes"),
    ];
    for (content, why) in table {
        fs::write(&path, content).unwrap();
        let error = read(&path).unwrap_err();
        assert!(!matches!(error.why, Unusable::Missing | Unusable::Unreadable(_)), "{why}");
        assert!(error.remedy().is_some(), "{why}");
        let text = format!("{error} {error:?}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.to_string().contains(&format!("`{}`", path.display())), "{error}");
        assert!(!text.contains("canary"), "an error repeats the file: {why}");
    }
}

#[test]
fn a_missing_file_and_a_link_to_nothing_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    for name in ["none", "dangling", "none/key"] {
        let error = read(&folder.path().join(name)).unwrap_err();
        assert!(matches!(error.why, Unusable::Missing), "{name}: {error}");
    }
}

#[test]
fn what_is_no_regular_file_is_refused_and_never_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    symlink("/dev/zero", at("zero")).unwrap();
    for path in [&at("pipe"), &at("socket"), &at("zero"), Path::new("/dev/zero"), Path::new("/dev/null"), folder.path()]
    {
        let error = read(path).unwrap_err();
        assert!(matches!(error.why, Unusable::NotAFile), "{}: {error}", path.display());
    }
}

#[test]
fn a_path_through_a_file_and_links_in_a_circle_are_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    symlink("circle", folder.path().join("circle")).unwrap();
    let text = |name: &str| read(&folder.path().join(name)).unwrap_err().to_string();
    assert!(text("file/key").ends_with("a part of its path is a file where a folder is needed; correct the path"));
    assert!(text("circle").ends_with("the links on its path lead in a circle; repair them"));
}

#[test]
fn a_huge_file_costs_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    // The file is sparse, and larger than the machine's memory.
    fs::File::create(&path).unwrap().set_len(1 << 42).unwrap();
    assert!(matches!(read(&path), Err(ReadError { why: Unusable::TooLong { bytes_max: KEY_FILE_BYTES_MAX }, .. })));
}

#[test]
fn a_file_of_unknown_size_is_read_to_the_bound() {
    // Files in /proc report a size of zero. This file has several lines.
    let error = read(Path::new("/proc/self/status")).unwrap_err();
    assert!(matches!(error.why, Unusable::ManyLines), "{error}");
}

#[test]
fn a_mounted_secret_is_read_through_its_links_after_each_swap() {
    let folder = tempfile::tempdir().unwrap();
    let mut volume = SecretVolume::new(folder.path(), &[("billing", "K1\n")]);
    for key in ["K2", "K3", "K4"] {
        volume.update(&[("billing", key)]);
        assert_eq!(read(&volume.path("billing")).unwrap().expose(), key);
    }
}

#[test]
fn only_a_file_that_others_may_write_is_writable_by_others() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("key"), folder.path().join("link"));
    fs::write(&path, "K2").unwrap();
    symlink("key", &link).unwrap();
    for (mode, writable) in
        [(0o600, false), (0o644, false), (0o755, false), (0o620, true), (0o602, true), (0o666, true)]
    {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(source::writable_by_others(&path), writable, "{mode:o}");
        // The mode of a link itself is always 0777.
        assert_eq!(source::writable_by_others(&link), writable, "{mode:o} through a link");
    }
    assert!(!source::writable_by_others(&folder.path().join("none")));
}

#[test]
fn a_folder_of_keys_lists_files_and_links_to_files_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut volume = SecretVolume::new(folder.path(), &[("shipping", "K1"), ("billing", "K2")]);
    fs::write(folder.path().join("plain"), "K3").unwrap();
    fs::write(folder.path().join(".hidden"), "K4").unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    symlink("folder", folder.path().join("to-folder")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    nix::unistd::mkfifo(&folder.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::write(folder.path().join("x"), "").unwrap();
    let names = || source::list(folder.path()).unwrap().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(), ["billing", "plain", "shipping", "x"]);
    assert_eq!(source::list(folder.path()).unwrap()[0].1, folder.path().join("billing"));

    fs::remove_file(folder.path().join("dangling")).unwrap();
    for other in ["plain", "x", "pipe", ".hidden"] {
        fs::remove_file(folder.path().join(other)).unwrap();
    }
    fs::remove_file(folder.path().join("to-folder")).unwrap();
    fs::remove_dir(folder.path().join("folder")).unwrap();
    volume.update(&[("billing", "K2"), ("newcomer", "K5")]);
    assert_eq!(names(), ["billing", "newcomer"]);
}

#[test]
fn a_name_that_is_not_text_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(OsStr::from_bytes(b"k\xff")), "K1").unwrap();
    assert!(source::list(folder.path()).unwrap().is_empty());
}

#[test]
fn a_folder_of_keys_that_is_missing_or_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let missing = source::list(&folder.path().join("none")).unwrap_err();
    assert!(matches!(missing, ListError::Missing { .. }), "{missing}");
    let file_error = source::list(&file).unwrap_err();
    assert!(matches!(file_error, ListError::NotAFolder { .. }), "{file_error}");
    assert!(file_error.to_string().contains(&format!("`{}`", file.display())));
}

#[test]
fn a_folder_with_more_files_than_keys_can_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("0");
    fs::write(&first, "K1").unwrap();
    for number in 1..source::KEYS_PER_FOLDER_MAX {
        fs::hard_link(&first, folder.path().join(number.to_string())).unwrap();
    }
    assert_eq!(source::list(folder.path()).unwrap().len(), source::KEYS_PER_FOLDER_MAX);
    fs::hard_link(&first, folder.path().join("one-more")).unwrap();
    assert!(matches!(source::list(folder.path()), Err(ListError::TooMany { .. })));
}
