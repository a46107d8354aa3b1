//! An access key in a file: `POST /v1/auth/accesskey/exchange`.

use std::path::PathBuf;

use super::{
    answer::Answer,
    descope,
    expectation::Expectation,
    identity::Identity,
    login_options::LoginOptions,
    secret_file,
    secret_kind::{SecretFile, SecretKind},
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
}

impl AccessKey {
    /// Returns the key in a file, with default options.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), options: LoginOptions::default() }
    }

    /// Returns the file that it reads.
    pub(super) fn files(&self) -> [SecretFile<'_>; 1] {
        [SecretFile { kind: SecretKind::AccessKey, path: &self.file }]
    }

    /// Reads the key: one printable word. The server decides whether the word is a valid key. One mistake is detected
    /// here, because the server cannot report it: the complete bearer instead of the key. Keys begin with `K`, project
    /// ids with `P`.
    pub(super) fn read(&self) -> Result<AccessKeyMaterial, ReadError> {
        let word = secret_file::read(&self.file, KEY_FILE_BYTES_MAX).and_then(|bytes| word_in(&bytes));
        let key = word.and_then(|word| if is_whole_bearer(&word) { Err(Unusable::WholeBearer) } else { Ok(word) });
        match key {
            Ok(key) => Ok(AccessKeyMaterial { options: self.options.clone(), key }),
            Err(why) => Err(ReadError { kind: SecretKind::AccessKey, path: self.file.clone(), why }),
        }
    }

    /// Returns the same options with the key file of this name in the same folder.
    pub(super) fn named(&self, file_name: &str) -> Self {
        Self { file: self.file.with_file_name(file_name), options: self.options.clone() }
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
    /// Returns the fingerprint of the key.
    pub(super) fn identity(&self) -> Identity {
        self.key.fingerprint()
    }

    /// Returns the request, with `Authorization: Bearer <project>:<key>`. A key with characters that no header allows
    /// is refused as denied, without a request.
    pub(super) fn request(&self, api: &Api) -> Result<Request, Refused> {
        let path = api.base_url.path("/v1/auth/accesskey/exchange");
        let request = Request::post_json(path, &self.options.body());
        request.bearer(&[api.project.as_str(), self.key.expose()]).map_err(|unsendable| Refused {
            refusal: Refusal::Denied,
            message: format!("the access key contains {unsendable}; it is letters and digits only"),
        })
    }
}

/// Interprets a reply to the exchange: every row of the contract's table of answers, except a bad signature.
pub(super) fn answer(reply: &Reply, timing: Timing, expectation: &Expectation) -> Answer {
    Answer::new(descope::session(reply, timing, expectation, &descope::NAMES))
}

fn is_whole_bearer(word: &Secret) -> bool {
    let word = word.expose();
    word.starts_with('P') && word.contains(':')
}

/// The size limit of a key file in bytes, with white space. Descope's keys have about 70 bytes.
pub const KEY_FILE_BYTES_MAX: usize = 8 * 1024;
