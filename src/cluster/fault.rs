//! Why a call failed, with its message: what, where, and what to do.

use std::time::Duration;

use super::{
    call::{Call, Resource, Verb},
    missing_rule::MissingRule,
    ownership::Owned,
    server_text::ServerText,
    service_account::TokenUnreadable,
};

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {call}: {}", .fault.sentence(.call))]
pub struct CallError {
    /// The call.
    pub call: Call,
    /// Why it failed.
    pub fault: Fault,
}

/// Why a call failed.
#[derive(Debug)]
pub enum Fault {
    /// No complete reply arrived. A write may have been done.
    Unreachable {
        /// What happened, with the address of the API server.
        why: String,
    },
    /// The token of the service account cannot be read.
    NoToken(TokenUnreadable),
    /// The API server does not accept the token, and the file has no other.
    Unauthorized,
    /// The service account lacks a right.
    Forbidden {
        /// The verb that was refused.
        verb: &'static str,
        /// The rule that would allow it.
        missing: MissingRule,
    },
    /// Another program owns the fields.
    Owned(Owned),
    /// The object has changed since it was read, or is there or gone against expectation. It has to be read again.
    Conflict,
    /// The object's content or type can never change.
    Immutable {
        /// The field that cannot change.
        field: ImmutableField,
    },
    /// The object would be larger than the API server accepts.
    TooLarge {
        /// The part that is too large.
        part: LargePart,
    },
    /// The namespace is being deleted.
    NamespaceEnding,
    /// There is no such namespace.
    NamespaceMissing,
    /// There is no such object, and the call does not create one.
    Missing,
    /// The API server asks to wait.
    Busy {
        /// How long, between one second and five minutes.
        retry_after: Duration,
    },
    /// What the request refers to is too old for the API server.
    Gone,
    /// The API server, or an admission webhook, refuses the object.
    Invalid {
        /// Its reason.
        message: ServerText,
    },
    /// The API server fails.
    ServerFault {
        /// The HTTP status.
        status: u16,
        /// Its reason, which may be empty.
        message: ServerText,
    },
    /// The reply is none of the Kubernetes API.
    Garbled {
        /// What is wrong with it.
        why: String,
    },
}

/// A field that cannot change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImmutableField {
    /// All of a Secret's data, because it is `immutable`.
    Data,
    /// A Secret's type.
    Type,
}

/// A part of an object that is too large.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LargePart {
    /// All values of a Secret together.
    Data,
    /// All annotations together.
    Annotations,
    /// The request.
    Request,
}

impl Fault {
    /// Returns the fault without text in which a part of one of these secrets is.
    #[must_use]
    pub(super) fn without(self, secrets: &[&str]) -> Self {
        match self {
            Self::Invalid { message } => Self::Invalid { message: message.without(secrets) },
            Self::ServerFault { status, message } => Self::ServerFault { status, message: message.without(secrets) },
            Self::Unreachable { .. }
            | Self::NoToken(_)
            | Self::Unauthorized
            | Self::Forbidden { .. }
            | Self::Owned(_)
            | Self::Conflict
            | Self::Immutable { .. }
            | Self::TooLarge { .. }
            | Self::NamespaceEnding
            | Self::NamespaceMissing
            | Self::Missing
            | Self::Busy { .. }
            | Self::Gone
            | Self::Garbled { .. } => self,
        }
    }

    fn sentence(&self, call: &Call) -> String {
        let namespace = &call.namespace;
        match self {
            Self::Unreachable { why } => format!("{why}; {IF_UNREACHABLE}"),
            Self::NoToken(why) => why.to_string(),
            Self::Unauthorized => {
                format!("the API server does not accept the token of the service account; {IF_UNAUTHORIZED}")
            }
            Self::Forbidden { verb, missing } => {
                format!("the service account has no right to `{verb}` it; add this rule to its Role: {missing}")
            }
            Self::Owned(owned) => owned.to_string(),
            Self::Conflict => "it has changed since it was read; it is read again before the next attempt".to_owned(),
            Self::Immutable { field } => field.sentence().to_owned(),
            Self::TooLarge { part } => part.sentence(),
            Self::NamespaceEnding => format!(
                "the namespace `{namespace}` is being deleted, and accepts no new objects; stop this Deployment, or create the \
                 namespace again when it is gone"
            ),
            Self::NamespaceMissing => {
                format!("there is no namespace `{namespace}`; create it, and this Deployment in it")
            }
            Self::Missing => match (call.resource, call.verb) {
                (Resource::Workload(kind), _) => {
                    format!("there is no such {}; correct `restart` or create it", kind.kind())
                }
                (Resource::Secret | Resource::Lease, Verb::Get | Verb::Apply | Verb::Update | Verb::Patch) => {
                    "it is not there; it is created at the next attempt".to_owned()
                }
            },
            Self::Busy { retry_after } => {
                let wait = humantime::format_duration(*retry_after);
                format!("the API server asks to wait {wait}; if that lasts, see its load and its priority levels")
            }
            Self::Gone => {
                "that version is too old for the API server; it is read again before the next attempt".to_owned()
            }
            Self::Invalid { message } => {
                format!("the API server refuses it: {message}; correct the output, or the policy that refuses it")
            }
            Self::ServerFault { status, message } if message.to_string().is_empty() => {
                format!("the API server fails with HTTP {status}; see its log if that lasts")
            }
            Self::ServerFault { status, message } => {
                format!("the API server fails with HTTP {status}: {message}; see its log if that lasts")
            }
            Self::Garbled { why } => format!("the reply is none of the Kubernetes API: {why}; {IF_GARBLED}"),
        }
    }
}

impl ImmutableField {
    fn sentence(self) -> &'static str {
        match self {
            Self::Data => {
                "it is immutable, so no token in it can be replaced; delete it, or name another Secret in `secret.name`"
            }
            Self::Type => {
                "it has another type, which cannot change; set `secret.type` to the type that it has, or delete it"
            }
        }
    }
}

impl LargePart {
    fn sentence(self) -> String {
        match self {
            Self::Data => {
                "its values would have more than 1 MiB together; divide the outputs among several Secrets".to_owned()
            }
            Self::Annotations => {
                "its annotations would have more than 256 KiB together; divide the outputs among several Secrets"
                    .to_owned()
            }
            Self::Request => format!(
                "the request would have more than {} MiB, which the API server accepts; divide the outputs among several Secrets",
                REQUEST_BYTES_MAX >> 20
            ),
        }
    }
}

/// The longest body of a request that the API server accepts. It closes the connection on much longer ones without an answer.
pub(super) const REQUEST_BYTES_MAX: usize = 3 << 20;
const IF_UNREACHABLE: &str = "see whether the API server is up, and whether a NetworkPolicy lets this pod out to it";
const IF_UNAUTHORIZED: &str = "see whether the service account still exists and whether its token is mounted from this cluster: a \
                               deleted service account or pod ends its tokens";
const IF_GARBLED: &str = "see whether something in front of the API server answers in its place";
