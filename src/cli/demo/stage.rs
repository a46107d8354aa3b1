//! Where the demo plays: a temporary folder with everything in it, and the stand-in for Descope's API.

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
    config::{Source, duration},
    sandbox::{Accepted, Answer, Sandbox, Settings},
    secret::Secret,
    session::{Jwks, NotAJwks},
};

/// The temporary folder goes with it.
pub(super) struct Stage {
    folder: TempDir,
    volume: SecretVolume,
    keys: [(&'static str, Secret); 2],
    sandbox: Sandbox,
}

/// Why the demo cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    /// A full disk, an unusable `$TMPDIR`, no free port.
    #[error("cannot {what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A configuration is text, and so are the paths in it.
    #[error("the name of the folder for temporary files is not UTF-8; set `$TMPDIR` to another one")]
    Name,
    /// The sandbox publishes what no reader takes for keys.
    #[error("cannot read the sandbox's keys")]
    Keys(#[from] NotAJwks),
}

impl Stage {
    /// Makes the folder, the keys and the configuration, and starts the API.
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
            .map_err(failed("make a folder for the demo's files; is `$TMPDIR` writable?"))?;
        if folder.path().to_str().is_none() {
            return Err(StageError::Name);
        }
        let volume = SecretVolume::new(folder.path().join("secret")).map_err(failed(LAY_OUT))?;
        let mut stage = Self { folder, volume, keys, sandbox };
        stage.mount()?;
        fs::write(stage.config_file(), stage.config()).map_err(failed("write the demo's configuration"))?;
        Ok(stage)
    }

    /// Where the daemon's configuration is. What it says holds whatever the environment is, which is for real projects.
    pub(super) fn source(&self) -> Source {
        Source::file(self.config_file())
    }

    /// The API's base URL.
    pub(super) fn api(&self) -> String {
        self.sandbox.base_url()
    }

    /// The keys that sign the tokens.
    pub(super) fn signing_keys(&self) -> Result<Jwks, StageError> {
        let published = self.sandbox.jwks().map_err(failed("read the sandbox's keys"))?;
        Ok(Jwks::parse(published.to_string().as_bytes())?)
    }

    /// A file or folder of the stage.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the tokens are.
    pub(super) fn tokens(&self) -> Vec<PathBuf> {
        CREDENTIALS.iter().map(|name| self.token(name)).collect()
    }

    /// Makes a new access key in the place of an old one, which is good no more, and then updates the mounted Secret.
    pub(super) fn rotate(&mut self, credential: &str) -> Result<(), StageError> {
        for (_, key) in self.keys.iter_mut().filter(|(name, _)| *name == credential) {
            let new = new_key();
            self.sandbox.rotate(key, &new);
            *key = new;
        }
        self.mount()
    }

    /// The API answers 503 from here on.
    pub(super) fn break_api(&self) {
        self.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    }

    /// The API answers again.
    pub(super) fn mend_api(&self) {
        self.sandbox.set(|settings| settings.outage = None);
    }

    /// Exchanges that the API answered with a session, and otherwise.
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

    /// Anybody may change it while the demo runs: the daemon notices.
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

/// A path as YAML takes it: JSON is YAML too. A dollar would be taken for a variable.
fn quoted(path: &Path) -> String {
    Value::from(path.to_string_lossy()).to_string().replace('$', "$$")
}

/// As Descope's look, and worth nothing: the sandbox alone takes it.
fn new_key() -> Secret {
    let random = std::iter::repeat_with(fastrand::alphanumeric).take(25);
    Secret::new("K2".chars().chain(random).collect())
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> StageError {
    move |source| StageError::System { what, source }
}

/// 28 characters, as long as a real one.
const PROJECT: &str = "P2demodemodemodemodemodemode";
const LAY_OUT: &str = "lay the access keys out like a mounted Secret";
/// How long the API takes over an exchange: long enough to be real, too short to matter.
const LATENCY: Duration = Duration::from_millis(50);
/// The least time between two exchanges: short, as the tokens' life is.
const SPACING: Duration = Duration::from_millis(300);
