//! Memory use of a credential in the core.

use std::{num::NonZeroUsize, time::Duration};

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{Effect, Event, ExchangeOutcome, Fleet, Grant, LastExchange, Moment, OriginId, Policy},
};

/// Resident memory before and after, which other tests in the process would distort. To run it alone:
/// `cargo test --test restart costs_the_core -- --ignored --nocapture`
#[test]
#[ignore = "counts the memory of the whole process"]
fn a_credential_costs_the_core_less_than_two_kilobytes() {
    let before = resident_bytes();
    let mut fleet = Fleet::new(NonZeroUsize::MIN, 1);
    let now = Moment::since_boot(Duration::from_secs(1));
    let later = Moment::since_boot(Duration::from_secs(10_000_000));
    for number in 0..COUNT {
        let id = fleet.add(OriginId::default(), Policy::default(), LastExchange::default());
        let mut key = [0; 8];
        key.copy_from_slice(&number.to_be_bytes());
        fleet.handle(now, id, Event::KeyAppeared(Fingerprint::new(key)));
    }
    // Each credential has a session, so each is in the queue of wakes.
    let grant = Grant { lifetime: Duration::from_secs(3600), refresh_after: None };
    let mut at = now;
    let mut granted = 0;
    while granted < COUNT && at < later {
        while let Some((id, effect)) = fleet.next_effect(at) {
            match effect {
                Effect::Exchange(attempt) => {
                    let key = fleet.get(id).and_then(tokenwell::renewal::Renewal::key).unwrap();
                    fleet.handle(at, id, Event::Exchanged(attempt, ExchangeOutcome::Granted { key, sent: at, grant }));
                }
                Effect::Publish(attempt) => {
                    fleet.handle(at, id, Event::Published(attempt, Ok(())));
                    granted += 1;
                }
                Effect::Withdraw(_) => panic!("nothing ends here"),
            }
        }
        at = fleet.next_wake().unwrap().max(at);
        fleet.wake(at);
    }
    let each = (resident_bytes() - before) / COUNT;
    println!("{each} bytes a credential in the core alone");
    assert!(each < 2048, "{each} bytes");
    drop(fleet);
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

const COUNT: u64 = 20_000;
