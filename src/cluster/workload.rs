//! Workloads that are restarted, for programs that read a token at their start only.

use std::time::SystemTime;

use serde_json::json;
use zeroize::Zeroizing;

use super::object_name::ObjectName;

/// A workload of the namespace.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Workload {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its name.
    pub name: ObjectName,
}

/// The kinds of workloads whose pods the cluster replaces one after the other if their template changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WorkloadKind {
    /// A Deployment.
    Deployment,
    /// A `StatefulSet`.
    StatefulSet,
    /// A `DaemonSet`.
    DaemonSet,
}

impl WorkloadKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Deployment, Self::StatefulSet, Self::DaemonSet];

    /// Returns the word for it in a configuration, as in `deployment/app`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::StatefulSet => "statefulset",
            Self::DaemonSet => "daemonset",
        }
    }

    /// Returns its kind in manifests.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
        }
    }

    /// Returns its resource in rules and URLs.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Deployment => "deployments",
            Self::StatefulSet => "statefulsets",
            Self::DaemonSet => "daemonsets",
        }
    }
}

/// Returns the merge patch that restarts a workload: a changed annotation of its pods.
pub(super) fn restart_patch(at: SystemTime) -> Zeroizing<Vec<u8>> {
    let at = humantime::format_rfc3339_seconds(at).to_string();
    let patch = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT_ANNOTATION: at}}}}});
    Zeroizing::new(patch.to_string().into_bytes())
}

/// The annotation of pods that a restart changes. It is Tokenwell's own, so `kubectl rollout restart` stays independent of it.
pub const RESTARTED_AT_ANNOTATION: &str = "tokenwell.dev/restartedAt";
