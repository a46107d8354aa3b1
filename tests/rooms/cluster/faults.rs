//! Tokens that expire, servers that are busy or fail, and pods without what a client needs.

use std::{fs, time::Duration};

use serde_json::json;
use tokenwell::cluster::{Cluster, Fault};

use crate::{
    api_server::Next,
    pod::{Pod, TOKEN, address, message},
    store::status,
};

const READ: &str = "cannot read Secret `shop/tokens`: ";

#[tokio::test]
async fn a_rotated_token_is_read_before_each_request() {
    let pod = Pod::start().await;
    pod.secret().await.unwrap();
    pod.server.rotate_token("second.canary");
    fs::write(pod.folder.path().join("token"), "second.canary\n").unwrap();
    pod.secret().await.unwrap();
    assert_eq!(pod.server.requests().len(), 2);
}

#[tokio::test]
async fn a_token_replaced_during_a_request_is_sent_once_more() {
    let pod = Pod::start().await;
    let replace = |token: &'static str| {
        let path = pod.folder.path().join("token");
        pod.server.next(Next::After(Box::new(move || fs::write(&path, token).unwrap())));
    };
    pod.server.rotate_token("second.canary");
    replace("second.canary");
    pod.secret().await.unwrap();
    assert_eq!(pod.server.requests().len(), 2);

    pod.server.rotate_token("fifth.canary");
    replace("third.canary");
    replace("fourth.canary");
    assert!(matches!(pod.secret().await.unwrap_err().fault, Fault::Unauthorized));
    assert_eq!(pod.server.requests().len(), 4);
}

/// The file has no other token: asking again would be of no use.
#[tokio::test]
async fn a_refused_token_is_not_sent_twice() {
    let pod = Pod::start().await;
    pod.server.rotate_token("second.canary");
    let words = "the API server does not accept the token of the service account; see whether the service account still exists and whether \
                 its token is mounted from this cluster: a deleted service account or pod ends its tokens";
    assert_eq!(message(pod.secret().await), format!("{READ}{words}"));
    assert_eq!(pod.server.requests().len(), 1);
}

