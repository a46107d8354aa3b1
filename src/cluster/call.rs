//! A call: what is done to which object.

use std::fmt;

use super::{object_name::ObjectName, workload::WorkloadKind};

/// One call to the API server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What is done.
    pub verb: Verb,
    /// The sort of the object.
    pub resource: Resource,
    /// Its namespace.
    pub namespace: ObjectName,
    /// Its name.
    pub name: ObjectName,
}

/// What a call does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verb {
    /// Reads an object (GET).
    Get,
    /// Creates or changes the fields of one manager (server-side apply).
    Apply,
    /// Creates or replaces an object (PUT).
    Update,
    /// Changes one field (merge patch).
    Patch,
}

/// The sort of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Resource {
    /// A Secret.
    Secret,
    /// A Lease.
    Lease,
    /// A workload.
    Workload(WorkloadKind),
}

impl Verb {
    /// Returns the word for it in messages.
    fn word(self) -> &'static str {
        match self {
            Self::Get => "read",
            Self::Apply | Self::Update => "write",
            Self::Patch => "restart",
        }
    }
}

impl Resource {
    /// Returns its group of the API, which is empty for the oldest.
    pub fn group(self) -> &'static str {
        match self {
            Self::Secret => "",
            Self::Lease => "coordination.k8s.io",
            Self::Workload(_) => "apps",
        }
    }

    /// Returns its name in rules and URLs.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Secret => "secrets",
            Self::Lease => "leases",
            Self::Workload(kind) => kind.resource(),
        }
    }

    /// Returns its kind in manifests.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::Lease => "Lease",
            Self::Workload(kind) => kind.kind(),
        }
    }

    /// Returns the verbs that Tokenwell needs for such an object.
    pub fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Secret => &["get", "create", "patch"],
            Self::Lease => &["get", "create", "update"],
            Self::Workload(_) => &["patch"],
        }
    }
}

impl Call {
    /// Returns the path of the object's URL.
    pub(super) fn path(&self) -> String {
        let Self { resource, namespace, name, .. } = self;
        let root = match resource.group() {
            "" => "/api/v1".to_owned(),
            group => format!("/apis/{group}/v1"),
        };
        format!("{root}/namespaces/{namespace}/{}/{name}", resource.plural())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, resource, namespace, name } = self;
        write!(f, "{} {} `{namespace}/{name}`", verb.word(), resource.kind())
    }
}
