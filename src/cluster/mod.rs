//! The Kubernetes API, from inside a pod: five calls about Secrets, a Lease, and workloads to restart.
//!
//! [`ServiceAddress`] finds the API server and the service account in the pod. [`Cluster`] makes the calls; each returns an
//! answer, or a [`CallError`] with its object, its [`Fault`] and the remedy. What a reply means is decided in `judge.rs`, and
//! who may write a key in `ownership.rs`: both are pure. There is no kubeconfig, no watch and no list.

mod application;
mod call;
mod client;
mod fault;
mod fence;
mod field_manager;
mod field_owners;
mod judge;
mod lease_object;
mod missing_rule;
mod object_name;
mod ownership;
mod secret_object;
mod server_text;
mod service_account;
mod status_body;
mod workload;

pub use application::{Application, Applied};
pub use call::{Call, Resource, Verb};
pub use client::{Cluster, REQUEST_TIMEOUT};
pub use fault::{CallError, Fault, ImmutableField, LargePart};
pub use fence::Fence;
pub use field_manager::{ANNOTATION_PREFIX, MANAGED_BY, MANAGED_BY_LABEL, annotation_of, field_manager_of};
pub use field_owners::FieldOwner;
pub use judge::{Answer, judge};
pub use lease_object::{LeaseObject, LeaseSpec};
pub use missing_rule::MissingRule;
pub use object_name::{NotAnObjectName, OBJECT_NAME_BYTES_MAX, ObjectName};
pub use ownership::{Claim, Force, Label, Owned, TakeOver, claim};
pub use secret_object::SecretObject;
pub use server_text::{SERVER_TEXT_BYTES_MAX, ServerText};
pub use service_account::{NotInAPod, SERVICE_ACCOUNT_FOLDER, ServiceAddress, TokenUnreadable};
pub use workload::{RESTARTED_AT_ANNOTATION, Workload, WorkloadKind};
