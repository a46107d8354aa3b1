//! What the API server refuses, each with its whole message.

use serde_json::json;
use tokenwell::cluster::TakeOver;

use crate::{
    pod::{LEASE, Pod, SECRET, message, name},
    store::Namespace,
};

const WRITE: &str = "cannot write Secret `shop/tokens`: ";

#[tokio::test]
async fn a_missing_right_is_printed_as_the_rule_to_add() {
    let pod = Pod::start().await;
    let rule = "add this rule to its Role: - {apiGroups: [\"\"], resources: [secrets], resourceNames: [\"tokens\"], verbs: [get, create, patch]}";
    for verb in ["patch", "create"] {
        pod.server.store().forbidden.insert((verb, "secrets"));
        let words = format!("{WRITE}the service account has no right to `{verb}` it; {rule}");
        assert_eq!(message(pod.publish("billing", "token", "1").await), words);
        pod.server.store().forbidden.clear();
    }
    pod.server.store().forbidden.insert(("get", "secrets"));
    let words = format!("cannot read Secret `shop/tokens`: the service account has no right to `get` it; {rule}");
    assert_eq!(message(pod.secret().await), words);
    pod.server.store().forbidden.insert(("get", "leases"));
    let words = "cannot read Lease `shop/tokenwell`: the service account has no right to `get` it; add this rule to its Role: \
                 - {apiGroups: [\"coordination.k8s.io\"], resources: [leases], resourceNames: [\"tokenwell\"], verbs: [get, create, update]}";
    assert_eq!(message(pod.cluster.lease(&name("tokenwell")).await), words);
    assert!(pod.server.requests().iter().all(|request| request.path == SECRET || request.path == LEASE));
}

#[tokio::test]
async fn what_can_never_change_is_told_apart() {
    let pod = Pod::start().await;
    pod.publish("billing", "token", "1").await.unwrap();
    pod.server.store().edit(SECRET, "kubectl", &[("immutable", json!(true))]);
    assert!(pod.secret().await.unwrap().unwrap().is_immutable);
    let words =
        "it is immutable, so no token in it can be replaced; delete it, or name another Secret in `secret.name`";
    assert_eq!(message(pod.publish("billing", "token", "2").await), format!("{WRITE}{words}"));
    pod.publish("billing", "token", "1").await.unwrap();
    pod.server.store().delete(SECRET);
    pod.server.store().edit(SECRET, "kubectl", &[("type", json!("kubernetes.io/tls"))]);
    let words = "it has another type, which cannot change; set `secret.type` to the type that it has, or delete it";
    assert_eq!(message(pod.publish("billing", "token", "2").await), format!("{WRITE}{words}"));
}

#[tokio::test]
async fn what_is_too_large_is_told_by_its_part() {
    let pod = Pod::start().await;
    let refused = pod.publish("billing", "token", &"x".repeat((1 << 20) + 3)).await;
    let words = "its values would have more than 1 MiB together; divide the outputs among several Secrets";
    assert_eq!(message(refused), format!("{WRITE}{words}"));
    let before = pod.server.requests().len();
    let refused = pod.write(None, "billing", &[("token", &"x".repeat(3 << 20))], TakeOver::Refused).await;
    let words = "the request would have more than 3 MiB, which the API server accepts; divide the outputs among several Secrets";
    assert_eq!(message(refused), format!("{WRITE}{words}"));
    assert_eq!(pod.server.requests().len(), before, "it is not sent");
    let note = "x".repeat((256 << 10) + 1);
    pod.server.store().edit(SECRET, "kubectl", &[("metadata.annotations.note", json!(note))]);
    let words = "its annotations would have more than 256 KiB together; divide the outputs among several Secrets";
    assert_eq!(message(pod.publish("billing", "token", "1").await), format!("{WRITE}{words}"));
}

#[tokio::test]
async fn a_namespace_that_ends_or_is_gone_is_named() {
    let pod = Pod::start().await;
    pod.server.store().namespace = Namespace::Ending;
    let words = "the namespace `shop` is being deleted, and accepts no new objects; stop this Deployment, or create the namespace again \
                 when it is gone";
    assert_eq!(message(pod.publish("billing", "token", "1").await), format!("{WRITE}{words}"));
    pod.server.store().namespace = Namespace::Missing;
    let words = "there is no namespace `shop`; create it, and this Deployment in it";
    assert_eq!(message(pod.publish("billing", "token", "1").await), format!("{WRITE}{words}"));
}
