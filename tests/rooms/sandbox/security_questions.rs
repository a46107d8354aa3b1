//! Security questions: set-up, list, verification and lock-out.

use std::fs;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokenwell::sandbox::{Answer, Details, Endpoint, Sandbox, Settings};

use crate::client::{
    Jwt, PROJECT, default, json_of, keys, logged, names, post, refresh_token, refusal, request, sandbox, secret, told,
};

const SETUP: &str = "/v1/auth/security-questions/setup";
const VERIFY: &str = "/v1/auth/security-questions/verify";

#[tokio::test]
async fn answers_that_were_set_up_verify_the_user() {
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    let answers = json!([{"id": "q1", "answer": "blue"}, {"id": "q2", "answer": "rex"}]);
    let set_up = post(&sandbox, SETUP, &token, &json!({"answers": answers})).await;
    assert_eq!((set_up.status().as_u16(), json_of(set_up).await), (200, json!({})));

    let asked = request(&sandbox, Method::GET, VERIFY).bearer_auth(format!("{PROJECT}:{token}"));
    let listed = json_of(asked.send().await.unwrap()).await;
    let ids: Vec<_> = listed["questions"].as_array().unwrap().iter().map(|question| &question["id"]).collect();
    assert_eq!(ids, ["q1", "q2"]);
    assert_eq!(names(&listed["questions"][0]), ["id", "text"]);

    let body = json!({"loginId": "me@example.com", "answers": answers});
    let reply = json_of(post(&sandbox, VERIFY, &token, &body).await).await;
    let jwt = Jwt::of(&reply);
    assert!(jwt.is_vouched_for(&keys(&sandbox).await));
    assert_eq!((jwt.claims.get("su"), &reply["refreshJwt"]), (None, &json!("")));
    assert_eq!(reply["user"]["loginIds"], json!(["me@example.com"]));
    assert_eq!(reply["sessionExpiration"], jwt.claims["exp"]);
    assert_eq!(verify(&sandbox, &token, "q1", "blue").await.status(), 401, "both questions must be answered");
}

#[tokio::test]
async fn a_user_without_questions_has_an_empty_list() {
    let sandbox = sandbox();
    let list = async |token: &str| {
        let asked = request(&sandbox, Method::GET, VERIFY).bearer_auth(format!("{PROJECT}:{token}"));
        asked.send().await.unwrap()
    };
    let token = refresh_token(&sandbox);
    assert_eq!(json_of(list(&token).await).await, json!({"questions": []}));
    assert_eq!(refusal(list("x").await).await, (401, "E064003".to_owned()));
    sandbox.script([Answer::denied()]);
    assert_eq!(refusal(list(&token).await).await, (401, "E064001".to_owned()));
    assert_eq!(sandbox.counters().exchanges_at(Endpoint::QuestionsList), 3);
}

#[tokio::test]
async fn a_step_up_shows_in_the_session() {
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    let answers = json!([{"id": "q1", "answer": "any"}]);
    for (stepup, claim) in [(json!(true), Some(&json!(true))), (json!(false), None), (Value::Null, None)] {
        let body = json!({"answers": answers, "stepup": stepup});
        let reply = json_of(post(&sandbox, VERIFY, &token, &body).await).await;
        assert_eq!(Jwt::of(&reply).claims.get("su"), claim, "{stepup}");
    }
}

