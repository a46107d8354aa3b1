//! Which daemon this is: the names by which people tell several of them apart.

use std::{fs::File, io::Read as _, path::Path};

use rustix::system::uname;
use serde::{Deserialize, Serialize};

/// Which daemon a report is from. Each name is null if it is unknown.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DaemonIdentity {
    /// The name of the machine (`uname -n`); in a container that of the container.
    pub host: Option<String>,
    /// The Kubernetes pod.
    pub pod: Option<String>,
    /// The pod's namespace.
    pub namespace: Option<String>,
    /// The name that the configuration gives to this daemon.
    pub instance: Option<String>,
}

/// Where a process runs. It does not change while the process lives.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Placement {
    host: Option<String>,
    pod: Option<String>,
    namespace: Option<String>,
}

impl Placement {
    /// Reads the name of the machine and, in Kubernetes, the names of the pod and its namespace. `variable` returns
    /// environment variables. Reads one file of Kubernetes, so a process that gives up access to files calls this before.
    pub fn inspect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let host = uname().nodename().to_string_lossy().into_owned();
        Self::of(&host, variable, || first_line(Path::new(NAMESPACE_FILE)))
    }

    fn of(
        host: &str,
        variable: impl Fn(&str) -> Option<String>,
        namespace_file: impl FnOnce() -> Option<String>,
    ) -> Self {
        let is_pod = variable("KUBERNETES_SERVICE_HOST").is_some();
        let namespace = variable("POD_NAMESPACE").and_then(|name| legal(&name));
        Self {
            host: legal(host),
            pod: variable("POD_NAME").and_then(|name| legal(&name)),
            namespace: namespace.or_else(|| namespace_file().filter(|_| is_pod).and_then(|name| legal(&name))),
        }
    }

    /// Returns the identity of a daemon that runs here, with the name from its configuration.
    pub fn identity(&self, instance: Option<&str>) -> DaemonIdentity {
        let Self { host, pod, namespace } = self.clone();
        DaemonIdentity { host, pod, namespace, instance: instance.map(str::to_owned) }
    }
}

impl DaemonIdentity {
    /// Returns the names that are known, each with its label, the most specific first.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all =
            [("instance", &self.instance), ("pod", &self.pod), ("namespace", &self.namespace), ("host", &self.host)];
        all.into_iter().filter_map(|(label, name)| Some((label, name.as_deref()?)))
    }
}

/// Returns a name that is safe to show; `None` for an empty or overlong one, or one with other than printable ASCII.
fn legal(name: &str) -> Option<String> {
    let name = name.trim();
    let is_legal = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_legal.then(|| name.to_owned())
}

fn first_line(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(NAME_BYTES_MAX as u64 + 2).read_to_string(&mut text).ok()?;
    text.lines().next().map(str::to_owned)
}

/// Kubernetes mounts it into every pod with a service account token.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// The longest name of DNS, and so of Kubernetes.
const NAME_BYTES_MAX: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(variables: &[(&str, &str)], file: Option<&str>) -> DaemonIdentity {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Placement::of("node7", variable, || file.map(str::to_owned)).identity(Some("blue"))
    }

    #[test]
    fn outside_kubernetes_only_host_and_instance_are_known() {
        let identity = placed(&[], Some("shop"));
        assert_eq!(identity.known().collect::<Vec<_>>(), [("instance", "blue"), ("host", "node7")]);
    }

    #[test]
    fn a_pod_knows_its_name_and_its_namespace() {
        let in_cluster = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
        assert_eq!(placed(&[in_cluster], Some("shop")).namespace.as_deref(), Some("shop"));
        let given = [in_cluster, ("POD_NAME", "api-7f9c"), ("POD_NAMESPACE", "prod")];
        let identity = placed(&given, Some("shop"));
        assert_eq!((identity.pod.as_deref(), identity.namespace.as_deref()), (Some("api-7f9c"), Some("prod")));
    }

    #[test]
    fn a_name_that_cannot_be_one_is_unknown() {
        for name in ["", " ", "a b", "a\nb", "é", &"x".repeat(NAME_BYTES_MAX + 1)] {
            assert_eq!(placed(&[("POD_NAME", name)], None).pod, None, "{name:?}");
        }
        assert_eq!(placed(&[("POD_NAME", "api\n")], None).pod.as_deref(), Some("api"));
    }
}
