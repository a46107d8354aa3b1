//! An access key in a file: `POST /v1/auth/accesskey/exchange`.

use std::path::{Path, PathBuf};

use super::{
    answer::Answer,
    descope,
    expectation::Expectation,
    explanation::explained,
    identity::Identity,
    login_options::LoginOptions,
    secret_file,
    secret_kind::{SecretFile, SecretKind},
    suspect_text::judge,
    suspicion::Suspicion,
    unusable::{ReadError, Unusable},
    word::word_in,
};
use crate::{
    exchange::{Api, Refused, Reply, Request, Timing},
    renewal::Refusal,
    secret::Secret,
};

/// An access key, and the options of its exchange.
#[derive(Clone, PartialEq, Debug)]
pub struct AccessKey {
    /// The file that contains only the key; absolute.
    pub file: PathBuf,
    /// The file with the auth management key, for projects whose authentication endpoints are closed to anonymous calls
    /// (`authManagementKeyFile`).
    pub auth_management_key_file: Option<PathBuf>,
    /// What the exchange asks for.
    pub options: LoginOptions,
}

/// An access key that was read from its file.
#[derive(Debug)]
pub struct AccessKeyMaterial {
    /// What the exchange asks for.
    pub options: LoginOptions,
    /// The key.
    pub key: Secret,
    /// The auth management key, if one is configured.
    pub auth_management_key: Option<Secret>,
}

impl AccessKey {
    /// Returns the key in a file, with default options.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), auth_management_key_file: None, options: LoginOptions::default() }
    }

    /// Returns the files that it reads.
    pub(super) fn files(&self) -> Vec<SecretFile<'_>> {
        let management = self.auth_management_key_file.iter();
        let management = management.map(|path| SecretFile { kind: SecretKind::AuthManagementKey, path });
        [SecretFile { kind: SecretKind::AccessKey, path: &self.file }].into_iter().chain(management).collect()
    }

    /// Reads the key: one printable word. The server decides whether the word is a valid key. One mistake is detected
    /// here, because the server cannot report it: the complete bearer instead of the key. Keys begin with `K`, project
    /// ids with `P`.
    pub(super) fn read(&self) -> Result<AccessKeyMaterial, ReadError> {
        let word = word_of(SecretKind::AccessKey, &self.file);
        let key = word.and_then(|word| if is_whole_bearer(&word) { Err(Unusable::WholeBearer) } else { Ok(word) });
        let key = key.map_err(|why| ReadError { kind: SecretKind::AccessKey, path: self.file.clone(), why })?;
        let auth_management_key = self.auth_management_key_file.as_ref().map(|path| {
            let word = word_of(SecretKind::AuthManagementKey, path);
            word.map_err(|why| ReadError { kind: SecretKind::AuthManagementKey, path: path.clone(), why })
        });
        let auth_management_key = auth_management_key.transpose()?;
        Ok(AccessKeyMaterial { options: self.options.clone(), key, auth_management_key })
    }

    /// Returns the same options with the key file of this name in the same folder.
    pub(super) fn named(&self, file_name: &str) -> Self {
        Self { file: self.file.with_file_name(file_name), ..self.clone() }
    }

    /// Returns the remedy if the file contains no key.
    pub(super) fn missing_remedy(&self) -> String {
        format!("put the access key into `{}`; it is used as soon as it is there", self.file.display())
    }

    /// Returns the remedy for a denial.
    pub(super) fn denied_remedy(&self) -> String {
        format!(
            "make a new access key in Descope's console and put it into `{}`; check the project, the claims and the \
             tenant",
            self.file.display()
        )
    }
}

impl AccessKeyMaterial {
    /// Returns the fingerprint of the key. Together with another auth management key it is a changed key.
    pub(super) fn identity(&self) -> Identity {
        let alone = Identity::of(&self.key);
        match &self.auth_management_key {
            None => alone,
            Some(management) => {
                let both = self.key.fingerprint_with(management);
                Identity { key: both, version: both, ..alone }
            }
        }
    }

    /// Returns what one of the keys probably is instead.
    pub(super) fn suspicion(&self) -> Option<(SecretKind, Suspicion)> {
        let of = |kind, key: &Secret| Some((kind, judge(kind, key.expose().as_bytes())?));
        let management = || of(SecretKind::AuthManagementKey, self.auth_management_key.as_ref()?);
        of(SecretKind::AccessKey, &self.key).or_else(management)
    }

    /// Returns the request, with `Authorization: Bearer <project>:<key>` and the auth management key as a third part. A key with characters that no header allows
    /// is refused as denied, without a request.
    pub(super) fn request(&self, api: &Api) -> Result<Request, Refused> {
        let path = api.base_url.path("/v1/auth/accesskey/exchange");
        let request = Request::post_json(path, &self.options.body());
        let parts = [Some(api.project.as_str()), Some(self.key.expose())];
        let management = self.auth_management_key.as_ref().map(Secret::expose);
        let parts: Vec<_> = parts.into_iter().chain([management]).flatten().collect();
        request.bearer(&parts).map_err(|unsendable| {
            let message = format!("the access key contains {unsendable}; it is letters and digits only");
            Refused::new(Refusal::Denied, message)
        })
    }
}

/// Interprets a reply to the exchange: every row of the contract's table of answers, except a bad signature.
pub(super) fn answer(reply: &Reply, timing: Timing, expectation: &Expectation) -> Answer {
    Answer::new(descope::session(reply, timing, expectation, &descope::NAMES))
}

fn word_of(kind: SecretKind, path: &Path) -> Result<Secret, Unusable> {
    let bytes = secret_file::read(path, KEY_FILE_BYTES_MAX)?;
    word_in(&bytes).map_err(|why| explained(kind, &bytes, why))
}

fn is_whole_bearer(word: &Secret) -> bool {
    let word = word.expose();
    word.starts_with('P') && word.contains(':')
}

/// The size limit of a key file in bytes, with white space. Descope's keys have about 70 bytes.
pub const KEY_FILE_BYTES_MAX: usize = 8 * 1024;
