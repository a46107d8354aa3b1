//! Why a secret file has no usable secret. The errors never contain its content.

use std::{borrow::Cow, io, path::PathBuf, time::SystemTime};

use rustix::io::Errno;

use super::{
    answers::NotAnswers, secret_kind::SecretKind, suspicion::Suspicion, systemd_credentials::missing_credential,
};
use crate::session::NotAJwt;

/// Why a source cannot be read: the file in question, the problem and its remedy.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct ReadError {
    /// The expected kind of secret.
    pub kind: SecretKind,
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: Unusable,
}

/// What is wrong with a secret file.
#[derive(Debug)]
pub enum Unusable {
    /// There is no file, or a link that leads nowhere.
    Missing,
    /// The system returned an error.
    Unreadable(io::Error),
    /// The system returned an error for the folder of rotated tokens, which is read and written.
    Unwritable(io::Error),
    /// Its folder is in use, or does not respond: the text names the folder, and the remedy if there is one.
    InUse(String),
    /// It leads to a folder, a pipe, a socket or a device.
    NotAFile,
    /// It is too big for its kind.
    TooLong {
        /// The most bytes that a file of this kind may hold.
        bytes_max: usize,
    },
    /// It is empty, or white space only.
    Empty,
    /// It begins with a byte order mark of UTF-8 or UTF-16.
    ByteOrderMark,
    /// It has several lines.
    ManyLines,
    /// There is white space inside.
    InnerSpace,
    /// It holds bytes that are not printable ASCII.
    NotPrintable,
    /// It is `<project id>:<access key>`.
    WholeBearer,
    /// It is not a JWT.
    NotAJwt(NotAJwt),
    /// It is an assertion that has expired by this machine's clock.
    Expired {
        /// Its `exp`.
        at: SystemTime,
    },
    /// It is not a public key in a known form.
    NotAPublicKey,
    /// It is no list of answers.
    NotAnswers(NotAnswers),
    /// It is probably something else.
    SomethingElse {
        /// Why it is unusable.
        why: Box<Unusable>,
        /// What it probably is.
        suspicion: Suspicion,
    },
}

impl ReadError {
    /// Whether the problem may end without a file event: too many open files, or a disk or network failure.
    pub fn may_pass_unseen(&self) -> bool {
        match &self.why {
            // The state directory is not watched.
            Unusable::Unreadable(_) if self.kind == SecretKind::RotatedToken => true,
            Unusable::Unreadable(error) => error.kind() != io::ErrorKind::PermissionDenied,
            Unusable::Unwritable(_) | Unusable::InUse(_) => true,
            Unusable::Missing
            | Unusable::NotAFile
            | Unusable::TooLong { .. }
            | Unusable::Empty
            | Unusable::ByteOrderMark
            | Unusable::ManyLines
            | Unusable::InnerSpace
            | Unusable::NotPrintable
            | Unusable::WholeBearer
            | Unusable::NotAJwt(_)
            | Unusable::Expired { .. }
            | Unusable::NotAPublicKey
            | Unusable::SomethingElse { .. }
            | Unusable::NotAnswers(_) => false,
        }
    }

    /// Whether the system returned an error, such as a lack of room or permission.
    pub fn is_of_the_system(&self) -> bool {
        matches!(self.why, Unusable::Unreadable(_) | Unusable::Unwritable(_) | Unusable::InUse(_))
    }

    /// Whether the system forbids this user to read the file.
    pub fn is_forbidden(&self) -> bool {
        match &self.why {
            Unusable::Unreadable(error) | Unusable::Unwritable(error) => {
                matches!(Errno::from_io_error(error), Some(Errno::ACCESS | Errno::PERM))
            }
            Unusable::Missing
            | Unusable::InUse(_)
            | Unusable::NotAFile
            | Unusable::TooLong { .. }
            | Unusable::Empty
            | Unusable::ByteOrderMark
            | Unusable::ManyLines
            | Unusable::InnerSpace
            | Unusable::NotPrintable
            | Unusable::WholeBearer
            | Unusable::NotAJwt(_)
            | Unusable::Expired { .. }
            | Unusable::NotAPublicKey
            | Unusable::SomethingElse { .. }
            | Unusable::NotAnswers(_) => false,
        }
    }

