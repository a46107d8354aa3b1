//! Refusals by the API.

use std::time::Duration;

use tokenwell::sandbox::{Answer, Reply, Shape};
use tracing::Level;

use crate::{common::spacing::spaced, log::Line, world::told};

#[test]
fn a_rate_limit_holds_for_every_credential() {
    told(async |world| {
        for name in ["a", "b", "c"] {
            world.put_key(name, name);
        }
        world.sandbox.script([Answer::busy(2)]);
        world.configure(&format!("http: {{maxInFlight: 1}}\n{}", world.whole_folder()));
        world.start();
        world.until_said(Level::WARN, "asks to slow down").await;
        world.put_key("a", "changed");
        world.put_key("d", "newcomer");
        world.until("the newcomer is known", |world| world.names().len() == 4).await;
        world.configure(&format!("http: {{maxInFlight: 4}}\n{}", world.whole_folder()));
        for name in ["a", "b", "c", "d"] {
            world.until_fresh(name).await;
        }
        let seen = world.sandbox.exchanges();
        assert_eq!(seen.len(), 5);
        assert!(seen[1].arrived >= seen[0].arrived + Duration::from_secs(2), "{seen:?}");
    });
}

#[test]
fn a_class_that_returns_is_logged_and_counted_anew() {
    told(async |world| {
        world.put_key("a", "a");
        let (denied, failed) = (Answer::denied, || Answer::status(503));
        world.sandbox.script([failed(), failed(), denied(), denied(), denied(), failed(), denied(), denied()]);
        let renew = "renew: {spacing: 100ms, retryFirst: 100ms, retryMax: 100ms, deniedEvery: 1s}\n";
        world.configure_with(renew, &world.named(&["a"]));
        world.expect_error("denies the access key");
        world.start();
        let mut counts = Vec::new();
        world
            .until("it is fresh", |world| {
                let Some(report) = world.report("a") else { return false };
                // A session that is being written has ended the row already.
                if let Some(refusal) = report.last_refusal.as_ref().filter(|_| report.failures > 0) {
                    counts.push((report.failures, refusal.class_word(), refusal.in_a_row));
                }
                report.state == "fresh"
            })
            .await;
        counts.dedup();
        let all = [
            (1, "failed", 1),
            (2, "failed", 2),
            (3, "denied", 1),
            (4, "denied", 2),
            (5, "denied", 3),
            (6, "failed", 1),
            (7, "denied", 1),
            (8, "denied", 2),
        ];
        assert!(!counts.is_empty() && counts.iter().all(|seen| all.contains(seen)), "{counts:?}");
        assert_eq!(world.said(Level::WARN, "HTTP 503"), 2, "an outage is logged when it begins");
        assert_eq!(world.said(Level::ERROR, "denies the access key"), 2, "and so is a denial");
        assert_eq!(world.said(Level::INFO, "recovered after 8 refusals"), 1);
    });
}

#[test]
fn a_reply_that_is_no_session_leaves_the_old_token_as_it_is() {
    let shaped = |body: serde_json::Value| {
        Answer::Session(Shape { body: body.as_object().unwrap().clone(), ..Shape::default() })
    };
    let claims = |claims: serde_json::Value| {
        Answer::Session(Shape { claims: claims.as_object().unwrap().clone(), ..Shape::default() })
    };
    let answers = [
        Answer::status(204),
        Answer::status(200),
        Reply::new(200).body("<html>maintenance</html>").into(),
        shaped(serde_json::json!({"sessionJwt": null})),
        shaped(serde_json::json!({"sessionJwt": ""})),
        shaped(serde_json::json!({"sessionJwt": "a.b"})),
        shaped(serde_json::json!({"sessionJwt": "spa ce.in.it"})),
        claims(serde_json::json!({"iss": "P2other"})),
        claims(serde_json::json!({"exp": 1000})),
        Answer::Overlong { body_bytes: 65 * 1024 },
        Answer::Overlong { body_bytes: 4 * 1024 * 1024 },
        Answer::Truncated,
        Answer::Reset,
        Answer::Garbage,
        Answer::status(302),
        Answer::status(404),
        Answer::status(418),
        Answer::status(500),
        Answer::status(522),
        Answer::status(403),
    ];
    told(async |world| {
        let count = answers.len();
        world.put_key("a", "a");
        world.sandbox.set(|settings| {
            settings.next_refresh = Some(Duration::from_secs(1));
            // The longest wait after the last refusal is a tenth of this lifetime.
            settings.life = Duration::from_secs(60);
        });
        let renew = "renew: {spacing: 100ms, retryFirst: 100ms, retryMax: 100ms}\n";
        world.configure_with(renew, &world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let token = world.token("a").unwrap();
        world.sandbox.script(answers);
        world
            .until("all answers were given", |world| {
                let given = world.sandbox.counters().sessions < 2;
                assert!(!given || world.token("a").as_ref() == Some(&token));
                world.sandbox.scripted() == 0 && world.state("a") == Some("fresh") && !given
            })
            .await;
        world.until("then a new one", |world| world.token("a").is_some_and(|new| new != token)).await;
        assert!(world.exchanges() >= count as u64 + 2);
        spaced(&world.sandbox, None, Duration::from_millis(100));
    });
}

#[test]
fn one_trouble_is_one_line_however_long_it_lasts() {
    told(async |world| {
        world.put_key("a", "a");
        world.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_exchanges(6).await;
        world.sandbox.set(|settings| settings.outage = None);
        world.until_fresh("a").await;
        assert_eq!(world.said(Level::WARN, ""), 1);
        assert_eq!(world.said(Level::INFO, "recovered"), 1);
        spaced(&world.sandbox, None, Duration::from_millis(100));
    });
}

#[test]
fn attempts_are_counted_from_one_session_to_the_next() {
    told(async |world| {
        world.put_key("a", "a");
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        world.sandbox.script([Answer::status(503), Answer::status(503)]);
        world.put_key("a", "another");
        world.until("the next token", |world| world.report("a").unwrap().writes == 2).await;
        world.put_key("a", "third");
        world.until("the next token", |world| world.report("a").unwrap().writes == 3).await;
        // Each of the three sessions has a first attempt, and the second session has two more.
        for (attempt, asked) in [(1, 3), (2, 1), (3, 1), (4, 0), (5, 0), (6, 0), (7, 0)] {
            let asking = |line: &Line| line.text.contains("requesting a session");
            let counts = |line: &Line| line.text.split(' ').any(|word| word == format!("attempt={attempt}"));
            assert_eq!(world.lines().iter().filter(|line| asking(line) && counts(line)).count(), asked, "{attempt}");
        }
        assert_eq!(world.exchanges(), 5);
    });
}

#[test]
fn hanging_exchanges_of_some_do_not_keep_others_from_theirs() {
    told(async |world| {
        let names: Vec<String> = (0..8).map(|number| format!("n{number}")).collect();
        for name in &names {
            world.put_key(name, name);
        }
        world.sandbox.script(vec![Answer::Hang; 4]);
        world.configure(&format!("http: {{timeout: 5s, maxInFlight: 4}}\n{}", world.whole_folder()));
        world.start();
        for name in &names {
            world.until_fresh(name).await;
        }
        assert_eq!(world.exchanges(), 12);
        assert!(world.sandbox.exchanges().iter().all(|seen| seen.in_flight <= 4));
    });
}
