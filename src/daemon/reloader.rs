//! Readings of the configuration: where it comes from, when it is read again, and what became of it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use tokio::sync::oneshot;

use super::single_flight::SingleFlight;
use crate::{
    config::{Config, Diagnostic, Digest, Loaded, LogSettings, Mistakes},
    confine::{BeyondConfinement, Confinement},
    exchange::ClientError,
    renewal::Moment,
    status::{ConfigurationReport, Placement, ReloadOutcome},
};

/// Where the configuration comes from, to read it again.
#[derive(Clone)]
pub struct ReloadSource {
    /// The file to watch; none in the file-less form.
    pub file: Option<PathBuf>,
    /// Reads the configuration, and returns the digest of what it read; blocking.
    pub load: Arc<dyn Fn() -> (Digest, Result<Loaded, Mistakes>) + Send + Sync>,
    /// Is called when a new configuration has other settings of the log.
    pub log_changed: Arc<dyn Fn(&LogSettings) + Send + Sync>,
    /// Where the process runs.
    pub placement: Placement,
}

/// Why the configuration is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// It may have changed between its first reading and the first scan.
    Started,
    /// Its file has changed.
    Changed,
    /// A signal asked for it.
    Requested,
}

/// Why a configuration is refused, in one line.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigRefused {
    /// It cannot be read, or has mistakes, which the confinement may have caused.
    #[error("{}", Confinement::explained(confinement.as_ref(), mistakes.one_line()))]
    Invalid { mistakes: Mistakes, confinement: Option<Confinement> },
    /// It needs more than the process may do.
    #[error(transparent)]
    Beyond(#[from] BeyondConfinement),
    /// Rotated refresh tokens would be left behind.
    #[error(transparent)]
    Leaves(#[from] LeavesTokens),
    /// No client can be made of it.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl ConfigRefused {
    /// Every mistake, in lines.
    fn in_lines(&self) -> String {
        match self {
            Self::Invalid { mistakes, confinement } => {
                Confinement::explained(confinement.as_ref(), mistakes.to_string())
            }
            Self::Beyond(_) | Self::Leaves(_) | Self::Client(_) => self.to_string(),
        }
    }
}

/// Why rotated refresh tokens would be left behind. The mounted ones would be presented instead, and a server that detects reuse
/// would revoke all that replaced them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`stateDirectory` has another path, and the refresh tokens of `{credential}` would be left behind; stop the daemon, move \
     `refresh-tokens` from `{}` to `{}`, and start it",
    from.display(),
    to.display()
)]
pub(super) struct LeavesTokens {
    credential: String,
    from: PathBuf,
    to: PathBuf,
}

impl LeavesTokens {
    /// Returns what `after` would leave behind.
    pub(super) fn by(before: &Config, after: &Config) -> Option<Self> {
        if before.state_directory == after.state_directory {
            return None;
        }
        let rotates = |config: &Config, name: &str| {
            config.credentials.iter().any(|credential| credential.name == name && credential.source.rotates())
        };
        let left = before.credentials.iter().map(|credential| &credential.name);
        let credential = left.into_iter().find(|name| rotates(before, name) && rotates(after, name))?.clone();
        Some(Self { credential, from: before.state_directory.clone(), to: after.state_directory.clone() })
    }
}

/// The configuration's source, and the readings after the first.
pub(super) struct Reloader {
    source: ReloadSource,
    confinement: Option<Confinement>,
    reading: SingleFlight,
    /// The digest of the configuration file at the last scan or reading, whichever was later.
    digest: Option<Digest>,
    /// When the configuration came into force.
    since: Moment,
    /// Why the newest one is not in force.
    refused: Option<ConfigRefused>,
    applied: u64,
    refusals: u64,
    /// Clients that wait for the next reading.
    awaiting_next: Vec<oneshot::Sender<ReloadOutcome>>,
    /// Clients that wait for the reading in flight.
    awaiting_this: Vec<oneshot::Sender<ReloadOutcome>>,
}

