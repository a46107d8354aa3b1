//! Leases and restarts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokenwell::cluster::{Fault, LeaseSpec, Workload, WorkloadKind};

use crate::pod::{LEASE, Pod, message, name};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn held_by(holder: &str) -> LeaseSpec {
    LeaseSpec {
        holder: Some(holder.to_owned()),
        duration: Some(Duration::from_secs(30)),
        acquired: Some(at(1_000_000_000)),
        renewed: Some(at(1_000_000_010)),
        transitions: 3,
    }
}

#[tokio::test]
async fn a_lease_is_created_by_one_of_two_and_renewed_by_version() {
    let pod = Pod::start().await;
    let lease = name("tokenwell");
    assert_eq!(pod.cluster.lease(&lease).await.unwrap(), None);
    let first = pod.cluster.put_lease(&lease, None, &held_by("a")).await.unwrap();
    assert_eq!(first.spec, held_by("a"));
    let second = pod.cluster.put_lease(&lease, None, &held_by("b")).await.unwrap_err();
    assert!(matches!(second.fault, Fault::Conflict), "{second}");
    let renewed = pod.cluster.put_lease(&lease, Some(&first), &held_by("a")).await.unwrap();
    let newer = LeaseSpec { transitions: 4, ..held_by("b") };
    pod.cluster.put_lease(&lease, Some(&renewed), &newer).await.unwrap();
    let late = pod.cluster.put_lease(&lease, Some(&renewed), &held_by("a")).await;
    let words = "cannot write Lease `shop/tokenwell`: it has changed since it was read; it is read again before the next attempt";
    assert_eq!(message(late), words);
    assert_eq!(pod.cluster.lease(&lease).await.unwrap().unwrap().spec, newer);
}

#[tokio::test]
async fn a_lease_is_written_as_other_programs_read_it() {
    let pod = Pod::start().await;
    pod.cluster.put_lease(&name("tokenwell"), None, &held_by("pod_1")).await.unwrap();
    let spec = json!({
        "holderIdentity": "pod_1",
        "leaseDurationSeconds": 30,
        "acquireTime": "2001-09-09T01:46:40.000000Z",
        "renewTime": "2001-09-09T01:46:50.000000Z",
        "leaseTransitions": 3,
    });
    let request = &pod.server.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("PUT", LEASE));
    assert_eq!(request.body["spec"], spec);
    assert_eq!(request.body["metadata"]["resourceVersion"], "1");
}

#[tokio::test]
async fn a_write_keeps_labels_and_a_release_empties_the_holder() {
    let pod = Pod::start().await;
    pod.server.store().edit(
        LEASE,
        "kubectl",
        &[("metadata.labels.team", json!("shop")), ("spec", json!({"holderIdentity": ""}))],
    );
    let lease = pod.cluster.lease(&name("tokenwell")).await.unwrap().unwrap();
    assert_eq!(lease.spec, LeaseSpec::default());
    let lease = pod.cluster.put_lease(&name("tokenwell"), Some(&lease), &held_by("a")).await.unwrap();
    assert_eq!(pod.server.store().field(LEASE, "metadata.labels.team"), Some(&json!("shop")));
    let released = LeaseSpec { holder: None, ..held_by("a") };
    pod.cluster.put_lease(&name("tokenwell"), Some(&lease), &released).await.unwrap();
    assert_eq!(pod.server.store().field(LEASE, "spec").unwrap().get("holderIdentity"), None);
}

#[tokio::test]
async fn a_lease_of_odd_content_is_read_as_far_as_it_can_be() {
    let pod = Pod::start().await;
    let odd = json!({"holderIdentity": 7, "leaseDurationSeconds": -1, "acquireTime": "yesterday", "leaseTransitions": "many"});
    pod.server.store().edit(LEASE, "kubectl", &[("spec", odd)]);
    assert_eq!(pod.cluster.lease(&name("tokenwell")).await.unwrap().unwrap().spec, LeaseSpec::default());
}

#[tokio::test]
async fn a_restart_changes_one_annotation_of_the_pods() {
    let pod = Pod::start().await;
    for kind in WorkloadKind::ALL {
        let path = format!("/apis/apps/v1/namespaces/shop/{}/app", kind.resource());
        pod.server.store().edit(&path, "kubectl", &[("spec", json!({}))]);
        pod.cluster.restart(&Workload { kind, name: name("app") }, at(1_000_000_000)).await.unwrap();
        let wanted =
            json!({"template": {"metadata": {"annotations": {"tokenwell.dev/restartedAt": "2001-09-09T01:46:40Z"}}}});
        assert_eq!(pod.server.store().field(&path, "spec"), Some(&wanted));
    }
    let missing = Workload { kind: WorkloadKind::StatefulSet, name: name("other") };
    let words = "cannot restart StatefulSet `shop/other`: there is no such StatefulSet; correct `restart` or create it";
    assert_eq!(message(pod.cluster.restart(&missing, at(0)).await), words);
    pod.server.store().forbidden.insert(("patch", "deployments"));
    let forbidden = Workload { kind: WorkloadKind::Deployment, name: name("app") };
    let words = "cannot restart Deployment `shop/app`: the service account has no right to `patch` it; add this rule to its Role: \
                 - {apiGroups: [\"apps\"], resources: [deployments], resourceNames: [\"app\"], verbs: [patch]}";
    assert_eq!(message(pod.cluster.restart(&forbidden, at(0)).await), words);
}
