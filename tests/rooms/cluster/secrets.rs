//! Secrets: what an application leaves, who owns it, and what a fence stops.

use serde_json::json;
use tokenwell::cluster::{Claim, Fault, Fence, Force, Label, TakeOver, claim};

use crate::{
    api_server::Next,
    pod::{Pod, SECRET, application, data},
    store::encoded,
};

#[tokio::test]
async fn a_secret_is_created_with_our_marks_and_read_again() {
    let pod = Pod::start().await;
    assert!(pod.secret().await.unwrap().is_none());
    let applied = pod.publish("billing", "token", "eyJcanary").await.unwrap();
    let secret = pod.secret().await.unwrap().unwrap();
    assert_eq!(secret.fence, applied.fence);
    assert_eq!(secret.data["token"].as_ref().unwrap().expose(), "eyJcanary");
    assert_eq!((secret.kind.as_str(), secret.is_immutable), ("Opaque", false));
    assert_eq!(secret.labels["app.kubernetes.io/managed-by"], "tokenwell");
    assert_eq!(secret.annotations["tokenwell.dev/billing"], "record");
    assert_eq!(secret.owners_of("token").collect::<Vec<_>>(), ["tokenwell-billing"]);
    assert!(!format!("{secret:?}").contains("canary"));
    let requests = pod.server.requests();
    let apply = &requests[2];
    assert_eq!((apply.method.as_str(), apply.path.as_str()), ("PATCH", SECRET));
    assert_eq!(apply.query, "fieldManager=tokenwell-billing&force=true");
    assert_eq!(apply.body["metadata"]["resourceVersion"], "1");
    assert_eq!(apply.body["metadata"].get("uid"), None);
    assert_eq!(apply.body["metadata"].get("ownerReferences"), None);
}

#[tokio::test]
async fn two_credentials_share_a_secret_without_harm() {
    let pod = Pod::start().await;
    pod.publish("billing", "a", "1").await.unwrap();
    pod.publish("search", "b", "2").await.unwrap();
    let current = pod.secret().await.unwrap().unwrap();
    assert_eq!(current.data.keys().collect::<Vec<_>>(), ["a", "b"]);
    pod.write(Some(&current), "billing", &[], TakeOver::Refused).await.unwrap();
    let current = pod.secret().await.unwrap().unwrap();
    assert_eq!(current.data.keys().collect::<Vec<_>>(), ["b"]);
}

#[tokio::test]
async fn an_application_that_changes_nothing_leaves_the_version() {
    let pod = Pod::start().await;
    let first = pod.publish("billing", "token", "1").await.unwrap();
    assert_eq!(pod.publish("billing", "token", "1").await.unwrap(), first);
    assert_ne!(pod.publish("billing", "token", "2").await.unwrap(), first);
}

#[tokio::test]
async fn a_writer_that_was_paused_overwrites_nothing_newer() {
    let pod = Pod::start().await;
    pod.publish("billing", "token", "1").await.unwrap();
    let old = pod.secret().await.unwrap();
    pod.publish("billing", "token", "newer").await.unwrap();
    let error = pod.write(old.as_ref(), "billing", &[("token", "older")], TakeOver::Refused).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Conflict), "{error}");
    // One that saw no Secret creates none over it, and one that saw a Secret does not bring it back.
    let error = pod.write(None, "billing", &[("token", "older")], TakeOver::Refused).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Conflict), "{error}");
    let message =
        "cannot write Secret `shop/tokens`: it has changed since it was read; it is read again before the next attempt";
    assert_eq!(error.to_string(), message);
    assert_eq!(pod.server.store().field(SECRET, "data.token"), Some(&encoded("newer")));
    let current = pod.secret().await.unwrap();
    pod.server.store().delete(SECRET);
    let error = pod.write(current.as_ref(), "billing", &[("token", "2")], TakeOver::Refused).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Conflict), "{error}");
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_meets_what_a_write_would() {
    let pod = Pod::start().await;
    let (values, free) = (data(&[("token", "1")]), Claim { force: Force::Yes, label: Label::Set });
    pod.cluster.dry_run(&application(None, "billing", free, &values)).await.unwrap();
    assert!(pod.secret().await.unwrap().is_none());
    assert!(pod.server.requests()[0].query.ends_with("&dryRun=All"));
    pod.server.store().edit(SECRET, "kubectl-edit", &[("type", json!("kubernetes.io/basic-auth"))]);
    let current = pod.secret().await.unwrap();
    let version = pod.server.store().version_of(SECRET);
    let error = pod.cluster.dry_run(&application(current.as_ref(), "billing", free, &values)).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Immutable { .. }), "{error}");
    assert_eq!(pod.server.store().version_of(SECRET), version);
}

