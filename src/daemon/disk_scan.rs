//! A scan of the files that steer the daemon: key files, key folders, the configuration file, and the sockets of
//! the servers.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::future::join_all;
use tracing::debug;

use super::{
    exchange_effect::ExchangeContext,
    state_access::{StateAccess, StateClaim},
    tls_files::FileDigest,
};
use crate::{
    blocking::{self, Access, LeftOut, Part, PartsDone, at_file},
    clock,
    config::{Credential, Digest, KeyDirectory},
    exchange::ProjectId,
    fingerprint::Fingerprint,
    offline::{KeyFile, PriorState, TokenLife, list_keys, load_prior_state, take_over, token_life},
    output::{Locks, Output, ProtectedKeys, claim_ahead},
    renewal::Id,
    session::Session,
    source::{self, Identity, ListError, ObservedSecrets, ReadError, Reader, SecretKind, Source},
    state::{Ledger, LoadError, Record},
};

/// What to scan.
#[derive(Clone, Debug, Default)]
pub(super) struct ScanRequest {
    /// The sources that are read.
    pub(super) sources: Vec<ScannedSource>,
    /// Folders of keys.
    pub(super) key_directories: Vec<KeyDirectory>,
    /// The configuration file.
    pub(super) config_file: Option<PathBuf>,
    /// The files of certificates and their key.
    pub(super) tls_files: Vec<PathBuf>,
    /// The one of them that is a key, which no token may replace.
    pub(super) tls_key: Option<PathBuf>,
    /// Credentials whose earlier state was not looked up yet.
    pub(super) newcomers: Vec<Newcomer>,
    /// The files of the Unix sockets that are served.
    pub(super) sockets: Vec<PathBuf>,
}

/// The source of a credential.
#[derive(Clone, Debug)]
pub(super) struct ScannedSource {
    pub(super) id: Id,
    pub(super) credential: Arc<Credential>,
    pub(super) reader: Reader,
    /// See [`super::credential_state::KeyState::version`].
    pub(super) version: u64,
}

/// A credential whose earlier state is looked up.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    pub(super) id: Id,
    pub(super) credential: Arc<Credential>,
    pub(super) project: ProjectId,
    pub(super) request: Fingerprint,
    /// Where its state was before, if it is taken over from there.
    pub(super) former_state: Option<PathBuf>,
}

/// What an earlier process left of a credential.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) record: Result<Option<Record>, LoadError>,
    /// The places from which the state was taken over, or why it was not; then nothing else was looked up.
    pub(super) taken_over: Result<Vec<PathBuf>, String>,
    /// Secret files that other users could replace: what each is called, and its path.
    pub(super) writable_by_others: Vec<(&'static str, PathBuf)>,
    /// The session, if its token is the one that was written last; and whether every output holds it in the right form.
    pub(super) session: Option<(Session, bool)>,
    /// Who may write the outputs.
    pub(super) claim: Claim,
    /// The claim of the state directory, if it was claimed again.
    pub(super) claimed_state: Option<StateClaim>,
    /// The token that another process has put into every output.
    pub(super) token: Option<TokenLife>,
}

/// Who may write the outputs of a credential. `holder` is one line that names another process, with the remedy.
#[derive(Debug, Default)]
pub(super) enum Claim {
    /// This process, or nothing can be claimed there.
    #[default]
    Held,
    /// This process and another one, each some of them.
    Shared { holder: String },
    /// Another process, all of them.
    Lost { holder: String },
}

/// The result of a scan.
#[derive(Debug, Default)]
pub(super) struct DiskScan {
    /// What each source holds. The credential is as it was when the scan was asked for.
    pub(super) observations: Vec<(ScannedSource, Observation)>,
    /// The files in each folder, or why it cannot be listed.
    pub(super) directories: HashMap<PathBuf, Result<Vec<KeyFile>, ListError>>,
    /// The files that hold keys, so that no token replaces one.
    pub(super) protected_keys: ProtectedKeys,
    /// The digest of the configuration file.
    pub(super) config: Option<Digest>,
    /// The digests of the files of certificates, unless one was left out.
    pub(super) tls_files: Option<Vec<FileDigest>>,
    /// The claim of the state directory, if it was to be claimed and responds.
    pub(super) state: Option<StateClaim>,
    /// What earlier processes left of the newcomers.
    pub(super) found: Vec<(Id, Found)>,
    /// The files of sockets that are missing.
    pub(super) missing_sockets: Vec<PathBuf>,
    /// Whether files were left out, because they do not respond. What was known of them still holds.
    pub(super) is_partial: bool,
}