#[tokio::test]
async fn too_many_wrong_answers_lock_until_a_new_set_up() {
    let sandbox = sandbox();
    sandbox.expect_answers(&[("q1", "blue")]).unwrap();
    let token = refresh_token(&sandbox);
    for _ in 0..4 {
        let refused = verify(&sandbox, &token, "q1", "red").await;
        assert_eq!(refusal(refused).await, (401, "E065001".to_owned()));
    }
    assert_eq!(verify(&sandbox, &token, "q1", "blue").await.status(), 200, "a right one ends the row");
    for _ in 0..5 {
        assert_eq!(verify(&sandbox, &token, "q1", "red").await.status(), 401);
    }
    assert_eq!(refusal(verify(&sandbox, &token, "q1", "blue").await).await, (403, "E065002".to_owned()));
    let options = json!({"userId": "U2b", "projectId": PROJECT});
    let reply = json_of(told(&sandbox, Method::POST, "/sandbox/refresh-token", &options).await).await;
    let other = reply["refreshJwt"].as_str().unwrap().to_owned();
    assert_eq!(verify(&sandbox, &other, "q1", "blue").await.status(), 200, "another user is not locked");
    let new = json!({"answers": [{"id": "q1", "answer": "green"}]});
    assert_eq!(post(&sandbox, SETUP, &token, &new).await.status(), 200);
    assert_eq!(verify(&sandbox, &token, "q1", "green").await.status(), 200);
    assert_eq!(verify(&sandbox, &other, "q1", "blue").await.status(), 200, "the set-up is of one user");
}

#[tokio::test]
async fn a_setting_says_how_many_wrong_answers_lock() {
    let sandbox = Sandbox::start(Settings { answer_attempts: 1, ..default() }).unwrap();
    let response = told(&sandbox, Method::POST, "/sandbox/answers", &json!([{"id": "q1", "answer": "blue"}])).await;
    assert_eq!(json_of(response).await, json!({"questions": 1}));
    let token = refresh_token(&sandbox);
    assert_eq!(verify(&sandbox, &token, "q1", "red").await.status(), 401);
    assert_eq!(verify(&sandbox, &token, "q1", "blue").await.status(), 403);
    sandbox.expect_answers(&[("q1", "blue")]).unwrap();
    assert_eq!(verify(&sandbox, &token, "q1", "blue").await.status(), 200);
}

#[tokio::test]
async fn an_answers_file_is_read_at_each_verification() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    let write = |answer: &str| fs::write(&file, json!([{"id": "q1", "answer": answer}]).to_string()).unwrap();
    write("blue");
    let sandbox = Sandbox::start(Settings { answers_file: Some(file.clone()), ..default() }).unwrap();
    let token = refresh_token(&sandbox);
    assert_eq!(verify(&sandbox, &token, "q1", "blue").await.status(), 200);
    write("green");
    assert_eq!(verify(&sandbox, &token, "q1", "blue").await.status(), 401);
    assert_eq!(verify(&sandbox, &token, "q1", "green").await.status(), 200);
    sandbox.expect_answers(&[("q1", "posted")]).unwrap();
    assert_eq!(verify(&sandbox, &token, "q1", "green").await.status(), 401, "posted answers go before the file");
    assert_eq!(verify(&sandbox, &token, "q1", "posted").await.status(), 200);
}

#[tokio::test]
async fn an_unreadable_answers_file_accepts_no_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    let sandbox = Sandbox::start(Settings { answers_file: Some(file.clone()), ..default() }).unwrap();
    let token = refresh_token(&sandbox);
    assert_eq!(verify(&sandbox, &token, "q1", "green").await.status(), 401);
    fs::write(&file, "[]").unwrap();
    assert_eq!(verify(&sandbox, &token, "q1", "green").await.status(), 401);
}

#[tokio::test]
async fn a_verification_rotates_as_the_settings_say() {
    let sandbox = Sandbox::start(Settings { rotate_refresh_tokens: true, ..default() }).unwrap();
    let first = refresh_token(&sandbox);
    let reply = json_of(verify(&sandbox, &first, "q1", "blue").await).await;
    let second = reply["refreshJwt"].as_str().unwrap().to_owned();
    sandbox.set(|settings| settings.verify_refresh_token = Some(false));
    for _ in 0..2 {
        assert_eq!(json_of(verify(&sandbox, &second, "q1", "blue").await).await["refreshJwt"], "");
    }
    assert_eq!(refusal(verify(&sandbox, &first, "q1", "blue").await).await, (401, "E064004".to_owned()));
    assert_eq!(refusal(verify(&sandbox, &second, "q1", "blue").await).await, (401, "E064001".to_owned()));

    sandbox.set(|settings| {
        settings.rotate_refresh_tokens = false;
        settings.verify_refresh_token = Some(true);
    });
    let third = refresh_token(&sandbox);
    for _ in 0..2 {
        let reply = json_of(verify(&sandbox, &third, "q1", "blue").await).await;
        assert!(reply["refreshJwt"].as_str().unwrap().contains('.'));
    }
}