#[tokio::test]
async fn a_token_that_is_missing_or_none_is_told_without_a_request() {
    let pod = Pod::start().await;
    let path = pod.folder.path().join("token");
    let about = |why: &str| {
        let path = path.display();
        format!(
            "{READ}cannot read the service account's token `{path}`: {why}; it is mounted by `automountServiceAccountToken: true`"
        )
    };
    for (content, why) in [
        ("", "it holds no token"),
        ("can ary", "it holds no token"),
        (&*"x".repeat(16_385), "it is longer than 16 KiB"),
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(message(pod.secret().await), about(why));
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(message(pod.secret().await), about("there is no such file"));
    assert!(pod.server.requests().is_empty());
}

#[tokio::test]
async fn a_busy_server_is_waited_for_within_bounds() {
    let pod = Pod::start().await;
    let body =
        |seconds: i64| status(429, "TooManyRequests", "slow down", &json!({"retryAfterSeconds": seconds})).to_string();
    for (line, more, body, wait) in [
        ("429 Too Many Requests", "retry-after: 7\r\n", body(0), "7s"),
        ("429 Too Many Requests", "", body(9), "9s"),
        ("429 Too Many Requests", "", "slow down".to_owned(), "1s"),
        ("429 Too Many Requests", "retry-after: 0\r\n", body(0), "1s"),
        ("429 Too Many Requests", "retry-after: 86400\r\n", body(0), "5m"),
        ("503 Service Unavailable", "retry-after: 3\r\n", String::new(), "3s"),
        ("504 Gateway Timeout", "", body(2), "2s"),
    ] {
        pod.server.next(Next::Answer(line, more, body));
        let words = format!("the API server asks to wait {wait}; if that lasts, see its load and its priority levels");
        assert_eq!(message(pod.secret().await), format!("{READ}{words}"));
    }
}

#[tokio::test]
async fn every_other_answer_has_its_words() {
    let pod = Pod::start().await;
    let told = |code: u16, message: &str| status(code, "Of the model", message, &json!({})).to_string();
    for (line, body, words) in [
        (
            "410 Gone",
            told(410, "too old"),
            "that version is too old for the API server; it is read again before the next attempt",
        ),
        (
            "500 Error",
            told(500, "etcdserver: no leader"),
            "the API server fails with HTTP 500: etcdserver: no leader; see its log if that lasts",
        ),
        ("502 Bad Gateway", "<html>".to_owned(), "the API server fails with HTTP 502; see its log if that lasts"),
        (
            "403 Forbidden",
            told(403, "secrets \"tokens\" is forbidden: exceeded quota: few"),
            "the API server refuses it: secrets \"tokens\" is forbidden: exceeded quota: few; correct the output, or the policy that refuses it",
        ),
        (
            "400 Bad Request",
            told(400, "admission webhook \"x\" denied the request: no\nway"),
            "the API server refuses it: admission webhook \"x\" denied the request: no way; correct the output, or the policy that refuses it",
        ),
        (
            "302 Found",
            String::new(),
            "the reply is none of the Kubernetes API: HTTP 302 without a `Status`; see whether something in front of the API server \
             answers in its place",
        ),
        (
            "200 OK",
            "<html>".to_owned(),
            "the reply is none of the Kubernetes API: the body is not the JSON of a Secret; see whether something in front of the API \
             server answers in its place",
        ),
        (
            "200 OK",
            json!({"kind": "Secret", "metadata": {"uid": "u", "resourceVersion": "2"}, "data": {"a": "%"}}).to_string(),
            "the reply is none of the Kubernetes API: a value of the Secret is not base64; see whether something in front of the API \
             server answers in its place",
        ),
    ] {
        pod.server.next(Next::Answer(line, "", body));
        assert_eq!(message(pod.secret().await), format!("{READ}{words}"));
    }
    let anonymous =
        told(403, "secrets \"tokens\" is forbidden: User \"system:anonymous\" cannot get resource \"secrets\"");
    pod.server.next(Next::Answer("403 Forbidden", "", anonymous));
    assert!(matches!(pod.secret().await.unwrap_err().fault, Fault::Unauthorized));
}

#[tokio::test]
async fn a_webhook_that_repeats_the_token_is_not_quoted() {
    let pod = Pod::start().await;
    let value = "eyJhbGciOiJSUzI1NiJ9.canarycanarycanary";
    pod.server.next(Next::Answer("404 Not Found", "", status(404, "NotFound", "", &json!({})).to_string()));
    let denied = status(400, "BadRequest", &format!("admission webhook denied {value}"), &json!({})).to_string();
    pod.server.next(Next::Answer("400 Bad Request", "", denied));
    let words = "the API server refuses it: (the text is withheld, because a part of a secret is in it); correct the output, or the \
                 policy that refuses it";
    assert_eq!(
        message(pod.publish("billing", "token", value).await),
        format!("cannot write Secret `shop/tokens`: {words}")
    );
}

#[tokio::test]
async fn a_reply_of_more_than_4_mib_is_not_read() {
    let pod = Pod::start().await;
    pod.server.next(Next::Answer("200 OK", "", "x".repeat((4 << 20) + 1)));
    let words = message(pod.secret().await);
    assert!(words.contains("is longer than 4194304 bytes"), "{words}");
}

#[tokio::test]
async fn a_server_that_is_silent_or_away_is_left_at_the_time_out() {
    let pod = Pod::with_timeout(Duration::from_millis(300)).await;
    pod.server.next(Next::Silence);
    let words = message(pod.secret().await);
    let start = format!("{READ}no whole reply from `https://{}` within ", pod.server.address);
    let end = "; see whether the API server is up, and whether a NetworkPolicy lets this pod out to it";
    assert!(words.starts_with(&start) && words.ends_with(end), "{words}");
}

#[tokio::test]
async fn a_server_of_another_authority_gets_no_token() {
    let (ours, other) = (Pod::start().await, Pod::start().await);
    let address = address("127.0.0.1", &other.server.address.port().to_string(), ours.folder.path()).unwrap();
    let cluster = Cluster::build(address, Duration::from_secs(60)).unwrap();
    let words = message(cluster.secret(&crate::pod::name("tokens")).await);
    assert!(words.contains("TLS: the server's certificate"), "{words}");
    assert!(other.server.requests().is_empty());
}

#[tokio::test]
async fn outside_of_a_pod_it_is_said_what_is_missing() {
    let pod = Pod::start().await;
    let folder = pod.folder.path();
    let said = |host: &str, port: &str| address(host, port, folder).unwrap_err().to_string();
    let unset = "not in a pod: `KUBERNETES_SERVICE_HOST` is not set; Secrets are written only from inside the cluster, see `deploy/kubernetes`";
    assert_eq!(said("", "443"), unset);
    assert_eq!(said("10.0.0.1", ""), unset.replace("HOST", "PORT"));
    let bad = "not in a pod: `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` are not a host and a port; let the kubelet set them, \
               and no `env` of the pod";
    for (host, port) in
        [("10.0.0.1", "0"), ("10.0.0.1", "tcp://10.0.0.1:443"), ("user@host", "443"), ("a/b", "443"), ("a b", "443")]
    {
        assert_eq!(said(host, port), bad, "{host} {port}");
    }
    assert!(address("fd00::1", "443", folder).is_ok() && address("[fd00::1]", "443", folder).is_ok());

    let path = folder.join("namespace");
    let not_read = |path: &std::path::Path, why: &str| {
        format!(
            "not in a pod with a service account: cannot read `{}`: {why}; set `automountServiceAccountToken: true` in the pod",
            path.display()
        )
    };
    fs::write(&path, "../x").unwrap();
    assert_eq!(said("10.0.0.1", "443"), not_read(&path, "it holds no name of a namespace"));
    fs::remove_file(&path).unwrap();
    assert_eq!(said("10.0.0.1", "443"), not_read(&path, "there is no such file"));

    fs::write(&path, "shop\n").unwrap();
    let path = folder.join("ca.crt");
    fs::write(&path, TOKEN).unwrap();
    let build = || Cluster::build(address("10.0.0.1", "443", folder).unwrap(), Duration::from_secs(1));
    let holds = "it contains no usable certificate: it holds text that is no PEM";
    assert_eq!(build().unwrap_err().to_string(), not_read(&path, holds));
}