    /// Returns the remedy; `None` if none is known for the system's error.
    pub fn remedy(&self) -> Option<Cow<'static, str>> {
        let noun = self.kind.noun();
        let remedy = match &self.why {
            Unusable::Missing => {
                missing_credential(&self.path).map_or("it is used as soon as it is there".into(), Into::into)
            }
            Unusable::Unreadable(error) => return refused(error).map(|(_, remedy)| remedy.into()),
            Unusable::Unwritable(error) => unwritable_remedy(error).into(),
            Unusable::InUse(_) => return None,
            Unusable::NotAFile => format!("name the file that holds the {noun}").into(),
            Unusable::TooLong { .. } | Unusable::ManyLines | Unusable::InnerSpace => {
                format!("it must hold {} and nothing else", self.kind.whole()).into()
            }
            Unusable::Empty => format!("write the {noun} into it").into(),
            Unusable::ByteOrderMark => "save it as plain ASCII text".into(),
            Unusable::NotPrintable => format!("it must hold the {noun} as plain text, not encoded or encrypted").into(),
            Unusable::NotAJwt(_) => format!("it must hold one {noun}, which is a JWT, and nothing else").into(),
            Unusable::NotAnswers(NotAnswers::ByteOrderMark) => "save it as UTF-8 without that mark".into(),
            Unusable::NotAnswers(_) => "write a list like `[{\"id\": \"…\", \"answer\": \"…\"}]` into it".into(),
            Unusable::Expired { .. } => {
                "its issuer must replace it, as the kubelet does in a projected volume; check this machine's clock too"
                    .into()
            }
            Unusable::NotAPublicKey => {
                "write a PEM public key, a JWK or a JWKS into it: RSA of 2048 bits or more, P-256 or P-384".into()
            }
            Unusable::SomethingElse { suspicion, .. } => suspicion.remedy(noun).into(),
            Unusable::WholeBearer => format!("leave these out, they are added to the {noun} when it is sent").into(),
        };
        Some(remedy)
    }

    fn sentence(&self) -> String {
        let (file, path) = (self.kind.file_noun(), self.path.display());
        let problem = match &self.why {
            Unusable::Missing => format!("{file} `{path}` is missing, or is a link that leads nowhere"),
            Unusable::Unwritable(_) => {
                format!("no {file} can be stored in `{path}`: {}, so none is requested", self.why.problem())
            }
            Unusable::InUse(why) => format!("{why}; until then no {file} is used, because the newest one may be there"),
            why => format!("cannot use {file} `{path}`: {}", why.problem()),
        };
        self.remedy().map_or(problem.clone(), |remedy| format!("{problem}; {remedy}"))
    }
}

impl From<NotAnswers> for Unusable {
    fn from(why: NotAnswers) -> Self {
        Self::NotAnswers(why)
    }
}

impl Unusable {
    fn problem(&self) -> Cow<'_, str> {
        match self {
            Self::Missing => "it is missing".into(),
            Self::Unreadable(error) | Self::Unwritable(error) => {
                refused(error).map_or_else(|| error.to_string().into(), |(problem, _)| problem.into())
            }
            Self::InUse(why) => why.as_str().into(),
            Self::NotAFile => "it is not a regular file".into(),
            Self::TooLong { bytes_max } => format!("it has more than {bytes_max} bytes").into(),
            Self::Empty => "it is empty".into(),
            Self::ByteOrderMark => "it begins with a byte order mark, as some Windows programs write it".into(),
            Self::ManyLines => "it has more than one line".into(),
            Self::InnerSpace => "it has white space inside".into(),
            Self::NotPrintable => "it has bytes that are not printable ASCII".into(),
            Self::NotAJwt(why) => format!("it is not a JWT: {why}").into(),
            Self::NotAnswers(why) => why.to_string().into(),
            Self::Expired { at } => {
                format!("it expired at {} by this machine's clock", humantime::format_rfc3339_seconds(*at)).into()
            }
            Self::SomethingElse { why, suspicion } => {
                format!("{}, and looks like {}", why.problem(), suspicion.noun()).into()
            }
            Self::NotAPublicKey => "it holds no usable public key".into(),
            Self::WholeBearer => "it begins with a project id and a colon".into(),
        }
    }
}