#[tokio::test]
async fn malformed_requests_are_refused_and_never_quoted() {
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    let answer = json!({"id": "q1", "answer": "canary"});
    for body in [
        json!({}),
        json!({"answers": []}),
        json!({"answers": "canary"}),
        json!({"answers": ["canary"]}),
        json!({"answers": [{"id": "q1"}]}),
        json!({"answers": [{"id": "q1", "answer": ""}]}),
        json!({"answers": [answer, answer]}),
        json!({"answers": vec![&answer; 21]}),
        json!({"answers": [answer], "loginId": 7}),
        json!({"answers": [answer], "stepup": "canary"}),
    ] {
        for path in [SETUP, VERIFY] {
            let response = post(&sandbox, path, &token, &body).await;
            assert_eq!(response.status(), 400, "{path} {body}");
            let error = json_of(response).await;
            assert_eq!(error["errorCode"], "E011001");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
    for path in [SETUP, VERIFY] {
        let bare = request(&sandbox, Method::POST, path).body("{}").send().await.unwrap();
        assert_eq!(refusal(bare).await, (401, "E064002".to_owned()));
        let wrong = post(&sandbox, path, "x", &json!({"answers": [answer]})).await;
        assert_eq!(refusal(wrong).await, (401, "E064003".to_owned()));
        assert_eq!(request(&sandbox, Method::PUT, path).send().await.unwrap().status(), 405);
    }
    assert_eq!(request(&sandbox, Method::GET, SETUP).send().await.unwrap().status(), 405);
    assert_eq!(request(&sandbox, Method::GET, VERIFY).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn requests_are_recorded_without_secrets_and_answers() {
    let log = logged();
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    sandbox.script([Answer::Usual, Answer::denied(), Answer::status(503)]);
    let body = json!({"loginId": "me", "answers": [{"id": "q2", "answer": "canary7"}, {"id": "q1", "answer": "x"}],
        "stepup": true});
    let mut statuses = Vec::new();
    for path in [SETUP, VERIFY, VERIFY, VERIFY] {
        statuses.push(post(&sandbox, path, &token, &body).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 401, 503, 200]);
    let seen = sandbox.exchanges();
    assert_eq!(
        seen.iter().map(|seen| seen.endpoint).collect::<Vec<_>>()[..2],
        [Endpoint::QuestionsSetup, Endpoint::QuestionsVerify]
    );
    for seen in &seen {
        let questions = vec!["q2".to_owned(), "q1".to_owned()];
        let details = Details::SecurityQuestions { login_id: Some("me".to_owned()), questions, stepup: Some(true) };
        assert_eq!((&seen.details, seen.key), (&details, Some(secret(&token).fingerprint())));
    }
    assert_eq!((sandbox.counters().sessions, sandbox.counters().exchanges), (1, 4));
    let mut shown = String::new();
    for path in ["/sandbox", "/sandbox/exchanges"] {
        shown += &request(&sandbox, Method::GET, path).send().await.unwrap().text().await.unwrap();
    }
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(shown.contains(&secret(&token).fingerprint().to_string()));
    assert!(log.contains("questions-verify"));
    for text in [shown, log] {
        assert!(!text.contains("canary7") && !text.contains(&token));
    }
}

async fn verify(sandbox: &Sandbox, token: &str, id: &str, answer: &str) -> Response {
    post(sandbox, VERIFY, token, &json!({"answers": [{"id": id, "answer": answer}]})).await
}
