//! Every source of sessions as one closed enum, with the methods that all kinds share.

use super::{
    access_key::AccessKey,
    answer::{NotStored, RotatedSecret},
    expectation::{Expectation, ExpectedIssuer},
    login_options::LoginOptions,
    material::Material,
    secret_kind::SecretFile,
    unusable::ReadError,
};
use crate::{
    exchange::{Api, Origin},
    fingerprint::Fingerprint,
    secret::Secret,
};

/// A source of sessions.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// An access key in a file.
    AccessKey(AccessKey),
}

impl Source {
    /// Returns every file that it reads. Watching, confinement, path conflicts, protected keys, redaction and the
    /// printed plan use this list. A file that is not in it is not watched.
    pub fn files(&self) -> Vec<SecretFile<'_>> {
        match self {
            Self::AccessKey(source) => source.files().to_vec(),
        }
    }

    /// Reads its secrets, with a size limit. Blocks on the disk.
    pub fn read(&self) -> Result<Material, ReadError> {
        match self {
            Self::AccessKey(source) => source.read().map(Material::AccessKey),
        }
    }

    /// Returns the origin of its requests. Pace, quiet periods and admission of that origin apply to its exchanges.
    pub fn origin(&self, api: &Api) -> Origin {
        match self {
            Self::AccessKey(_) => api.base_url.origin(),
        }
    }

    /// Returns the rules that its sessions must meet before they are published.
    pub fn expectation(&self, api: &Api) -> Expectation {
        match self {
            Self::AccessKey(_) => Expectation { issuer: ExpectedIssuer::Project(api.project.clone()) },
        }
    }

    /// Stores a rotated secret from a reply, so that a crash cannot lose it. Blocks on the disk.
    pub fn store(&self, _rotated: &RotatedSecret) -> Result<(), NotStored> {
        match self {
            Self::AccessKey(_) => Err(NotStored::NeverRotates),
        }
    }

    /// Returns the fingerprint of all settings that affect its sessions, without the secret. A token of an earlier
    /// process with another fingerprint is not reused.
    pub fn request_fingerprint(&self, api: &Api) -> Fingerprint {
        match self {
            Self::AccessKey(AccessKey { file: _, options: LoginOptions { custom_claims, selected_tenant } }) => {
                let (project, base) = (api.project.as_str(), api.base_url.to_string());
                let terms = serde_json::json!([project, base, custom_claims, selected_tenant]);
                Secret::new(terms.to_string()).fingerprint()
            }
        }
    }

    /// Returns names and values of its options that are not the default, for the printed plan. Claims may be
    /// confidential, so only their names are included.
    pub fn terms(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::AccessKey(source) => source.options.terms(),
        }
    }

    /// Returns the same source for the file of this name in the same folder, which is one credential of a key folder.
    #[must_use]
    pub fn named(&self, file_name: &str) -> Self {
        match self {
            Self::AccessKey(source) => Self::AccessKey(source.named(file_name)),
        }
    }

    /// Returns the message for a read that does not end.
    pub fn hangs(&self) -> String {
        let file = |file: &SecretFile| format!("the {} file `{}`", file.kind.noun(), file.path.display());
        let files: Vec<_> = self.files().iter().map(file).collect();
        format!("reading {} hangs", files.join(" or "))
    }

    /// Returns the remedy if it cannot be read.
    pub fn missing_remedy(&self) -> String {
        match self {
            Self::AccessKey(source) => source.missing_remedy(),
        }
    }

    /// Returns the remedy for a denial.
    pub fn denied_remedy(&self) -> String {
        match self {
            Self::AccessKey(source) => source.denied_remedy(),
        }
    }
}