impl Reloader {
    /// The configuration of `source` comes into force now.
    pub(super) fn new(source: ReloadSource, now: Moment) -> Self {
        Self {
            source,
            confinement: None,
            reading: SingleFlight::default(),
            digest: None,
            since: now,
            refused: None,
            applied: 0,
            refusals: 0,
            awaiting_next: Vec::new(),
            awaiting_this: Vec::new(),
        }
    }

    /// Where the process runs.
    pub(super) fn placement(&self) -> &Placement {
        &self.source.placement
    }

    /// Refuses configurations that need more than the process may do.
    pub(super) fn stay_within(&mut self, confinement: Option<Confinement>) {
        self.confinement = confinement;
    }

    /// The configuration file, if there is one.
    pub(super) fn file(&self) -> Option<&Path> {
        self.source.file.as_deref()
    }

    /// What the process may do, if it is confined.
    pub(super) fn confinement(&self) -> Option<&Confinement> {
        self.confinement.as_ref()
    }

    /// Whether to begin a reading now. If not, [`Self::ended`] asks for another one.
    pub(super) fn begins(&mut self) -> bool {
        let begins = self.reading.begin();
        if begins {
            self.awaiting_this.append(&mut self.awaiting_next);
        }
        begins
    }

    /// Sends the outcome of the next reading to a client.
    pub(super) fn await_outcome(&mut self, answer: oneshot::Sender<ReloadOutcome>) {
        self.awaiting_next.push(answer);
    }

    /// Drops the requests that wait for an outcome: nothing is read any more.
    pub(super) fn dismiss(&mut self) {
        self.awaiting_next.clear();
        self.awaiting_this.clear();
    }

    fn answer(&mut self, outcome: &ReloadOutcome) {
        for answer in self.awaiting_this.drain(..) {
            // A client that has gone needs no answer.
            let _ = answer.send(outcome.clone());
        }
    }

    /// Returns the reading itself, which blocks on the disk.
    pub(super) fn reading(&self) -> Arc<dyn Fn() -> (Digest, Result<Loaded, ConfigRefused>) + Send + Sync> {
        let (source, confinement) = (self.source.clone(), self.confinement.clone());
        Arc::new(move || read(&source, confinement.as_ref()))
    }

    /// Notes the end of a reading.
    pub(super) fn ended(&mut self, digest: Option<Digest>) -> AfterReading {
        // Those that have no answer yet get none: the reading was lost.
        self.awaiting_this.clear();
        if self.reading.end() {
            AfterReading::ReadAgain
        } else if digest.is_some() && digest != self.digest && self.source.file.is_some() {
            self.digest = digest;
            AfterReading::Scan
        } else {
            AfterReading::Done
        }
    }

    /// Takes the digest of a scan. Returns why to read the configuration, if the file has changed.
    pub(super) fn scanned(&mut self, digest: Digest) -> Option<Why> {
        if self.digest == Some(digest) {
            return None;
        }
        let why = if self.digest.is_none() { Why::Started } else { Why::Changed };
        self.digest = Some(digest);
        // A reading in flight compares the digests at its end.
        self.reading.is_idle().then_some(why)
    }

    /// Notes that a reading was accepted. `is_same` says whether the configuration is unchanged.
    pub(super) fn accepted(&mut self, now: Moment, is_same: bool, warnings: &[Diagnostic]) {
        let warnings = warnings.iter().map(ToString::to_string).collect();
        self.answer(&if is_same { ReloadOutcome::Unchanged } else { ReloadOutcome::Applied { warnings } });
        self.refused = None;
        self.applied += 1;
        if !is_same {
            self.since = now;
        }
    }

    /// Notes that a reading was refused.
    pub(super) fn refused(&mut self, why: ConfigRefused) {
        self.answer(&ReloadOutcome::Refused { why: why.in_lines() });
        self.refused = Some(why);
        self.refusals += 1;
    }

