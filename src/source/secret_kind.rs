//! The kinds of secrets, and the files that contain them.

use std::path::Path;

/// The kind of secret in a file of a source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SecretKind {
    /// One access key.
    AccessKey,
    /// One auth management key, which is sent with an access key.
    AuthManagementKey,
    /// One refresh token, as a person mounted it.
    RefreshToken,
    /// One refresh token that replaced the mounted one, in the state directory.
    RotatedToken,
    /// One token of another vendor, which is sent with a refresh token.
    ExternalToken,
    /// The answers of one user to security questions.
    Answers,
    /// The secret of an OAuth client.
    ClientSecret,
    /// One JWT that stands for a workload, such as a projected service-account token of Kubernetes.
    Assertion,
    /// Public keys that may sign sessions. They are not secret, but no token may replace them.
    PublicKey,
}

/// A file that a source reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SecretFile<'s> {
    /// The kind of secret that it contains.
    pub kind: SecretKind,
    /// Its absolute path.
    pub path: &'s Path,
}

impl SecretKind {
    /// Returns the name of the secret for messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::AccessKey => "access key",
            Self::AuthManagementKey => "auth management key",
            Self::RefreshToken => "refresh token",
            Self::RotatedToken => "rotated refresh token",
            Self::ExternalToken => "external token",
            Self::Answers => "answers",
            Self::ClientSecret => "client secret",
            Self::Assertion => "assertion",
            Self::PublicKey => "public key",
        }
    }

    /// Returns what its file must hold, for messages.
    pub(super) fn whole(self) -> String {
        match self {
            Self::Answers => "the answers".to_owned(),
            Self::AccessKey
            | Self::AuthManagementKey
            | Self::RefreshToken
            | Self::RotatedToken
            | Self::ExternalToken
            | Self::ClientSecret
            | Self::Assertion
            | Self::PublicKey => format!("one {}", self.noun()),
        }
    }

    /// Returns the name of its file for messages.
    pub fn file_noun(self) -> &'static str {
        match self {
            Self::AccessKey => "key file",
            Self::AuthManagementKey => "auth management key file",
            Self::RefreshToken => "refresh token file",
            Self::RotatedToken => "rotated refresh token",
            Self::ExternalToken => "external token file",
            Self::Answers => "answers file",
            Self::ClientSecret => "client secret file",
            Self::Assertion => "assertion file",
            Self::PublicKey => "public key file",
        }
    }
}