/// A part of a scan.
#[derive(Debug)]
enum Place {
    Newcomer(Id),
    Source(ScannedSource),
    KeyDirectory(PathBuf),
    Config,
    TlsFiles,
    Socket(PathBuf),
}

/// What is at a place.
#[derive(Debug)]
enum Look {
    Found(Box<Found>),
    Observed(Observation, ProtectedKeys),
    Listed(Result<Vec<KeyFile>, ListError>, ProtectedKeys),
    Digest(Digest),
    TlsFiles(Vec<FileDigest>, ProtectedKeys),
    IsMissing(bool),
}

/// What a source holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Observation {
    Key(ObservedSecrets),
    NoKey {
        /// One line for people.
        why: String,
        /// What a person should do, unless the file is to be mended.
        remedy: Option<String>,
        /// See [`ReadError::may_pass_unseen`].
        may_pass_unseen: bool,
    },
}

impl Observation {
    pub(super) fn identity(&self) -> Option<Identity> {
        match self {
            Self::Key(observed) => Some(observed.identity),
            Self::NoKey { .. } => None,
        }
    }

    pub(super) fn without_key(error: &ReadError) -> Self {
        let is_of_another_file = matches!(error.kind, SecretKind::RotatedToken | SecretKind::PublicKey);
        let remedy = is_of_another_file.then(|| error.to_string());
        Self::NoKey { why: error.to_string(), remedy, may_pass_unseen: error.may_pass_unseen() }
    }
}

impl DiskScan {
    /// Scans. Reads every file, because sizes and times of mounted files are not reliable. Files that do not respond are left out.
    pub(super) async fn take(request: ScanRequest, context: &Arc<ExchangeContext>, locks: &Arc<Locks>) -> Self {
        let mut state = context.state.clone();
        let claim = claim_state(&state, locks).await;
        if let Some(claim) = claim.clone() {
            state.note(claim);
        }
        // One that is left out makes each part of its folder claim, or be left out, by itself.
        blocking::run_parts(request.claims_ahead(locks)).await;
        let mut scan = Self { state: claim, ..Self::default() };
        let lists = in_lists(request.into_parts(&Arc::new(state), locks));
        for PartsDone { results, left_out } in join_all(lists.into_iter().map(blocking::run_parts)).await {
            scan.is_partial |= !left_out.is_empty();
            for LeftOut { key, file } in left_out {
                debug!(file = file.map(|file| file.display().to_string()), "left out of a scan: {}", key.noun());
            }
            for (place, look) in results {
                scan.note(place, look);
            }
        }
        scan
    }

    fn note(&mut self, place: Place, look: Look) {
        match (place, look) {
            (Place::Newcomer(id), Look::Found(found)) => self.found.push((id, *found)),
            (Place::Source(source), Look::Observed(observation, keys)) => {
                self.observations.push((source, observation));
                self.protected_keys.extend(keys);
            }
            (Place::KeyDirectory(folder), Look::Listed(listed, keys)) => {
                self.directories.insert(folder, listed);
                self.protected_keys.extend(keys);
            }
            (Place::Config, Look::Digest(digest)) => self.config = Some(digest),
            (Place::TlsFiles, Look::TlsFiles(found, keys)) => {
                self.tls_files = Some(found);
                self.protected_keys.extend(keys);
            }
            (Place::Socket(path), Look::IsMissing(is_missing)) => {
                self.missing_sockets.extend(is_missing.then_some(path));
            }
            (
                Place::Newcomer(_)
                | Place::Source(_)
                | Place::KeyDirectory(_)
                | Place::Config
                | Place::TlsFiles
                | Place::Socket(_),
                _,
            ) => {}
        }
    }
}

