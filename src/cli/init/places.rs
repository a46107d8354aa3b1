//! Default places of files: those of the user by the XDG Base Directory Specification, or those of the system for root.

use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::config::{DEFAULT_FILE, Environment};

/// The folders that defaults are in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Places {
    config_file: Option<PathBuf>,
    /// The folder of token files.
    tokens: Option<PathBuf>,
    home: Option<PathBuf>,
}

impl Places {
    /// Returns the places of the user that this process runs as.
    pub(super) fn of_process(environment: &Environment) -> Self {
        Self::of(environment, geteuid().is_root())
    }

    fn of(environment: &Environment, is_root: bool) -> Self {
        // By the specification, a relative path is ignored.
        let folder = |name| environment.setting(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = folder("HOME");
        let in_home = |name: &str| home.as_ref().map(|home| home.join(name));
        let (config_file, tokens) = if is_root {
            (Some(DEFAULT_FILE.into()), Some(SYSTEM_TOKENS.into()))
        } else {
            let config = folder("XDG_CONFIG_HOME").or_else(|| in_home(".config"));
            let run =
                folder("XDG_RUNTIME_DIR").or_else(|| folder("XDG_STATE_HOME")).or_else(|| in_home(".local/state"));
            (config.map(|folder| folder.join("tokenwell/tokenwell.yaml")), run.map(|folder| folder.join("tokenwell")))
        };
        Self { config_file, tokens, home }
    }

    /// Returns the configuration file; `None` if the user has no home.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        self.config_file.clone()
    }

    /// Returns the key file of a credential, beside the configuration.
    pub(super) fn key_file(config: &Path, name: &str) -> PathBuf {
        config.parent().unwrap_or(Path::new("/")).join("keys").join(name)
    }

    /// Returns the token file of a credential: beside the configuration if the user has no home.
    pub(super) fn output(&self, config: &Path, name: &str) -> PathBuf {
        let folder = self.tokens.as_deref().or(config.parent()).unwrap_or(Path::new("/"));
        folder.join(format!("{name}.jwt"))
    }

    /// Replaces `~` at the start of a path, as shells do.
    pub(super) fn expanded(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            (Some(_) | None, _) => path.into(),
        }
    }
}

const SYSTEM_TOKENS: &str = "/run/tokenwell";

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(variables: &[(&str, &str)], is_root: bool) -> [String; 3] {
        let places = Places::of(&variables.iter().copied().collect(), is_root);
        let config = places.config_file().unwrap_or_else(|| "/cwd/tokenwell.yaml".into());
        [config.clone(), Places::key_file(&config, "a"), places.output(&config, "a")]
            .map(|path| path.display().to_string())
    }

    #[test]
    fn a_user_gets_files_of_their_own() {
        let home = ("HOME", "/users/u");
        let own = ["/users/u/.config/tokenwell/tokenwell.yaml", "/users/u/.config/tokenwell/keys/a"];
        assert_eq!(defaults(&[home], false), [own[0], own[1], "/users/u/.local/state/tokenwell/a.jwt"]);
        let runtime = ("XDG_RUNTIME_DIR", "/run/user/1000");
        assert_eq!(defaults(&[home, runtime], false), [own[0], own[1], "/run/user/1000/tokenwell/a.jwt"]);
        let all = [home, ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s"), ("XDG_RUNTIME_DIR", "relative")];
        assert_eq!(defaults(&all, false), ["/c/tokenwell/tokenwell.yaml", "/c/tokenwell/keys/a", "/s/tokenwell/a.jwt"]);
    }

    #[test]
    fn root_gets_the_files_of_the_system() {
        let expected = ["/etc/tokenwell/tokenwell.yaml", "/etc/tokenwell/keys/a", "/run/tokenwell/a.jwt"];
        assert_eq!(defaults(&[("HOME", "/root"), ("XDG_RUNTIME_DIR", "/run/user/0")], true), expected);
    }

    #[test]
    fn without_a_home_everything_is_beside_the_configuration() {
        assert_eq!(Places::of(&Environment::default(), false).config_file(), None);
        assert_eq!(defaults(&[], false), ["/cwd/tokenwell.yaml", "/cwd/keys/a", "/cwd/a.jwt"]);
    }

    #[test]
    fn a_tilde_is_the_home() {
        let places = Places::of(&[("HOME", "/users/u")].into_iter().collect(), false);
        let expanded = ["~/a", "~", "/~/a", "a"].map(|path| places.expanded(path).display().to_string());
        assert_eq!(expanded, ["/users/u/a", "~", "/~/a", "a"]);
    }
}
