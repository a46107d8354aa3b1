//! Environment variables as data; the caller decides which environment a configuration is read in.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    fmt,
    path::PathBuf,
};

/// The environment that a configuration is read in. Values may be secrets, so `Debug` prints only their number.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Returns the environment of this process.
    pub fn of_process() -> Self {
        env::vars_os().collect()
    }

    /// Returns the value of a variable, even an empty one.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Returns the value of a variable that is a setting of this program: an empty one counts as unset.
    pub fn setting(&self, name: &str) -> Option<&OsStr> {
        self.variable(name).filter(|value| !value.is_empty())
    }

    /// Returns the paths in a setting, which are separated by `:`.
    pub fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.setting(name).map(|value| env::split_paths(value).collect()).unwrap_or_default()
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}
