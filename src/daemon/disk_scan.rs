//! A scan of the files that steer the daemon: key files, key folders, the configuration file, and the status server's
//! socket.

use std::{
    collections::{BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    clock,
    config::{Credential, Digest, KeyDirectory},
    exchange::ProjectId,
    fingerprint::Fingerprint,
    offline::{KeyFile, PriorState, TokenLife, list_keys, load_prior_state, token_life},
    output::{Locks, Output, ProtectedKeys},
    renewal::Id,
    session::Session,
    source::{self, Identity, ListError, ObservedSecrets, ReadError, Reader, SecretKind, Source},
    state::{Ledger, LoadError, Record},
};

/// What to scan.
#[derive(Clone, Debug, Default)]
pub(super) struct ScanRequest {
    /// Credentials whose sources are read, each with its reader.
    pub(super) sources: Vec<(Id, Arc<Credential>, Reader)>,
    /// Folders of keys.
    pub(super) key_directories: Vec<KeyDirectory>,
    /// The configuration file.
    pub(super) config_file: Option<PathBuf>,
    /// Credentials whose earlier state was not looked up yet.
    pub(super) newcomers: Vec<Newcomer>,
    /// The file of the status server's Unix socket.
    pub(super) status_socket: Option<PathBuf>,
}

/// A credential whose earlier state is looked up.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    pub(super) id: Id,
    pub(super) credential: Arc<Credential>,
    pub(super) project: ProjectId,
    pub(super) request: Fingerprint,
}

/// What an earlier process left of a credential.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) record: Result<Option<Record>, LoadError>,
    /// Secret files that other users could replace: what each is called, and its path.
    pub(super) writable_by_others: Vec<(&'static str, PathBuf)>,
    /// The session, if its token is the one that was written last; and whether every output holds it in the right form.
    pub(super) session: Option<(Session, bool)>,
    /// Who may write the outputs.
    pub(super) claim: Claim,
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
#[derive(Debug)]
pub(super) struct DiskScan {
    /// What the source of each credential holds. The credential is as it was when the scan was asked for.
    pub(super) observations: Vec<(Id, Arc<Credential>, Observation)>,
    /// The files in each folder, or why it cannot be listed.
    pub(super) directories: HashMap<PathBuf, Result<Vec<KeyFile>, ListError>>,
    /// The files that hold keys, so that no token replaces one.
    pub(super) protected_keys: ProtectedKeys,
    /// The digest of the configuration file.
    pub(super) config: Option<Digest>,
    /// What earlier processes left of the newcomers.
    pub(super) found: Vec<(Id, Found)>,
    /// The file of the status server's Unix socket, if it is missing.
    pub(super) missing_socket: Option<PathBuf>,
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
    /// Scans. Blocks on the disk: it reads every file, because sizes and times of mounted files are not reliable.
    pub(super) fn take(scope: &ScanRequest, ledger: &Ledger, locks: &Locks) -> Self {
        let found = scope.newcomers.iter().map(|newcomer| (newcomer.id, find(newcomer, ledger, locks))).collect();
        let observation = |(id, credential, reader): &(Id, Arc<Credential>, Reader)| {
            (*id, Arc::clone(credential), observe(&credential.source, reader))
        };
        let observations = scope.sources.iter().map(observation).collect();
        let mut secret_files: BTreeSet<PathBuf> = BTreeSet::new();
        for (_, credential, _) in &scope.sources {
            secret_files.extend(credential.source.files().iter().map(|file| file.path.to_owned()));
        }
        let mut directories = HashMap::new();
        let folders: BTreeSet<&Path> = scope.key_directories.iter().map(|directory| directory.path.as_path()).collect();
        for folder in &folders {
            let listed = list_keys(folder, &scope.key_directories, ledger).map(|(files, paths)| {
                secret_files.extend(paths);
                files
            });
            directories.insert((*folder).to_owned(), listed);
        }
        let missing_socket = scope.status_socket.clone().filter(|path| is_missing(path));
        let protected_keys = ProtectedKeys::look(secret_files.iter().map(PathBuf::as_path), folders);
        let config = scope.config_file.as_deref().map(Digest::of_file);
        Self { observations, directories, protected_keys, config, found, missing_socket }
    }
}

/// Looks up what an earlier process left. Makes missing folders, which may hold the state and the lock.
fn find(newcomer: &Newcomer, ledger: &Ledger, locks: &Locks) -> Found {
    let outputs = &newcomer.credential.outputs;
    let claim = claim(outputs, locks);
    let token = match claim {
        Claim::Lost { .. } => token_life(outputs, clock::wall()),
        Claim::Held | Claim::Shared { .. } => None,
    };
    let PriorState { record, session } =
        load_prior_state(&newcomer.credential, &newcomer.project, newcomer.request, ledger);
    let files = newcomer.credential.source.files();
    let writable = files.iter().filter(|file| source::writable_by_others(file.path));
    let writable_by_others = writable.map(|file| (file.kind.file_noun(), file.path.to_owned())).collect();
    Found { record, writable_by_others, session, claim, token }
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

fn observe(source: &Source, reader: &Reader) -> Observation {
    match reader.observe(source) {
        Ok(material) => Observation::Key(material.observed()),
        Err(error) => Observation::without_key(&error),
    }
}

fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}
