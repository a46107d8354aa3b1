//! A mounted refresh token and the tokens that replaced it.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use super::{
    answer::{Answer, NotStored, RotatedSecret},
    chain::{ChainLink, Chains},
    chain_folder::{ChainFolder, ChainLock, CopiedChains, TOKEN_FILE_BYTES_MAX},
    descope,
    explanation::explained,
    secret_file,
    secret_kind::{SecretFile, SecretKind},
    unusable::{ReadError, Unusable},
    word::word_in,
};
use crate::{
    exchange::{Api, Refused, Reply, Request},
    fingerprint::Fingerprint,
    renewal::Refusal,
    secret::Secret,
    session::{Granted, Jwt},
};

/// A file with a refresh token, and the folder for the tokens that replace it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenChain {
    /// The file that contains only the mounted token; absolute.
    pub file: PathBuf,
    stored: Option<ChainFolder>,
}

/// The refresh token to present.
#[derive(Debug)]
pub(super) struct PresentedToken {
    pub(super) link: ChainLink,
    pub(super) token: Secret,
    /// The mounted token, if another one is presented.
    replaced: Option<Secret>,
    /// Why the mounted token or the newest stored one is not presented, in one line with the remedy.
    problem: Option<String>,
}

/// What people see of the refresh token that is presented.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresentedRefresh {
    /// When it expires by its own claim, if it has one.
    pub expires_at: Option<SystemTime>,
    /// Why the mounted token or the newest stored one is not presented, in one line with the remedy.
    pub problem: Option<String>,
}

impl PresentedToken {
    fn mounted(token: Secret) -> Self {
        Self { link: ChainLink::Mounted(token.fingerprint()), token, replaced: None, problem: None }
    }

    /// Returns what people see of it.
    pub(super) fn shown(&self) -> PresentedRefresh {
        let expires_at = Jwt::parse(self.token.expose()).ok().and_then(|jwt| jwt.expires_at);
        PresentedRefresh {
            expires_at: expires_at.and_then(|at| UNIX_EPOCH.checked_add(at)),
            problem: self.problem.clone(),
        }
    }

    /// Returns a POST with `Authorization: Bearer <project>:<refreshJwt>`.
    pub(super) fn request(&self, api: &Api, path: &str, body: &Value) -> Result<Request, Refused> {
        let request = Request::post_json(api.base_url.path(path), body);
        request
            .bearer(&[api.project.as_str(), self.token.expose()])
            .map_err(|unsendable| Refused::new(Refusal::Denied, format!("the refresh token contains {unsendable}")))
    }

    /// Returns the answer of a reply with this result. A refresh token in a reply of success replaces this one, unless it is
    /// the same.
    pub(super) fn answer(&self, reply: &Reply, result: Result<Granted, Refused>) -> Answer {
        let is_another = |rotated: &RotatedSecret| rotated.0.fingerprint() != self.token.fingerprint();
        match descope::rotated(reply).filter(is_another) {
            Some(rotated) => Answer::with_rotated(result, rotated),
            None => Answer::new(result),
        }
    }

    /// Returns the token, and the mounted one if that is another.
    pub(super) fn into_secrets(self) -> impl Iterator<Item = Secret> {
        [Some(self.token), self.replaced].into_iter().flatten()
    }
}