    /// Applies new settings of the log.
    pub(super) fn apply_log_settings(&self, settings: &LogSettings) {
        (self.source.log_changed)(settings);
    }

    /// The configuration's part of a report, on the wall clock of `wall_of`.
    pub(super) fn report(&self, wall_of: impl Fn(Moment) -> SystemTime) -> ConfigurationReport {
        ConfigurationReport {
            file: self.source.file.clone(),
            since: wall_of(self.since),
            refused: self.refused.as_ref().map(ToString::to_string),
            applied: self.applied,
            refusals: self.refusals,
        }
    }
}

/// What follows a reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AfterReading {
    /// Another reading, which was requested meanwhile.
    ReadAgain,
    /// A scan: the file changed between the last scan and the reading, and may have changed back since.
    Scan,
    /// Nothing.
    Done,
}

fn read(source: &ReloadSource, confinement: Option<&Confinement>) -> (Digest, Result<Loaded, ConfigRefused>) {
    let (digest, loaded) = (source.load)();
    let loaded = match (loaded, confinement) {
        (Ok(loaded), Some(confinement)) => match confinement.refuses(&loaded.config, source.file.as_deref()) {
            Some(beyond) => Err(beyond.into()),
            None => Ok(loaded),
        },
        (Ok(loaded), None) => Ok(loaded),
        (Err(mistakes), confinement) => Err(ConfigRefused::Invalid { mistakes, confinement: confinement.cloned() }),
    };
    (digest, loaded)
}

#[cfg(test)]
mod tests {
    use std::{fs, time::UNIX_EPOCH};

    use super::*;

    fn reloader(file: &Path) -> Reloader {
        let load = Arc::new(|| unreachable!("the test reads nothing"));
        let source = ReloadSource {
            file: Some(file.to_owned()),
            load,
            log_changed: Arc::new(|_| ()),
            placement: Placement::default(),
        };
        Reloader::new(source, Moment::default())
    }

    #[test]
    fn a_file_that_changes_is_read_once_for_each_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokenwell.yaml");
        let digest = |text: &str| {
            fs::write(&file, text).unwrap();
            Digest::of_file(&file)
        };
        let (first, second, third) = (digest("first"), digest("second"), digest("third"));
        let mut reloader = reloader(&file);
        assert_eq!(reloader.scanned(first), Some(Why::Started));
        assert_eq!(reloader.scanned(first), None);
        assert_eq!(reloader.scanned(second), Some(Why::Changed));
        assert!(reloader.begins());
        assert_eq!(reloader.scanned(third), None, "the reading in flight compares at its end");
        assert_eq!(reloader.ended(Some(second)), AfterReading::Scan, "it read what was there before");
        assert_eq!(reloader.scanned(third), Some(Why::Changed));
        assert!(reloader.begins() && !reloader.begins());
        assert_eq!(reloader.ended(Some(third)), AfterReading::ReadAgain);
        assert!(reloader.begins());
        assert_eq!(reloader.ended(Some(third)), AfterReading::Done);
    }

    #[test]
    fn a_refusal_is_reported_until_a_reading_is_accepted() {
        let mut reloader = reloader(Path::new("/etc/tokenwell.yaml"));
        let at = |seconds| Moment::since_boot(std::time::Duration::from_secs(seconds));
        let report = |reloader: &Reloader| reloader.report(|moment| UNIX_EPOCH + moment.elapsed_since_boot());
        let refused = BeyondConfinement::Command { credential: "a".to_owned() };
        let text = refused.to_string();
        reloader.refused(refused.into());
        assert_eq!((report(&reloader).refused.as_deref(), report(&reloader).refusals), (Some(text.as_str()), 1));
        reloader.accepted(at(5), true, &[]);
        assert_eq!((report(&reloader).refused, report(&reloader).since), (None, UNIX_EPOCH));
        reloader.accepted(at(7), false, &[]);
        let since = UNIX_EPOCH + std::time::Duration::from_secs(7);
        assert_eq!((report(&reloader).applied, report(&reloader).since), (2, since));
    }
}
