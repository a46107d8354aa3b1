//! Two thousand credentials of one key folder.

use std::{collections::HashMap, fs, time::Duration};

use tokenwell::sandbox::{RateLimit, RequestOutcome};

use crate::{
    past::{Past, said},
    program::{Program, run},
    sessions::until_sessions,
};

/// The issue requires 100 a minute, which takes twenty minutes; here it is 400 in two seconds.
#[test]
fn two_thousand_start_under_a_rate_limit_and_restart_free() {
    let past = Past::yet_to_begin(|setting| {
        let (keys, out) = (setting.path("keys"), setting.path("out/{name}.jwt"));
        fs::remove_file(keys.join("a")).unwrap();
        for number in 0..COUNT {
            fs::write(keys.join(format!("n{number}")), format!("K2key{number}")).unwrap();
        }
        let (keys, out) = (keys.display(), out.display());
        setting.configure_with(
            "http: {maxInFlight: 8}\n",
            &format!("credentialsFrom:\n  - {{accessKeyDirectory: {keys}, outputs: [{{path: \"{out}\"}}]}}\n"),
        );
    });
    past.sandbox.set(|settings| {
        settings.rate_limit = Some(RateLimit { exchanges: 400, window: Duration::from_secs(2) });
    });
    let program = Program::start(&mut run(&past.path("")));
    until_sessions(&past.sandbox, COUNT as u64);
    program.until_said("\"token written\"", COUNT);
    let first = program.stop();
    assert_eq!(first.code, Some(0));
    let seen = past.sandbox.exchanges();
    let mut sessions: HashMap<_, u32> = HashMap::new();
    for exchange in &seen {
        match exchange.outcome {
            RequestOutcome::Session => *sessions.entry(exchange.key.unwrap()).or_default() += 1,
            RequestOutcome::Replied { status } => assert_eq!(status, 429),
            RequestOutcome::Waiting | RequestOutcome::Cut | RequestOutcome::Abandoned => {
                panic!("{:?}", exchange.outcome)
            }
        }
    }
    assert!(sessions.len() == COUNT && sessions.values().all(|count| *count == 1), "one session for each");
    assert!(seen.iter().all(|exchange| exchange.in_flight <= 8), "no more than `maxInFlight`");
    let refused = seen.len() - COUNT;
    println!("{refused} of {} exchanges were refused with 429, {:.1} %", seen.len(), share(refused, seen.len()));
    assert!(refused < COUNT / 10, "{refused} were refused: that is no pace");

    let before = past.requests();
    let program = Program::start(&mut run(&past.path("")));
    program.until_said("ready: every required token is on disk", 1);
    let second = program.stop();
    assert_eq!(past.requests(), before, "a restart of all of them");
    assert_eq!(said(&second, "the token on disk is good").len(), COUNT);
}

fn share(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let share = part as f64 / whole as f64 * 100.0;
    share
}

const COUNT: usize = 2000;