/// Returns the remedy if a folder cannot be written. What is stored there must not be lost.
fn unwritable_remedy(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::ACCESS | Errno::PERM) => "let tokenwell's user write there",
        Some(Errno::NOTDIR | Errno::EXIST | Errno::ISDIR) => "remove what is in its place",
        _ => refused(error).map_or("repair the disk, or name another `stateDirectory`", |(_, remedy)| remedy),
    }
}

/// Returns the problem and the remedy for an error of the system, if a remedy is known.
fn refused(error: &io::Error) -> Option<(&'static str, &'static str)> {
    match Errno::from_io_error(error)? {
        Errno::ACCESS | Errno::PERM => Some((
            "permission denied",
            "let tokenwell's user read it (`fsGroup` or `defaultMode` in Kubernetes, `LoadCredential=` in a systemd unit)",
        )),
        Errno::NOTDIR => Some(("a part of its path is a file where a folder is needed", "correct the path")),
        Errno::LOOP => Some(("the links on its path lead in a circle", "repair them")),
        Errno::NAMETOOLONG => Some(("its path is too long", "correct it")),
        Errno::NOSPC | Errno::DQUOT => Some(("no space is left on the disk", "make room there")),
        Errno::ROFS => Some(("the file system is read-only", "mount it for writing")),
        Errno::MFILE | Errno::NFILE => {
            Some(("too many files are open", "raise the limit (`ulimit -n`, `LimitNOFILE=`)"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(why: Unusable) -> ReadError {
        ReadError { kind: SecretKind::AccessKey, path: "/keys/app".into(), why }
    }

    #[test]
    fn an_error_reads_as_problem_and_remedy() {
        let missing = error(Unusable::Missing);
        assert_eq!(
            missing.to_string(),
            "key file `/keys/app` is missing, or is a link that leads nowhere; it is used as soon as it is there"
        );
        let empty = error(Unusable::Empty);
        assert_eq!(empty.to_string(), "cannot use key file `/keys/app`: it is empty; write the access key into it");
        assert_eq!(empty.remedy().as_deref(), Some("write the access key into it"));
        let denied = error(Unusable::Unreadable(Errno::ACCESS.into()));
        assert!(denied.to_string().contains("permission denied; let tokenwell's user read it"), "{denied}");
    }

    #[test]
    fn an_unknown_error_of_the_system_has_no_remedy() {
        let broken = error(Unusable::Unreadable(Errno::IO.into()));
        assert_eq!(broken.remedy(), None);
        assert!(broken.to_string().starts_with("cannot use key file `/keys/app`: Input/output error"), "{broken}");
    }

    #[test]
    fn only_errors_without_a_file_event_may_end_unnoticed() {
        assert!(error(Unusable::Unreadable(Errno::MFILE.into())).may_pass_unseen());
        assert!(!error(Unusable::Unreadable(Errno::ACCESS.into())).may_pass_unseen());
        assert!(!error(Unusable::Missing).may_pass_unseen());
    }

    #[test]
    fn only_a_lack_of_permission_is_forbidden() {
        assert!(error(Unusable::Unreadable(Errno::PERM.into())).is_forbidden());
        assert!(!error(Unusable::Unreadable(Errno::IO.into())).is_forbidden());
        assert!(!error(Unusable::Empty).is_forbidden());
    }
}
