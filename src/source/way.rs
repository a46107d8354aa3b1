//! Every way to a session, as one closed enum: the verbs that all kinds have.

use super::{
    access_key::AccessKey,
    answer::{NotStored, RotatedSecret},
    expectation::{Expectation, ExpectedIssuer},
    kind::SecretFile,
    login_options::LoginOptions,
    material::Material,
    unusable::ReadError,
};
use crate::{
    exchange::{Api, Origin},
    fingerprint::Fingerprint,
    secret::Secret,
};

/// A way to a session.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// An access key in a file.
    AccessKey(AccessKey),
}

impl Source {
    /// Every file that it reads. Watching, confinement, path conflicts, protected keys, redaction and the printed plan ask
    /// here: a file that is missing here is watched by nothing.
    pub fn files(&self) -> Vec<SecretFile<'_>> {
        match self {
            Self::AccessKey(source) => source.files().to_vec(),
        }
    }

    /// Reads its secrets. Blocks on the disk, with a bound on the bytes.
    pub fn read(&self) -> Result<Material, ReadError> {
        match self {
            Self::AccessKey(source) => source.read().map(Material::AccessKey),
        }
    }

    /// Where it asks for sessions: the origin whose pace, quiet and admission its exchanges count against.
    pub fn origin(&self, api: &Api) -> Origin {
        match self {
            Self::AccessKey(_) => api.base_url.origin(),
        }
    }

    /// What its sessions must be before they are published.
    pub fn expectation(&self, api: &Api) -> Expectation {
        match self {
            Self::AccessKey(_) => Expectation { issuer: ExpectedIssuer::Project(api.project.clone()) },
        }
    }

    /// Stores a secret that a reply put in the place of the one that was sent, so that a crash cannot lose it. Blocks on the
    /// disk.
    pub fn store(&self, _rotated: &RotatedSecret) -> Result<(), NotStored> {
        match self {
            Self::AccessKey(_) => Err(NotStored::NeverRotates),
        }
    }

    /// Fingerprint of everything that makes its sessions what they are, besides the secret. A token that was asked for with
    /// another one is not taken over from an earlier process.
    pub fn request_fingerprint(&self, api: &Api) -> Fingerprint {
        match self {
            Self::AccessKey(AccessKey { file: _, options: LoginOptions { custom_claims, selected_tenant } }) => {
                let (project, base) = (api.project.as_str(), api.base_url.to_string());
                let terms = serde_json::json!([project, base, custom_claims, selected_tenant]);
                Secret::new(terms.to_string()).fingerprint()
            }
        }
    }

    /// What it asks for besides the default, for the printed plan: name and value. Claims may be confidential: their names
    /// alone are told.
    pub fn terms(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::AccessKey(source) => source.options.terms(),
        }
    }

    /// The same way for a file of this name in the folder of its own: one credential of a folder of keys.
    #[must_use]
    pub fn named(&self, file_name: &str) -> Self {
        match self {
            Self::AccessKey(source) => Self::AccessKey(source.named(file_name)),
        }
    }

    /// The message for a read that does not end.
    pub fn hangs(&self) -> String {
        let file = |file: &SecretFile| format!("the {} file `{}`", file.kind.noun(), file.path.display());
        let files: Vec<_> = self.files().iter().map(file).collect();
        format!("reading {} hangs", files.join(" or "))
    }

    /// What a person should do while it cannot be read.
    pub fn missing_remedy(&self) -> String {
        match self {
            Self::AccessKey(source) => source.missing_remedy(),
        }
    }

    /// What a person should do about a denial.
    pub fn denied_remedy(&self) -> String {
        match self {
            Self::AccessKey(source) => source.denied_remedy(),
        }
    }
}
