//! A set in a folder, sessions to write there, and a child process that writes.

use std::{
    collections::BTreeMap,
    env, fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Output as Ended},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;

use tokenwell::{
    output::{
        self, Content, Output, ProtectedKeys, Published,
        file::{
            FileTarget, Locks, RemoveError, Removed, SetFolder, SetStep, WriteError, Written, remove_set_observed,
            write_set_observed,
        },
    },
    renewal::Grant,
    secret::Secret,
    session::{Claims, ReplyFields, Session, Times},
};

/// An entry at a path: its description, and the action that creates it.
pub(crate) type Case<'a> = (&'a str, &'a dyn Fn(&Path));

/// A set in its own folder.
pub(crate) struct Set {
    pub(crate) around: TempDir,
    pub(crate) path: PathBuf,
}

impl Set {
    /// Creates the set in memory where possible, because syncing is not under test.
    pub(crate) fn new() -> Self {
        let around = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let path = around.path().join("set");
        Self { around, path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn outside(&self, name: &str, text: &str) -> PathBuf {
        let path = self.around.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn output(&self, name: &str) -> FileTarget {
        FileTarget { set: Some(FOLDER), ..FileTarget::at(self.at(name)) }
    }

    pub(crate) fn write(
        &self,
        files: &[(&FileTarget, &[u8])],
        before: &mut dyn FnMut(SetStep) -> io::Result<()>,
    ) -> Vec<Result<Written, WriteError>> {
        written(write_set_observed(self.path(), &FOLDER, files, at(), before))
    }

    pub(crate) fn put(&self, files: &[(&str, &str)]) -> Vec<Written> {
        let outputs: Vec<_> = files.iter().map(|(name, _)| self.output(name)).collect();
        let files: Vec<_> = outputs.iter().zip(files).map(|(output, (_, text))| (output, text.as_bytes())).collect();
        self.write(&files, &mut |_| Ok(())).into_iter().map(Result::unwrap).collect()
    }

    pub(crate) fn take(&self, names: &[&str]) -> Vec<Removed> {
        let outputs: Vec<_> = names.iter().map(|name| self.output(name)).collect();
        let outputs: Vec<_> = outputs.iter().collect();
        let done = remove_set_observed(self.path(), &FOLDER, &outputs, &mut |_| Ok(()));
        done.into_iter().map(Result::unwrap).collect()
    }

    /// Returns the name of the current generation.
    pub(crate) fn generation(&self) -> Option<String> {
        fs::read_link(self.at("..data")).ok().map(|target| target.into_os_string().into_string().unwrap())
    }

    pub(crate) fn generations(&self) -> Vec<String> {
        let is_generation = |name: &String| name.starts_with("..2") && self.at(name).is_dir();
        self.names().into_iter().filter(is_generation).collect()
    }

    /// Returns the sorted names; empty if the folder is missing.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).into_iter().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Returns the names and contents of the files that readers see.
    pub(crate) fn texts(&self) -> Vec<(String, String)> {
        let names = self.names().into_iter().filter(|name| !name.starts_with('.'));
        names.map(|name| (name.clone(), fs::read_to_string(self.at(&name)).unwrap())).collect()
    }

    /// Asserts that files of the current generation and links match, and that no write left anything behind.
    pub(crate) fn is_whole(&self) {
        let generation: BTreeMap<_, _> = fs::read_dir(self.at("..data"))
            .unwrap()
            .map(|entry| (entry.as_ref().unwrap().file_name(), entry.unwrap().file_type().unwrap()))
            .collect();
        for (name, kind) in &generation {
            assert!(kind.is_file(), "{}", name.display());
            assert_eq!(fs::read_link(self.path().join(name)).unwrap(), Path::new("..data").join(name));
        }
        for name in self.names().iter().filter(|name| !name.starts_with("..")) {
            assert!(generation.contains_key(std::ffi::OsStr::new(name)), "{name}");
        }
        let internal = self.names().into_iter().filter(|name| name.starts_with("..")).count();
        assert_eq!(internal, self.generations().len() + 1, "{:?}", self.names());
        assert!(self.generations().len() <= 5, "{:?}", self.names());
    }
}

pub(crate) fn texts(texts: &[(&str, &str)]) -> Vec<(String, String)> {
    texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

pub(crate) fn session(token: &str) -> Session {
    Session {
        jwt: Secret::new(token.to_owned()),
        grant: Grant { lifetime: Duration::from_secs(600), refresh_after: None },
        claims: Claims::default(),
        fields: ReplyFields::new(),
    }
}

pub(crate) fn content(session: &Session) -> Content<'_> {
    let times = Times { issued_at: at(), expires_at: at(), renew_at: at() };
    Content { session, credential: "billing", project: "P2abc", times }
}

/// 2026-11-23 15:22:01.
pub(crate) fn at() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_447_321)
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// Runs one test of this file in its own process, after shell settings.
pub(crate) fn in_child(setting: &str, test: &str, folder: &Path) -> Ended {
    Command::new("sh")
        .args(["-c", &format!("{setting}; exec \"$0\" \"$@\"")])
        .arg(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", test])
        .env("FOLDER", folder)
        .output()
        .unwrap()
}

/// Returns whether the test ran and passed. A child that finds no test with that name also exits with success.
pub(crate) fn passed(ended: &Ended) -> bool {
    ended.status.success() && String::from_utf8_lossy(&ended.stdout).contains(" 1 passed;")
}

pub(crate) fn child_folder() -> Option<PathBuf> {
    env::var_os("FOLDER").map(PathBuf::from)
}

pub(crate) const FOLDER: SetFolder = SetFolder::new(0o750, None);

/// Stops the readers, even if the writer panics.
pub(crate) struct Stop<'a>(pub(crate) &'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

pub(crate) fn outputs(files: &[FileTarget]) -> Vec<Output> {
    files.iter().cloned().map(Output::from).collect()
}

pub(crate) fn publish(files: &[FileTarget], content: &Content<'_>, locks: &Locks) -> Vec<Result<Written, WriteError>> {
    written(output::publish(&outputs(files), &[], content, locks, &ProtectedKeys::default()))
}

/// Local file systems impose nothing.
fn written(results: Vec<Result<Published, WriteError>>) -> Vec<Result<Written, WriteError>> {
    let local = |Published { written, imposed }| {
        assert_eq!(imposed, None);
        written
    };
    results.into_iter().map(|done| done.map(local)).collect()
}

pub(crate) fn withdraw(files: &[FileTarget], locks: &Locks) -> Vec<Result<Removed, RemoveError>> {
    output::withdraw(&outputs(files), locks, &ProtectedKeys::default())
}
