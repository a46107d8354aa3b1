//! A mounted refresh token and the tokens that replaced it.

use std::path::{Path, PathBuf};

use super::{
    answer::{NotStored, RotatedSecret},
    chain::ChainLink,
    chain_folder::{ChainFolder, ChainLock},
    secret_file,
    secret_kind::{SecretFile, SecretKind},
    unusable::{ReadError, Unusable},
    word::word_in,
};
use crate::{fingerprint::Fingerprint, secret::Secret, session::Jwt};

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

    pub(super) fn secret_file(&self) -> SecretFile<'_> {
        SecretFile { kind: SecretKind::RefreshToken, path: &self.file }
    }

    /// Reads the newest token. If the folder of the stored ones cannot be read, the mounted token is not presented instead:
    /// a server that detects reuse would revoke the whole chain. Blocks on the disk.
    pub(super) fn read(&self) -> Result<PresentedToken, ReadError> {
        let mounted = secret_file::read(&self.file, TOKEN_FILE_BYTES_MAX).and_then(|bytes| jwt_in(&bytes));
        let mount = mounted.as_ref().ok().map(Secret::fingerprint);
        let unmounted = |why| ReadError { kind: SecretKind::RefreshToken, path: self.file.clone(), why };
        let Some(folder) = &self.stored else {
            let token = mounted.map_err(unmounted)?;
            return Ok(PresentedToken { link: ChainLink::Mounted(token.fingerprint()), token });
        };
        let chains = folder.list().map_err(|error| self.unstored(error))?;
        match (chains.link(mount), mounted) {
            (Some(link @ ChainLink::Rotated(mount)), mounted) => match (read_rotated(folder, mount), mounted) {
                (Ok(token), _) => Ok(PresentedToken { link, token }),
                (Err(error), _) if error.is_of_the_system() => Err(error),
                // A damaged token is lost. The mounted one may still be accepted.
                (Err(_), Ok(token)) => Ok(PresentedToken { link: ChainLink::Mounted(token.fingerprint()), token }),
                (Err(error), Err(_)) => Err(error),
            },
            (Some(link @ ChainLink::Mounted(_)), Ok(token)) => Ok(PresentedToken { link, token }),
            (_, Err(why)) => Err(unmounted(why)),
            (None, Ok(token)) => Ok(PresentedToken { link: ChainLink::Mounted(token.fingerprint()), token }),
        }
    }

    pub(super) fn reserve(&self) -> Result<(), ReadError> {
        self.stored.as_ref().map_or(Ok(()), ChainFolder::reserve).map_err(|error| self.unstored(error))
    }

    pub(super) fn lock(&self) -> Result<ChainLock, ReadError> {
        let folder = self.stored.as_ref().ok_or_else(|| self.unstored(std::io::ErrorKind::NotFound.into()))?;
        folder.lock().map_err(|error| self.unstored(error))
    }

    pub(super) fn store(&self, link: ChainLink, RotatedSecret(token): &RotatedSecret) -> Result<(), NotStored> {
        let folder = self.stored.as_ref().ok_or(NotStored::NeverRotates)?;
        folder
            .store(link.mount(), token.expose())
            .map_err(|error| NotStored::Disk { path: folder.token_file(link.mount()), why: error.to_string() })
    }

    /// Removes what a session has made obsolete. What cannot be removed is tried again at the next session.
    pub(super) fn granted(&self, link: ChainLink) {
        if let Some(folder) = &self.stored {
            let _ = folder.keep_only(link.mount());
        }
    }

    /// Resumes the chain of a former mount if the present one is denied.
    pub(super) fn denied(&self, link: ChainLink) {
        let Some(folder) = &self.stored else { return };
        if folder.list().is_ok_and(|chains| chains.resumes_another(link)) {
            // Without the note, the mounted token is presented again, as often as any denied one.
            let _ = folder.note_denied(link.mount());
        }
    }

    /// Removes a rotated token that was denied, so that the mounted one is presented again.
    #[expect(dead_code, reason = "security questions are answered again")]
    pub(super) fn forget(&self, link: ChainLink) {
        if let (Some(folder), ChainLink::Rotated(mount)) = (&self.stored, link) {
            let _ = folder.remove(mount);
        }
    }

    fn unstored(&self, error: std::io::Error) -> ReadError {
        let path = self.stored.as_ref().map_or_else(|| self.file.clone(), ChainFolder::path);
        ReadError { kind: SecretKind::RotatedToken, path, why: Unusable::Unreadable(error) }
    }
}

fn read_rotated(folder: &ChainFolder, mount: Fingerprint) -> Result<Secret, ReadError> {
    let path = folder.token_file(mount);
    let token = secret_file::read(&path, TOKEN_FILE_BYTES_MAX).and_then(|bytes| jwt_in(&bytes));
    token.map_err(|why| ReadError { kind: SecretKind::RotatedToken, path, why })
}

/// Reads one JWT. A file that was cut in the middle of a write is none.
fn jwt_in(bytes: &[u8]) -> Result<Secret, Unusable> {
    let word = word_in(bytes)?;
    match Jwt::parse(word.expose()) {
        Ok(_) => Ok(word),
        Err(why) => Err(Unusable::NotAJwt(why)),
    }
}

/// The size limit of a refresh token file in bytes, with white space.
pub(super) const TOKEN_FILE_BYTES_MAX: usize = 64 * 1024;
