//! The chains of refresh tokens against a simulated server, disk and person, with a crash at every step of an exchange.
//!
//! What decides is real: [`tokenwell::source::Chains`]. The order of the steps is that of `source/obtain.rs`.

#![expect(clippy::unwrap_used, reason = "a simulation that is wrong about itself may stop")]

mod client;
mod server;
mod stories;

use client::{Client, Crash, Mounted, STEPS};
use server::{Server, Settings, Token};

/// The grace period of a server that has one, and how long a restart takes.
const GRACE: u64 = 30;
const RESTART: u64 = 5;

#[test]
fn a_chain_never_ends_without_a_crash() {
    for rotates in [true, false] {
        let (mut server, mut client) = signed_in(Settings { rotates, grace: 0 });
        for _ in 0..100 {
            assert!(client.exchange(&mut server, None).is_granted());
            server.now += 60;
        }
        assert_eq!(client.chains().stored.len(), usize::from(rotates));
    }
}

#[test]
fn with_a_grace_period_a_crash_at_any_step_ends_no_chain() {
    for first in STEPS {
        for second in STEPS {
            let (mut server, mut client) = signed_in(Settings { rotates: true, grace: GRACE });
            for round in 0..10 {
                let crash = match round {
                    3 => Some(first),
                    4 | 7 => Some(second),
                    _ => None,
                };
                let newest = client.newest_received();
                let presented = client.presents();
                assert_eq!(presented, newest, "{first:?} {second:?}: the newest token is presented");
                client.exchange(&mut server, crash.map(|at| Crash { at }));
                server.now += RESTART;
            }
            assert!(client.exchange(&mut server, None).is_granted(), "{first:?} {second:?}");
        }
    }
}

#[test]
fn without_a_grace_period_only_a_lost_reply_ends_a_chain() {
    for at in STEPS {
        let (mut server, mut client) = signed_in(Settings { rotates: true, grace: 0 });
        client.exchange(&mut server, None);
        client.exchange(&mut server, Some(Crash { at }));
        server.now += RESTART;
        assert_eq!(client.exchange(&mut server, None).is_granted(), !at.loses_the_reply(), "{at:?}");
    }
}

#[test]
fn a_token_that_was_not_stored_is_stored_before_the_next() {
    let (mut server, mut client) = signed_in(Settings { rotates: true, grace: 0 });
    client.exchange(&mut server, None);
    client.disk_fills_during_requests = true;
    assert!(!client.exchange(&mut server, None).is_granted(), "the session is held back");
    let requests = server.requests;
    for _ in 0..10 {
        client.exchange(&mut server, None);
    }
    assert_eq!(server.requests, requests, "nothing is sent while a token is only in memory");
    (client.disk_is_full, client.disk_fills_during_requests) = (false, false);
    assert!(client.exchange(&mut server, None).is_granted());
}

#[test]
fn any_person_at_any_time_costs_few_requests_and_no_token() {
    for seed in 0..SEEDS {
        let mut rng = fastrand::Rng::with_seed(seed);
        let grace = [0, GRACE][rng.usize(0..2)];
        let (mut server, mut client) = signed_in(Settings { rotates: rng.u8(0..4) > 0, grace });
        let mut mounts = vec![server.sign_in()];
        for step in 0..60 {
            let before = server.requests;
            act(&mut rng, &mut server, &mut client, &mut mounts);
            client.settle(&mut server, &mut || {
                (rng.u8(0..8) == 0).then(|| Crash { at: STEPS[rng.usize(0..STEPS.len())] })
            });
            let requests = server.requests - before;
            assert!(requests <= REQUESTS_MAX, "seed {seed}, step {step}: {requests} requests after one change");
            client.check(&format!("seed {seed}, step {step}"));
            server.now += rng.u64(0..20);
        }
    }
}

/// What a person, the disk or the server does next.
fn act(rng: &mut fastrand::Rng, server: &mut Server, client: &mut Client, mounts: &mut Vec<Token>) {
    client.disk_fills_during_requests = rng.u8(0..6) == 0;
    match rng.u8(0..9) {
        0 => {
            mounts.push(server.sign_in());
            client.mount(Mounted::Whole(*mounts.last().unwrap()));
        }
        1 | 2 => client.mount(Mounted::Whole(mounts[rng.usize(0..mounts.len())])),
        3 => client.mount(Mounted::Missing),
        4 => client.mount(Mounted::Whole(Server::forged(rng.u64(..)))),
        5 => server.revoke(mounts[rng.usize(0..mounts.len())]),
        6 => client.disk_is_full = false,
        7 => server.spoils_sessions = rng.u8(0..3) == 0,
        _ => {}
    }
}

/// A server, and a client that has one of its tokens mounted.
fn signed_in(settings: Settings) -> (Server, Client) {
    let mut server = Server::new(settings);
    let token = server.sign_in();
    (server, Client::new(token))
}

/// A denial may be followed by an exchange with each other chain, and then with the mounted token.
const REQUESTS_MAX: u64 = tokenwell::source::CHAINS_MAX as u64 + 3;
const SEEDS: u64 = 3_000;
