//! The environment of the demo: a temporary folder with all files, and the sandbox for Descope's API.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    scenario::{CREDENTIALS, RENEW_AT_PERCENT, RETRY_MAX, Scenario},
    secret_volume::SecretVolume,
};
use crate::{
    clock,
    config::{ConfigSource, duration},
    sandbox::{Accepted, Answer, Sandbox, Settings},
    secret::Secret,
    session::{Jwks, NotAJwks},
};

/// Owns the temporary folder, which is removed with it.
pub(super) struct Stage {
    folder: TempDir,
    volume: SecretVolume,
    keys: [(&'static str, Secret); 2],
    sandbox: Sandbox,
}

/// Why the demo cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    /// A full disk, an unusable `$TMPDIR`, or no free port.
    #[error("cannot {what}")]
    System {
        /// The attempted action.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The configuration is text, including the paths in it.
    #[error("the name of the folder for temporary files is not UTF-8; set `$TMPDIR` to another one")]
    Name,
    /// The sandbox published an invalid JWKS.
    #[error("cannot read the sandbox's keys")]
    Keys(#[from] NotAJwks),
}

impl Stage {
    /// Creates the folder, the keys and the configuration, and starts the API.
    pub(super) fn set_up(scenario: &Scenario) -> Result<Self, StageError> {
        let keys = CREDENTIALS.map(|name| (name, new_key()));
        let accepted = Accepted::Only(keys.iter().map(|(_, key)| key.fingerprint()).collect());
        let settings = Settings {
            life: scenario.life,
            latency: LATENCY,
            project: Some(PROJECT.to_owned()),
            accepted,
            ..Settings::default()
        };
        let sandbox = Sandbox::start(settings).map_err(failed("start the sandbox on 127.0.0.1"))?;
        let folder = tempfile::Builder::new()
            .prefix("tokenwell-")
            .tempdir()
            .map_err(failed("create a folder for the demo's files; is `$TMPDIR` writable?"))?;
        if folder.path().to_str().is_none() {
            return Err(StageError::Name);
        }
        let volume = SecretVolume::new(folder.path().join("secret")).map_err(failed(LAY_OUT))?;
        let mut stage = Self { folder, volume, keys, sandbox };
        stage.mount()?;
        fs::write(stage.config_file(), stage.config()).map_err(failed("write the demo's configuration"))?;
        Ok(stage)
    }

    /// Returns the source of the daemon's configuration. The environment does not apply, because it is meant for real
    /// projects.
    pub(super) fn source(&self) -> ConfigSource {
        ConfigSource::file(self.config_file())
    }

    /// Returns the API's base URL.
    pub(super) fn api(&self) -> String {
        self.sandbox.base_url()
    }

    /// Returns the keys that sign the tokens.
    pub(super) fn signing_keys(&self) -> Result<Jwks, StageError> {
        let published = self.sandbox.jwks().map_err(failed("read the sandbox's keys"))?;
        Ok(Jwks::parse(published.to_string().as_bytes())?)
    }

    /// Returns the path of a file or folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the paths of the token files.
    pub(super) fn tokens(&self) -> Vec<PathBuf> {
        CREDENTIALS.iter().map(|name| self.token(name)).collect()
    }

    /// Replaces an access key by a new one, revokes the old one, and then updates the mounted Secret.
    pub(super) fn rotate(&mut self, credential: &str) -> Result<(), StageError> {
        for (_, key) in self.keys.iter_mut().filter(|(name, _)| *name == credential) {
            let new = new_key();
            self.sandbox.rotate(key, &new);
            *key = new;
        }
        self.mount()
    }

    /// Makes the API answer 503.
    pub(super) fn break_api(&self) {
        self.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    }

    /// Makes the API work again.
    pub(super) fn mend_api(&self) {
        self.sandbox.set(|settings| settings.outage = None);
    }

    /// Returns how many exchanges the API answered with a session, and how many otherwise.
    pub(super) fn answers(&self) -> (u64, u64) {
        let counters = self.sandbox.counters();
        (counters.sessions, counters.replies)
    }

    /// Removes everything.
    pub(super) fn clear(self) -> Result<(), StageError> {
        self.folder.close().map_err(failed("remove the demo's folder"))
    }

    fn mount(&mut self) -> Result<(), StageError> {
        let files = self.keys.iter().map(|(name, key)| (*name, key));
        self.volume.update(clock::wall(), files).map_err(failed(LAY_OUT))
    }

    fn config_file(&self) -> PathBuf {
        self.path("tokenwell.yaml")
    }

    fn token(&self, credential: &str) -> PathBuf {
        self.path("tokens").join(format!("{credential}.jwt"))
    }

    /// Returns the configuration. If a user edits the file while the demo runs, the daemon notices.
    fn config(&self) -> String {
        let mut config = format!(
            "projectId: {PROJECT}\nbaseUrl: {}\nstateDirectory: {}\ncredentials:\n",
            self.api(),
            quoted(&self.path("state"))
        );
        for name in CREDENTIALS {
            let (key, token) = (quoted(&self.volume.path(name)), quoted(&self.token(name)));
            let _ = write!(config, "  - name: {name}\n    accessKeyFile: {key}\n    outputs: [{{path: {token}}}]\n");
        }
        let (pace, retry_max) = (duration::short(SPACING), duration::short(RETRY_MAX));
        config.push_str("# Everything goes faster here than by default, which is 67%, 2s, 2s and 60s.\n");
        let _ = writeln!(
            config,
            "renew: {{at: {RENEW_AT_PERCENT}%, spacing: {pace}, retryFirst: {pace}, retryMax: {retry_max}}}"
        );
        config
    }
}

/// Quotes a path for YAML, of which JSON is a subset. A dollar would begin a variable.
fn quoted(path: &Path) -> String {
    Value::from(path.to_string_lossy()).to_string().replace('$', "$$")
}

/// Creates a key that looks like Descope's, and that only the sandbox accepts.
fn new_key() -> Secret {
    let random = std::iter::repeat_with(fastrand::alphanumeric).take(25);
    Secret::new("K2".chars().chain(random).collect())
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> StageError {
    move |source| StageError::System { what, source }
}

/// 28 characters, like a real one.
const PROJECT: &str = "P2demodemodemodemodemodemode";
const LAY_OUT: &str = "write the access keys like a mounted Secret";
/// The latency of an exchange: realistic, but too short to matter.
const LATENCY: Duration = Duration::from_millis(50);
/// The minimum time between two exchanges: short, like the tokens' lifetime.
const SPACING: Duration = Duration::from_millis(300);
