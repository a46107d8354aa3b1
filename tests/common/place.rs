//! A test's folder with keys, outputs, state and configuration, and the secrets in it.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tokenwell::secret::Secret;

use super::leaks::Leaks;

pub(crate) struct Place {
    folder: TempDir,
    pub(crate) leaks: Leaks,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["keys", "out", "state"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, leaks: Leaks::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns an access key that no other folder uses.
    pub(crate) fn key(&mut self, label: &str) -> String {
        let key = format!("K2{label}+/=%of{}", self.folder.path().file_name().unwrap().display());
        self.leaks.key(&key);
        key
    }

    /// Puts a key into `keys/<name>`.
    pub(crate) fn put_key(&mut self, name: &str, label: &str) -> Secret {
        let key = self.key(label);
        self.put(&format!("keys/{name}"), &key);
        Secret::new(key)
    }

    /// Replaces a file by rename, as well-behaved programs do.
    pub(crate) fn put(&self, name: &str, text: &str) {
        let new = self.path("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path(name)).unwrap();
    }

    /// Returns the token in `out/<name>.jwt` if the file exists, and checks that it is complete.
    pub(crate) fn token(&mut self, name: &str) -> Option<String> {
        let token = fs::read_to_string(self.path(&format!("out/{name}.jwt"))).ok()?;
        assert_eq!(token.split('.').count(), 3, "a whole token");
        self.leaks.jwt(&token);
        Some(token)
    }

    /// Returns credentials of these names with the keys `keys/<name>` and the outputs `out/<name>.jwt`.
    pub(crate) fn named(&self, names: &[&str]) -> String {
        let mut text = "credentials:\n".to_owned();
        for name in names {
            let (key, out) = (self.path(&format!("keys/{name}")), self.path(&format!("out/{name}.jwt")));
            let (key, out) = (key.display(), out.display());
            let _ = writeln!(text, "  - {{name: {name}, accessKeyFile: {key}, outputs: [{{path: {out}}}]}}");
        }
        text
    }

    /// Returns the text of a configuration: the part common to all tests, and the rest.
    pub(crate) fn configuration(&self, base_url: &str, rest: &str) -> String {
        let state = self.path("state");
        format!("projectId: P2world\nbaseUrl: {base_url}\nstateDirectory: {}\n{rest}", state.display())
    }

    /// Returns the temporary files beside the outputs.
    pub(crate) fn litter(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("out")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).filter(|path| is_temporary(path)).collect()
    }

    /// Registers every token in `out`, in any format, as a secret.
    pub(crate) fn learn_tokens(&mut self) {
        for entry in fs::read_dir(self.path("out")).into_iter().flatten() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            for run in text.split(|c| !is_part(c)) {
                if run.starts_with("eyJ") && run.split('.').count() == 3 {
                    self.leaks.jwt(run);
                }
            }
        }
    }
}

fn is_temporary(path: &Path) -> bool {
    // The folder of that name holds state.
    path.file_name().unwrap().to_str().unwrap().ends_with(".tokenwell") && !path.is_dir()
}