impl TokenChain {
    /// Returns the chain of a mounted token. Nothing is stored before [`Self::keep_in`] names the place.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), stored: None }
    }

    /// Stores the tokens that replace the mounted one in the state directory.
    pub(super) fn keep_in(&mut self, state_directory: &Path, credential: &str) {
        self.stored = Some(ChainFolder::new(state_directory, credential));
    }

    /// Whether another state directory has chains of the credential. Blocks on the disk.
    pub(super) fn has_chain_in(state_directory: &Path, credential: &str) -> bool {
        ChainFolder::new(state_directory, credential).has_any()
    }

    /// Copies the chains of the credential from another state directory: all of them if they are certainly its own, else the one
    /// that began with the token that is mounted now. Blocks on the disk.
    pub(super) fn copy_chain_from(
        &self,
        state_directory: &Path,
        credential: &str,
        is_certain: bool,
    ) -> io::Result<Option<CopiedChains>> {
        let Some(folder) = &self.stored else { return Ok(None) };
        let mounted = secret_file::read(&self.file, TOKEN_FILE_BYTES_MAX).and_then(|bytes| jwt_in(&bytes));
        let mounted = mounted.ok().map(|token| token.fingerprint());
        let other = ChainFolder::new(state_directory, credential);
        folder.copy_from(&other, |mount| is_certain || Some(mount) == mounted).map(Some)
    }

    /// Returns the remedy for a refresh token that has ended or soon does.
    pub(super) fn sign_in_remedy(&self) -> String {
        format!("{SIGN_IN_AGAIN}; put the new refresh token into `{}`", self.file.display())
    }

    pub(super) fn secret_file(&self) -> SecretFile<'_> {
        SecretFile { kind: SecretKind::RefreshToken, path: &self.file }
    }

    /// Reads the newest token. If the folder of the stored ones cannot be read, the mounted token is not presented instead:
    /// a server that detects reuse would revoke the whole chain. Blocks on the disk.
    pub(super) fn read(&self) -> Result<PresentedToken, ReadError> {
        let explain = |bytes: &[u8], why| explained(SecretKind::RefreshToken, bytes, why);
        let mounted = secret_file::read(&self.file, TOKEN_FILE_BYTES_MAX)
            .and_then(|bytes| jwt_in(&bytes).map_err(|why| explain(&bytes, why)));
        let mounted = mounted.map_err(|why| ReadError { kind: SecretKind::RefreshToken, path: self.file.clone(), why });
        let Some(folder) = &self.stored else { return mounted.map(PresentedToken::mounted) };
        let chains = folder.list().map_err(|error| unusable(folder, error))?;
        let link = chains.link(mounted.as_ref().ok().map(Secret::fingerprint));
        match link {
            None | Some(ChainLink::Mounted(_)) => mounted.map(PresentedToken::mounted),
            Some(link @ (ChainLink::Rotated(mount) | ChainLink::Former(mount))) => match read_stored(folder, mount) {
                Ok(token) => Ok(self.stored_token(link, token, mounted)),
                Err(error) if error.is_of_the_system() => Err(error),
                // A damaged token is lost. The mounted one may still be accepted.
                Err(error) => mounted
                    .map(|token| PresentedToken { problem: Some(damaged(&error)), ..PresentedToken::mounted(token) }),
            },
        }
    }

    fn stored_token(&self, link: ChainLink, token: Secret, mounted: Result<Secret, ReadError>) -> PresentedToken {
        let problem = match (link, &mounted) {
            (ChainLink::Former(_), Ok(_)) => {
                Some(format!("the refresh token in `{}` was denied; {RESUMED}", self.file.display()))
            }
            (ChainLink::Former(_), Err(why)) => Some(format!("{why}; {RESUMED}")),
            (ChainLink::Mounted(_) | ChainLink::Rotated(_), _) => None,
        };
        PresentedToken { link, token, replaced: mounted.ok(), problem }
    }

    /// Checks that a token could be stored now. Blocks on the disk.
    pub(super) fn reserve(&self) -> Result<(), ReadError> {
        let Some(folder) = &self.stored else { return Ok(()) };
        folder.reserve().map_err(|error| unusable(folder, error))
    }

    /// Excludes other processes from the chains; `None` if nothing can be stored. Blocks on the disk.
    pub(super) fn lock(&self) -> Result<Option<ChainLock>, NotLocked> {
        let Some(folder) = &self.stored else { return Ok(None) };
        match folder.lock() {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if error.kind() == ErrorKind::ResourceBusy => Err(NotLocked::Busy(folder.lock_file())),
            Err(error) => Err(NotLocked::Unusable(unusable(folder, error))),
        }
    }

    /// Excludes other processes without creating anything; `None` if none has exchanged a token so far. Blocks on the disk.
    pub(super) fn lock_existing(&self) -> Result<Option<ChainLock>, NotLocked> {
        let Some(folder) = &self.stored else { return Ok(None) };
        match folder.lock_existing() {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::ResourceBusy => Err(NotLocked::Busy(folder.lock_file())),
            Err(error) => Err(NotLocked::Unusable(unusable(folder, error))),
        }
    }

    pub(super) fn store(&self, link: ChainLink, RotatedSecret(token): &RotatedSecret) -> Result<(), NotStored> {
        let folder = self.stored.as_ref().ok_or(NotStored::NeverRotates)?;
        folder.store(link.mount(), token.expose()).map_err(|error| NotStored::Disk(unusable(folder, error)))?;
        // Too many chains do less harm than a lost one.
        let _ = folder.list().and_then(|chains| folder.remove(&chains.surplus()));
        Ok(())
    }

    /// Removes what a session has made obsolete. What cannot be removed is tried again at the next session.
    pub(super) fn granted(&self, link: ChainLink) {
        if let Some(folder) = &self.stored {
            let _ = folder.list().and_then(|chains| folder.remove(&chains.obsolete_after_session(link)));
            let _ = folder.remove_leftovers();
        }
    }

    /// Resumes another chain if this one is denied.
    pub(super) fn denied(&self, link: ChainLink) {
        let Some(folder) = &self.stored else { return };
        let Ok(chains) = folder.list() else { return };
        if chains.notes_denial(link) {
            // Without the note, the denied token is presented again, as often as any denied one.
            let _ = folder.note_denied(link.mount());
            let _ = folder.list().and_then(|chains| folder.remove(&chains.surplus()));
        }
    }

    /// Removes a rotated token that was denied, so that the mounted one is presented again.
    pub(super) fn forget(&self, link: ChainLink) {
        let (Some(folder), ChainLink::Rotated(mount) | ChainLink::Former(mount)) = (&self.stored, link) else { return };
        let _ = folder.remove(&Chains { stored: vec![mount], denied: Vec::new() });
    }

    /// Describes the stored tokens, for the printed plan. Blocks on the disk.
    pub(super) fn description(&self) -> Option<String> {
        let folder = self.stored.as_ref()?;
        let path = folder.path();
        let path = path.display();
        Some(match folder.list().map(|chains| chains.stored.len()) {
            Ok(0) => format!("none in {path}"),
            Ok(1) => format!("one in {path}; the newest is presented"),
            Ok(count) => format!("of {count} mounted tokens in {path}; the newest is presented"),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => format!("this user may not read {path}"),
            Err(error) => format!("{path} cannot be read: {error}"),
        })
    }
}

