//! An access key in a file: `POST /v1/auth/accesskey/exchange`.

use std::path::PathBuf;

use super::{
    answer::Answer,
    descope,
    expectation::Expectation,
    identity::Identity,
    kind::{SecretFile, SecretKind},
    login_options::LoginOptions,
    secret_file,
    unusable::{ReadError, Unusable},
    word::word_in,
};
use crate::{
    exchange::{Api, Refused, Reply, Request, Timing},
    renewal::Refusal,
    secret::Secret,
};

/// An access key, and what is asked for with it.
#[derive(Clone, PartialEq, Debug)]
pub struct AccessKey {
    /// The file that holds the key and nothing else; absolute.
    pub file: PathBuf,
    /// What the exchange asks for.
    pub options: LoginOptions,
}

/// An access key as it was read, ready to be sent.
#[derive(Debug)]
pub struct AccessKeyMaterial {
    /// What the exchange asks for.
    pub options: LoginOptions,
    /// The key.
    pub key: Secret,
}

impl AccessKey {
    /// The key in a file, asking for nothing besides.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), options: LoginOptions::default() }
    }

    /// The file that it reads.
    pub(super) fn files(&self) -> [SecretFile<'_>; 1] {
        [SecretFile { kind: SecretKind::AccessKey, path: &self.file }]
    }

    /// Reads the key: one printable word. Whether that word is a key is for the server to say. One mistake is caught here
    /// because the server could not name it: the whole bearer instead of the key. Keys begin with `K`, project ids with `P`.
    pub(super) fn read(&self) -> Result<AccessKeyMaterial, ReadError> {
        let word = secret_file::read(&self.file, KEY_FILE_BYTES_MAX).and_then(|bytes| word_in(&bytes));
        let key = word.and_then(|word| if is_whole_bearer(&word) { Err(Unusable::WholeBearer) } else { Ok(word) });
        match key {
            Ok(key) => Ok(AccessKeyMaterial { options: self.options.clone(), key }),
            Err(why) => Err(ReadError { kind: SecretKind::AccessKey, path: self.file.clone(), why }),
        }
    }

    /// The same for the key in the file of this name, beside its own.
    pub(super) fn named(&self, file_name: &str) -> Self {
        Self { file: self.file.with_file_name(file_name), options: self.options.clone() }
    }

    /// What a person should do while the file gives no key.
    pub(super) fn missing_remedy(&self) -> String {
        format!("put the access key into `{}`; it is used as soon as it is there", self.file.display())
    }

    /// What a person should do about a denial.
    pub(super) fn denied_remedy(&self) -> String {
        format!(
            "make a new access key in Descope's console and put it into `{}`; check the project, the claims and the \
             tenant",
            self.file.display()
        )
    }
}

impl AccessKeyMaterial {
    /// The fingerprint of the key.
    pub(super) fn identity(&self) -> Identity {
        self.key.fingerprint()
    }

    /// The request, with `Authorization: Bearer <project>:<key>`. A key that does not fit into a header is refused as the
    /// server would refuse it, without asking.
    pub(super) fn request(&self, api: &Api) -> Result<Request, Refused> {
        let path = api.base_url.path("/v1/auth/accesskey/exchange");
        let request = Request::post_json(path, &self.options.body());
        request.bearer(&[api.project.as_str(), self.key.expose()]).map_err(|unsendable| Refused {
            refusal: Refusal::Denied,
            message: format!("the access key holds {unsendable}; it is letters and digits only"),
        })
    }
}

/// What a reply to the exchange means. Every row of the table of answers in the contract is decided here, except a bad
/// signature.
pub(super) fn answer(reply: &Reply, timing: Timing, expectation: &Expectation) -> Answer {
    Answer::new(descope::session(reply, timing, expectation, &descope::NAMES))
}

fn is_whole_bearer(word: &Secret) -> bool {
    let word = word.expose();
    word.starts_with('P') && word.contains(':')
}

/// The most bytes that a key file may hold, white space included. Descope's keys have about seventy.
pub const KEY_FILE_BYTES_MAX: usize = 8 * 1024;