#[tokio::test]
async fn keys_of_others_are_taken_only_as_the_user_allows() {
    let pod = Pod::start().await;
    pod.server.store().edit(SECRET, "kubectl-edit", &[("data.token", encoded("theirs")), ("data.other", encoded("x"))]);
    let current = pod.secret().await.unwrap();
    let forced = Claim { force: Force::Yes, label: Label::Set };
    let owned = claim(current.as_ref(), "billing", ["token"], TakeOver::Refused).unwrap_err();
    let message = "`.data.token` belongs to `kubectl-edit`; name another key, remove it there, or set `secret.takeOver: true` to replace it";
    assert_eq!(owned.to_string(), message);
    assert_eq!(claim(current.as_ref(), "billing", ["absent"], TakeOver::Refused), Ok(forced));
    assert_eq!(claim(current.as_ref(), "billing", ["token"], TakeOver::Allowed), Ok(forced));
    assert_eq!(claim(None, "billing", ["token"], TakeOver::Refused), Ok(forced));

    pod.write(current.as_ref(), "billing", &[("token", "ours")], TakeOver::Allowed).await.unwrap();
    // Our annotation is on it from here on, so an edit of our key is repaired.
    pod.server.store().edit(SECRET, "kubectl-edit", &[("data.token", encoded("theirs"))]);
    pod.publish("billing", "token", "ours again").await.unwrap();
    assert_eq!(pod.server.store().field(SECRET, "data.token"), Some(&encoded("ours again")));
    assert_eq!(pod.server.store().field(SECRET, "data.other"), Some(&encoded("x")));
    // The annotation of one credential allows another one nothing.
    let current = pod.secret().await.unwrap();
    let owned = claim(current.as_ref(), "search", ["token", "other"], TakeOver::Refused).unwrap_err();
    assert_eq!(owned.by, ["kubectl-edit", "tokenwell-billing"]);
}

#[tokio::test]
async fn a_key_that_only_we_own_is_ours_without_the_annotation() {
    let pod = Pod::start().await;
    pod.publish("billing", "token", "1").await.unwrap();
    let mut current = pod.secret().await.unwrap().unwrap();
    current.annotations.clear();
    let claimed = claim(Some(&current), "billing", ["token"], TakeOver::Refused);
    assert_eq!(claimed, Ok(Claim { force: Force::No, label: Label::Set }));
}

#[tokio::test]
async fn an_owner_between_read_and_write_is_named() {
    let pod = Pod::start().await;
    pod.server.store().edit(SECRET, "kubectl-edit", &[("data.token", encoded("theirs"))]);
    let (current, values) = (pod.secret().await.unwrap(), data(&[("token", "ours")]));
    let unforced = Claim { force: Force::No, label: Label::Set };
    let error = pod.cluster.apply(&application(current.as_ref(), "billing", unforced, &values)).await.unwrap_err();
    let message = "cannot write Secret `shop/tokens`: `.data.token` belongs to `kubectl-edit`; name another key, remove it there, or \
                   set `secret.takeOver: true` to replace it";
    assert_eq!(error.to_string(), message);
}

#[tokio::test]
async fn the_label_of_another_program_is_left() {
    let pod = Pod::start().await;
    let label = "metadata.labels.app.kubernetes.io/managed-by";
    pod.server.store().edit(SECRET, "helm", &[(label, json!("Helm"))]);
    pod.publish("billing", "token", "1").await.unwrap();
    assert_eq!(pod.server.store().field(SECRET, label), Some(&json!("Helm")));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_found_by_reading_again() {
    let pod = Pod::start().await;
    pod.publish("billing", "token", "1").await.unwrap();
    let current = pod.secret().await.unwrap();
    pod.server.next(Next::Lost);
    let error = pod.write(current.as_ref(), "billing", &[("token", "2")], TakeOver::Refused).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Unreachable { .. }), "{error}");
    // The write with the old version meets itself, and does not count as one more.
    let error = pod.write(current.as_ref(), "billing", &[("token", "2")], TakeOver::Refused).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Conflict), "{error}");
    let current = pod.secret().await.unwrap().unwrap();
    assert_eq!(current.data["token"].as_ref().unwrap().expose(), "2");
}

#[tokio::test]
async fn a_value_that_is_no_text_is_told_from_an_absent_one() {
    let pod = Pod::start().await;
    pod.server.store().edit(SECRET, "kubectl", &[("data.binary", json!("/w=="))]);
    let current = pod.secret().await.unwrap().unwrap();
    assert!(current.data["binary"].is_none());
    assert!(claim(Some(&current), "billing", ["binary"], TakeOver::Refused).is_err());
    assert!(matches!(current.fence, Fence::At { .. }));
}