/// Why the chains of a credential cannot be locked.
#[derive(Debug)]
pub enum NotLocked {
    /// Another process exchanges a token of them. Contains the lock file.
    Busy(PathBuf),
    /// The folder cannot be used.
    Unusable(ReadError),
}

fn unusable(folder: &ChainFolder, error: io::Error) -> ReadError {
    ReadError { kind: SecretKind::RotatedToken, path: folder.path(), why: Unusable::Unwritable(error) }
}

fn read_stored(folder: &ChainFolder, mount: Fingerprint) -> Result<Secret, ReadError> {
    let path = folder.token_file(mount);
    let token = secret_file::read(&path, TOKEN_FILE_BYTES_MAX).and_then(|bytes| jwt_in(&bytes));
    token.map_err(|why| ReadError { kind: SecretKind::RotatedToken, path, why })
}

fn damaged(error: &ReadError) -> String {
    format!(
        "the stored refresh token `{}` is damaged and the mounted one is used; if it is denied, {SIGN_IN_AGAIN}",
        error.path.display()
    )
}

/// Reads one JWT. A file that was cut in the middle of a write is none.
fn jwt_in(bytes: &[u8]) -> Result<Secret, Unusable> {
    let word = word_in(bytes)?;
    match Jwt::parse(word.expose()) {
        Ok(_) => Ok(word),
        Err(why) => Err(Unusable::NotAJwt(why)),
    }
}

const RESUMED: &str = "the token of an earlier one is used instead; sign in again, and put the new refresh token there";
/// What only a person can do about a refresh token.
pub(super) const SIGN_IN_AGAIN: &str = "a person must sign in again";
