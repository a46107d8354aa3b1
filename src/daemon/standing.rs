//! How the tokens stand on disk, as any process can see it: no daemon is asked, so none can say that all is well.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    slice,
    sync::Arc,
    time::Duration,
};

use tokio::{task, time};

use super::{
    disk_scan::{PriorState, load_prior_state},
    memory::request,
    reconcile::desired,
};
use crate::{
    clock,
    config::{Config, Credential},
    output::{self, Content, Output},
    renewal::{ExchangeRecord, Moment, Stamp},
    source,
    state::Ledger,
    watch::{ChangeWatcher, Touched},
};

/// The tokens of a configuration as they stand on disk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DiskStatus {
    /// How many there are to be.
    pub credentials: usize,
    /// How many of them are required.
    pub required: usize,
    /// The required ones that a reader does not find whole and alive, and why: name and one line for people.
    pub missing: Vec<(String, String)>,
    /// Key folders that cannot be listed, so that nobody knows which tokens there are to be.
    pub troubles: Vec<String>,
}

impl DiskStatus {
    /// Looks at every token, its state file and the clock. Blocks on the disk.
    pub fn of(config: &Config) -> Self {
        let (credentials, troubles) = credentials(config);
        let (ledger, now) = (Ledger::new(&config.state_directory), clock::stamp_of(clock::now()));
        let required: Vec<_> = credentials.iter().filter(|credential| credential.required).collect();
        let missing = required
            .iter()
            .filter_map(|credential| Some((credential.name.clone(), trouble(config, credential, &ledger, now)?)))
            .collect();
        Self { credentials: credentials.len(), required: required.len(), missing, troubles }
    }

    /// Whether a reader finds every required token whole and alive.
    pub fn are_good(&self) -> bool {
        self.credentials > 0 && self.missing.is_empty() && self.troubles.is_empty()
    }
}

/// Every credential that there is to be, as the key folders are now; and the folders that cannot be listed, in words. Blocks
/// on the disk.
pub fn credentials(config: &Config) -> (Vec<Credential>, Vec<String>) {
    let mut troubles = Vec::new();
    let mut listings = BTreeMap::new();
    for directory in &config.key_directories {
        match source::list(&directory.path) {
            Ok(entries) => {
                listings.insert(directory.path.clone(), entries.into_iter().map(|(name, _)| name).collect());
            }
            Err(error) => troubles.push(error.to_string()),
        }
    }
    (desired(config, |folder: &Path| listings.get(folder).map_or(&[][..], Vec::as_slice)), troubles)
}

/// The last exchange of a credential, by what was written of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RecordedExchange {
    /// From when on another one may follow: the spacing, and the quiet that the host wanted. Of one that nobody saw the end
    /// of, the spacing is counted from now.
    pub free_at: Moment,
    /// What was written; `None` if nothing was.
    pub asked: Option<ExchangeRecord>,
    /// Whether it may be under way still: it has no end yet, and a process writes to the outputs.
    pub is_under_way: bool,
}

impl RecordedExchange {
    /// Looks it up. Blocks on the disk.
    pub fn of(config: &Config, credential: &Credential) -> Self {
        let Ok(Some(record)) = Ledger::new(&config.state_directory).load(&credential.name) else {
            return Self::default();
        };
        let now = clock::stamp_of(clock::now());
        let recollection = record.memory().recall(now, &credential.policy, &mut fastrand::Rng::new());
        let spaced = recollection.past.answered().map(|answered| answered + credential.policy.spacing);
        let is_held = || credential.outputs.iter().any(|output| matches!(output.holder(), Ok(Some(_))));
        Self {
            free_at: spaced.max(recollection.quiet_until).unwrap_or_default(),
            asked: Some(record.last_exchange),
            is_under_way: record.last_exchange.answer.is_none() && is_held(),
        }
    }
}

/// Looks until every required token is there, or until the time is over, at each change of a file that has a say in it. Looks
/// once at least, though not for longer than the longer of the time and [`LOOK_MAX`]. Answers what was seen last; `None` if no
/// look came to its end. Must be called within a runtime.
pub async fn wait(config: &Arc<Config>, timeout: Duration) -> Option<DiskStatus> {
    let mut last = time::timeout(timeout.max(LOOK_MAX), look(config)).await.ok()?;
    if last.are_good() || timeout.is_zero() {
        return Some(last);
    }
    let mut change_watcher = ChangeWatcher::default();
    let watching = async {
        while !last.are_good() {
            let folders = folders(config);
            arm(&mut change_watcher, &folders).await;
            // Also right after arming, for it may have changed before; those of some file systems cannot be watched.
            let _ = time::timeout(LOOK_ANYWAY, touched(&mut change_watcher, &folders)).await;
            last = look(config).await;
        }
    };
    let _ = time::timeout(timeout, watching).await;
    Some(last)
}

async fn look(config: &Arc<Config>) -> DiskStatus {
    let config = Arc::clone(config);
    task::spawn_blocking(move || DiskStatus::of(&config)).await.unwrap_or_default()
}