impl ScanRequest {
    /// Claims the outputs of newcomers folder by folder, where a folder has many.
    fn claims_ahead(&self, locks: &Arc<Locks>) -> Vec<Part<(), ()>> {
        let mut folders: BTreeMap<&Path, Vec<Arc<Credential>>> = BTreeMap::new();
        for newcomer in &self.newcomers {
            let of_newcomer: BTreeSet<_> = newcomer.credential.outputs.iter().filter_map(Output::folder).collect();
            for folder in of_newcomer {
                folders.entry(folder).or_default().push(Arc::clone(&newcomer.credential));
            }
        }
        let many = folders.into_iter().filter(|(_, credentials)| credentials.len() >= CLAIMED_AHEAD_FROM);
        let part = |(folder, credentials): (&Path, Vec<Arc<Credential>>)| {
            let (folder, locks) = (folder.to_owned(), Arc::clone(locks));
            Part::new((), vec![folder.clone()], move || {
                let outputs = credentials.iter().flat_map(|credential| &credential.outputs);
                claim_ahead(outputs.filter(|output| output.folder() == Some(&folder)), &locks);
            })
        };
        many.map(part).collect()
    }

    fn into_parts(self, state: &Arc<StateAccess>, locks: &Arc<Locks>) -> Vec<Part<Place, Look>> {
        let mut parts = Vec::with_capacity(self.newcomers.len() + self.sources.len() + 2);
        for newcomer in self.newcomers {
            let outputs = newcomer.credential.outputs.iter().filter_map(Output::file).map(Path::to_owned);
            let files = outputs.chain([state.directory().to_owned()]).collect();
            let (state, locks) = (Arc::clone(state), Arc::clone(locks));
            let look = move |newcomer: &Newcomer| Look::Found(Box::new(find(newcomer, &state, &locks)));
            parts.push(Part::new(Place::Newcomer(newcomer.id), files, move || look(&newcomer)));
        }
        for source in self.sources {
            let files: Vec<_> = source.credential.source.files().iter().map(|file| file.path.to_owned()).collect();
            let (credential, reader) = (Arc::clone(&source.credential), source.reader.clone());
            let state = Arc::clone(state);
            parts.push(Part::new(Place::Source(source), files, move || {
                let observation = observe(&credential.source, &reader, &state);
                let files = credential.source.files();
                Look::Observed(observation, ProtectedKeys::look(files.iter().map(|file| file.path), []))
            }));
        }
        let directories = Arc::new(self.key_directories);
        let folders: BTreeSet<_> = directories.iter().map(|directory| directory.path.clone()).collect();
        for folder in folders {
            let (directories, state) = (Arc::clone(&directories), Arc::clone(state));
            parts.push(Part::new(Place::KeyDirectory(folder.clone()), vec![folder.clone()], move || {
                let (listed, paths) = list_keys(&folder, &directories, state.ledger().as_ref())
                    .map_or_else(|error| (Err(error), Vec::new()), |(files, paths)| (Ok(files), paths));
                let protected_keys = ProtectedKeys::look(paths.iter().map(PathBuf::as_path), [folder.as_path()]);
                Look::Listed(listed, protected_keys)
            }));
        }
        if let Some(file) = self.config_file {
            parts.push(Part::new(Place::Config, vec![file.clone()], move || Look::Digest(Digest::of_file(&file))));
        }
        if !self.tls_files.is_empty() {
            let (files, key) = (self.tls_files.clone(), self.tls_key);
            parts.push(Part::new(Place::TlsFiles, self.tls_files, move || {
                let digest = |file: PathBuf| {
                    at_file(Access::Read, &file);
                    let digest = Digest::of_file(&file);
                    (file, digest)
                };
                Look::TlsFiles(files.into_iter().map(digest).collect(), ProtectedKeys::look(key.as_deref(), []))
            }));
        }
        for path in self.sockets {
            let place = Place::Socket(path.clone());
            parts.push(Part::new(place, vec![path.clone()], move || {
                at_file(Access::Read, &path);
                Look::IsMissing(is_missing(&path))
            }));
        }
        parts
    }
}

