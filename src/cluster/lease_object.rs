//! A Lease, as the API server returns it and as it is written.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{fence::Fence, object_name::ObjectName, secret_object::AnyObject};

/// A Lease.
#[derive(Clone, PartialEq, Debug)]
pub struct LeaseObject {
    /// Its identity and version.
    pub fence: Fence,
    /// What it says.
    pub spec: LeaseSpec,
    /// Everything else that its metadata has, such as the labels of the manifest that created it. A write repeats it.
    metadata: Map<String, Value>,
}

/// What a Lease says. Every member may be absent, and none is judged here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeaseSpec {
    /// Who holds it; `None` if it is free.
    pub holder: Option<String>,
    /// How long it is held after a renewal, in whole seconds.
    pub duration: Option<Duration>,
    /// When the holder took it, by its wall clock.
    pub acquired: Option<SystemTime>,
    /// When the holder renewed it, by its wall clock.
    pub renewed: Option<SystemTime>,
    /// How often the holder has changed.
    pub transitions: u64,
}

impl LeaseObject {
    /// Reads a Lease; an error says what is wrong.
    pub(super) fn parse(body: &[u8]) -> Result<Self, &'static str> {
        let not_json = |_| "the body is not the JSON of a Lease";
        let fence = serde_json::from_slice::<AnyObject>(body).map_err(not_json)?.metadata.fence();
        let mut object: Map<String, Value> = serde_json::from_slice(body).map_err(not_json)?;
        if object.get("kind").and_then(Value::as_str) != Some("Lease") {
            return Err("the body is an object of another kind than Lease");
        }
        let Some(Value::Object(mut metadata)) = object.remove("metadata") else {
            return Err("the Lease has no metadata");
        };
        metadata.remove("managedFields");
        Ok(Self {
            fence: fence.ok_or("the Lease has no `uid` or `resourceVersion`")?,
            spec: LeaseSpec::read(object.get("spec").unwrap_or(&Value::Null)),
            metadata,
        })
    }
}

impl LeaseSpec {
    fn read(spec: &Value) -> Self {
        let time = |name: &str| humantime::parse_rfc3339(spec.get(name)?.as_str()?).ok();
        let number = |name: &str| spec.get(name).and_then(Value::as_u64);
        let holder = spec.get("holderIdentity").and_then(Value::as_str).filter(|holder| !holder.is_empty());
        Self {
            holder: holder.map(str::to_owned),
            duration: number("leaseDurationSeconds").map(Duration::from_secs),
            acquired: time("acquireTime"),
            renewed: time("renewTime"),
            transitions: number("leaseTransitions").unwrap_or_default(),
        }
    }

    fn json(&self) -> Value {
        let time = |time: SystemTime| humantime::format_rfc3339_micros(time).to_string();
        let members = [
            ("holderIdentity", self.holder.clone().map(Value::from)),
            ("leaseDurationSeconds", self.duration.map(|duration| duration.as_secs().into())),
            ("acquireTime", self.acquired.map(|at| time(at).into())),
            ("renewTime", self.renewed.map(|at| time(at).into())),
            ("leaseTransitions", Some(self.transitions.into())),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// Returns the body of a write that replaces the Lease which was read, or creates one where there was none.
pub(super) fn lease_body(
    namespace: &ObjectName,
    name: &ObjectName,
    current: Option<&LeaseObject>,
    spec: &LeaseSpec,
) -> Zeroizing<Vec<u8>> {
    let mut metadata = current.map(|lease| lease.metadata.clone()).unwrap_or_default();
    metadata.insert("name".to_owned(), name.as_str().into());
    metadata.insert("namespace".to_owned(), namespace.as_str().into());
    current.map_or(&Fence::Absent, |lease| &lease.fence).add_to(&mut metadata);
    let (version, spec) = ("coordination.k8s.io/v1", spec.json());
    let object = json!({"apiVersion": version, "kind": "Lease", "metadata": metadata, "spec": spec});
    Zeroizing::new(object.to_string().into_bytes())
}