/// Watches the folders, and in the place of one that is missing the nearest above it that is there.
async fn arm(change_watcher: &mut ChangeWatcher, folders: &BTreeSet<PathBuf>) {
    let mut wanted = folders.clone();
    while !wanted.is_empty() {
        let Some(armer) = change_watcher.armer() else { return };
        let asked = wanted.clone();
        let Ok(armed) = task::spawn_blocking(move || armer.arm(asked)).await else { return };
        change_watcher.record_armed(armed);
        let missing = wanted.iter().filter(|folder| !change_watcher.is_armed(folder));
        wanted = missing.filter_map(|folder| folder.parent()).map(Path::to_path_buf).collect();
    }
}

/// Waits until one of the folders is touched, or is made. What else happens in a folder above them is nothing to wake for.
async fn touched(change_watcher: &mut ChangeWatcher, folders: &BTreeSet<PathBuf>) {
    let concerns = |file: &PathBuf| {
        file.parent().is_some_and(|folder| folders.contains(folder))
            || folders.iter().any(|folder| folder.starts_with(file))
    };
    loop {
        match change_watcher.touched().await {
            Touched::Files(files) if !files.iter().any(concerns) => {}
            Touched::Files(_) | Touched::Anything => return,
        }
    }
}

/// Where a change may make a token good: its outputs, its state file, the key folders that say who there is.
fn folders(config: &Config) -> BTreeSet<PathBuf> {
    let named = config.credentials.iter().flat_map(|credential| &credential.outputs);
    let pattern = config.key_directories.iter().flat_map(|directory| &directory.pattern.outputs);
    let outputs = named.chain(pattern).flat_map(Output::watched_folders);
    let keys = config.key_directories.iter().map(|directory| directory.path.clone());
    outputs.chain(keys).chain([Ledger::new(&config.state_directory).folder().to_owned()]).collect()
}

/// Why a reader finds no live token, if he finds none.
fn trouble(config: &Config, credential: &Credential, ledger: &Ledger, now: Stamp) -> Option<String> {
    let request = request(&config.project, &config.base_url, &credential.options);
    let PriorState { record, session } = load_prior_state(credential, &config.project, request, ledger);
    let written = match record {
        Err(why) => return Some(why.to_string()),
        Ok(None) => return Some("nothing was asked for yet".to_owned()),
        Ok(Some(record)) => record,
    };
    if written.request != request {
        return Some("the token on disk was asked for otherwise than the configuration says".to_owned());
    }
    let Some(token) = &written.written else { return Some("no session was granted yet".to_owned()) };
    match session {
        None => return Some(without_token(&credential.outputs)),
        Some((session, false)) => {
            let (name, project) = (credential.name.as_str(), config.project.as_str());
            let content = Content { session: &session, credential: name, project, times: token.times };
            let is_altered = |output: &&Output| !output::are_intact(slice::from_ref(*output), &content);
            return Some(altered(credential.outputs.iter().filter(is_altered)));
        }
        Some((_, true)) => {}
    }
    let term = written.memory().recall(now, &credential.policy, &mut fastrand::Rng::new()).term;
    match term {
        None => Some("clocks disagree on the age of the token".to_owned()),
        Some(term) if !term.is_valid_at(now.moment) => Some("the token has expired".to_owned()),
        Some(_) => None,
    }
}

fn without_token(outputs: &[Output]) -> String {
    match outputs {
        [output] => format!("`{}` does not hold the token that was written last", output.name()),
        _ => format!("none of {} holds the token that was written last", listed(outputs)),
    }
}

fn altered<'o>(outputs: impl Iterator<Item = &'o Output>) -> String {
    let outputs: Vec<_> = outputs.collect();
    match outputs.len() {
        // It was mended between the two looks.
        0 => "a file was not as it should be just now".to_owned(),
        1 => format!("{} is not as it should be", listed(outputs)),
        _ => format!("{} are not as they should be", listed(outputs)),
    }
}

/// `a`, `b` and `c`.
fn listed<'o>(outputs: impl IntoIterator<Item = &'o Output>) -> String {
    let paths: Vec<_> = outputs.into_iter().map(|output| format!("`{}`", output.name())).collect();
    match paths.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        Some(_) | None => paths.concat(),
    }
}

/// How long to wait for a change before looking all the same.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);

/// How long one look may take however short the time: a disk may hang.
const LOOK_MAX: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_is_made_later_is_noticed() {
        let base = tempfile::tempdir().unwrap();
        let folders = BTreeSet::from([base.path().join("deep/down/out")]);
        let mut change_watcher = ChangeWatcher::default();
        let patience = Duration::from_secs(60);
        for made in ["deep", "deep/down", "deep/down/out", "deep/down/out/a.jwt"] {
            // Each time a folder is watched that was not before, which is a hint by itself.
            arm(&mut change_watcher, &folders).await;
            time::timeout(patience, touched(&mut change_watcher, &folders)).await.unwrap();
            std::fs::create_dir(base.path().join(made)).unwrap();
            time::timeout(patience, touched(&mut change_watcher, &folders)).await.unwrap();
        }
    }

    #[test]
    fn files_are_listed_in_words() {
        let outputs = ["/a", "/b", "/c"].map(|path| Output::at(path.into()));
        assert_eq!(altered(outputs[..1].iter()), "`/a` is not as it should be");
        assert_eq!(altered(outputs[1..].iter()), "`/b` and `/c` are not as they should be");
        assert_eq!(without_token(&outputs), "none of `/a`, `/b` and `/c` holds the token that was written last");
    }
}