impl Place {
    fn noun(&self) -> &'static str {
        match self {
            Self::Newcomer(_) => "the outputs and the state of a credential",
            Self::Source(ScannedSource { credential, .. }) => credential.source.noun(),
            Self::KeyDirectory(_) => "a key folder",
            Self::Config => "the configuration",
            Self::TlsFiles => "the files of certificates",
            Self::Socket(_) => "a socket",
        }
    }
}

/// Claims the state directory before anything in it is read; `None` if that is not needed, or if its disk does not respond.
async fn claim_state(state: &StateAccess, locks: &Arc<Locks>) -> Option<StateClaim> {
    let (directory, locks) = (state.wanted()?.to_owned(), Arc::clone(locks));
    let files = vec![directory.clone()];
    let claim = Part::new((), files, move || StateClaim::take(&directory, &locks));
    blocking::run_parts(vec![claim]).await.results.pop().map(|((), claim)| claim)
}

/// Looks up what an earlier process left. Makes missing folders, which may hold the lock.
fn find(newcomer: &Newcomer, state: &StateAccess, locks: &Locks) -> Found {
    let outputs = &newcomer.credential.outputs;
    let claim = claim(outputs, locks);
    let token = match claim {
        Claim::Lost { .. } => token_life(outputs, clock::wall()),
        Claim::Held | Claim::Shared { .. } => None,
    };
    // A process that ends releases its state directory before its outputs, so a process that gets these gets that too.
    let claimed_state = match (&claim, state.holder()) {
        (Claim::Held | Claim::Shared { .. }, Some(_)) => Some(StateClaim::take(state.directory(), locks)),
        (Claim::Lost { .. }, _) | (_, None) => None,
    };
    let ledger = match &claimed_state {
        Some(claim) => claim.is_usable().then(|| Ledger::new(state.directory())),
        None => state.ledger(),
    };
    let taken_over = match (&claim, &ledger, &newcomer.former_state) {
        (Claim::Held | Claim::Shared { .. }, Some(_), Some(former)) => {
            take_over(&newcomer.credential, state.directory(), former, locks).map_err(|why| why.to_string())
        }
        (Claim::Lost { .. }, _, _) | (_, None, _) | (_, _, None) => Ok(Vec::new()),
    };
    let PriorState { record, session } = match ledger {
        Some(ledger) => load_prior_state(&newcomer.credential, &newcomer.project, newcomer.request, &ledger),
        None => PriorState { record: Ok(None), session: None },
    };
    let files = newcomer.credential.source.files();
    let writable = files.iter().filter(|file| source::writable_by_others(file.path));
    let writable_by_others = writable.map(|file| (file.kind.file_noun(), file.path.to_owned())).collect();
    Found { record, taken_over, writable_by_others, session, claim, claimed_state, token }
}

/// Claims every output.
fn claim(outputs: &[Output], locks: &Locks) -> Claim {
    let lost: Vec<_> = outputs
        .iter()
        .filter_map(|output| {
            // The write that follows fails in the same way and reports it.
            let _ = output.prepare();
            output.claim(locks).err()
        })
        .collect();
    match lost.first().map(ToString::to_string) {
        None => Claim::Held,
        Some(holder) if lost.len() < outputs.len() => Claim::Shared { holder },
        Some(holder) => Claim::Lost { holder },
    }
}

fn observe(source: &Source, reader: &Reader, state: &StateAccess) -> Observation {
    if let Some(why) = state.withholds(source) {
        return Observation::without_key(&why);
    }
    match reader.observe(source) {
        Ok(material) => Observation::Key(material.observed()),
        Err(error) => Observation::without_key(&error),
    }
}

/// Splits many parts, so that two threads share them.
fn in_lists<K, T>(mut parts: Vec<Part<K, T>>) -> Vec<Vec<Part<K, T>>> {
    if parts.len() < SHARED_FROM {
        return vec![parts];
    }
    let half = parts.split_off(parts.len() / 2);
    vec![parts, half]
}

/// Fewer outputs of a folder are claimed one by one.
const CLAIMED_AHEAD_FROM: usize = 16;
/// Fewer parts of a scan are not worth a second thread.
const SHARED_FROM: usize = 256;

fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}
