//! Why security questions were not set up.

use std::path::PathBuf;

use crate::{
    exchange::ClientError,
    renewal::RefusalClass,
    source::{NotAnswers, ReadError, SecretKind},
};

/// Why security questions were not set up. The messages contain no answer and no token.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The configuration has no credential of that name.
    #[error("the configuration has no credential of that name; {}", choice(known))]
    Unknown {
        /// The credentials with security questions.
        known: Vec<String>,
    },
    /// The credential has a source of another kind.
    #[error("credential `{0}` has no `securityQuestions`; name one that has")]
    OtherKind(String),
    /// A file is missing or unusable.
    #[error("{error}{remedy}", error = .0, remedy = user(.0))]
    Unusable(#[from] ReadError),
    /// The answers that were typed are unusable.
    #[error("cannot use these answers: {0}")]
    Answers(#[from] NotAnswers),
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Another process did not finish its refresh in time.
    #[error("another process refreshes the session and holds `{path}`; run the command again later", path = .0.display())]
    Busy(PathBuf),
    /// The server did not accept the answers.
    #[error("{class}: {message}")]
    Refused {
        /// The class of the refusal.
        class: RefusalClass,
        /// One line for the user, with the remedy.
        message: String,
    },
    /// Every token was replaced before the server accepted it.
    #[error("another process replaces the refresh token all the time; run the command again later")]
    Unsettled,
}

impl SetupError {
    /// Whether the command line, the configuration or a named file has to be corrected first. Nothing was sent then.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Unknown { .. } | Self::OtherKind(_) | Self::Answers(_) | Self::Client(_) => true,
            Self::Unusable(error) => error.kind != SecretKind::RotatedToken,
            Self::Busy(_) | Self::Refused { .. } | Self::Unsettled => false,
        }
    }
}

fn choice(known: &[String]) -> String {
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        "add one with `securityQuestions` to it".to_owned()
    } else {
        format!("those with `securityQuestions` are {}", names.join(", "))
    }
}

/// Returns the remedy for state that only the daemon's user may read.
fn user(error: &ReadError) -> &'static str {
    if error.kind == SecretKind::RotatedToken && error.is_forbidden() { "; run it as the daemon's user" } else { "" }
}
