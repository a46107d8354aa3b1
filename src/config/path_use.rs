//! A path of a configuration, its purpose, and where it leads to.

use std::path::{Path, PathBuf};

use super::diagnostics::Location;
use crate::file_id::FileId;

/// The purpose of a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Sessions are written there.
    Output,
    /// A source reads a secret from there.
    SecretFile,
    /// A source reads a refresh token from there, which the server may replace.
    RefreshTokenFile,
    /// Every file in it is an access key.
    KeyDirectory,
    /// A hook reads a process id from there.
    PidFile,
    /// A hook runs it.
    Program,
    /// A template of an output is read from there.
    TemplateFile,
    /// Root certificates for TLS are read from there.
    CaFile,
    /// The client certificate is read from there.
    ClientCertificateFile,
    /// The key of the client certificate is read from there.
    ClientKeyFile,
    /// The program keeps its own files there.
    StateDirectory,
    /// Status is served there.
    StatusSocket,
    /// Sessions are written there in generations.
    Set,
    /// The configuration itself.
    ConfigFile,
}

/// A path and its purpose.
pub(super) struct PathUse {
    pub(super) purpose: Purpose,
    /// As the configuration spells it.
    pub(super) written: PathBuf,
    /// Where it leads to.
    pub(super) resolved: PathBuf,
    /// The identity of the existing file, if the purpose is a file.
    pub(super) identity: Option<FileId>,
    pub(super) location: Location,
}

impl Purpose {
    pub(super) fn is_folder(self) -> bool {
        match self {
            Self::KeyDirectory | Self::StateDirectory | Self::Set => true,
            Self::Output
            | Self::SecretFile
            | Self::RefreshTokenFile
            | Self::PidFile
            | Self::Program
            | Self::TemplateFile
            | Self::CaFile
            | Self::ClientCertificateFile
            | Self::ClientKeyFile
            | Self::StatusSocket
            | Self::ConfigFile => false,
        }
    }
}

impl PathUse {
    /// Describes how this path and another are the same: nothing, if they are spelled the same.
    pub(super) fn link_note(&self, other: &Path) -> String {
        if self.written == other { String::new() } else { self.through_a_link() }
    }

    /// Describes two names of one file: a symbolic link, or two hard links.
    pub(super) fn same_file_note(&self, other: &Self) -> String {
        format!(" through a link (`{}` and `{}` are one file)", self.written.display(), other.written.display())
    }

    pub(super) fn through_a_link(&self) -> String {
        if self.written == self.resolved {
            return " through a link".to_owned();
        }
        format!(" through a link (`{}` is `{}`)", self.written.display(), self.resolved.display())
    }
}
