//! What a person does with the mounted file, as stories.

use crate::{
    GRACE,
    client::{Client, Ended, Mounted},
    server::{Server, Settings, Token},
    signed_in,
};

const ROTATES: Settings = Settings { rotates: true, grace: GRACE };

/// Exchanges at once after each denial that leads to another mount.
fn settle(client: &mut Client, server: &mut Server) {
    client.settle(server, &mut || None);
}

/// A server that has rotated the first token once.
fn rotated() -> (Server, Client) {
    let (mut server, mut client) = signed_in(ROTATES);
    assert_eq!(client.exchange(&mut server, None), Ended::Granted);
    (server, client)
}

/// Mounts a new token whose sessions are garbled, and rotates it once.
fn never_granted(server: &mut Server, client: &mut Client) -> Token {
    let token = server.sign_in();
    client.mount(Mounted::Whole(token));
    server.spoils_sessions = true;
    client.exchange(server, None);
    server.spoils_sessions = false;
    token
}

#[test]
fn a_denied_mount_resumes_the_former_chain_for_good() {
    let (mut server, mut client) = rotated();
    client.mount(Mounted::Whole(Server::forged(1)));
    settle(&mut client, &mut server);
    let requests = server.requests;
    for _ in 0..20 {
        assert_eq!(client.exchange(&mut server, None), Ended::Granted);
    }
    assert_eq!(server.requests, requests + 20, "the denied one is not presented in between");
}

#[test]
fn a_missing_mount_resumes_the_newest_former_chain() {
    let (mut server, mut client) = rotated();
    let newest = never_granted(&mut server, &mut client);
    client.mount(Mounted::Missing);
    assert!(client.presents().is_newer_than(newest));
    assert_eq!(client.exchange(&mut server, None), Ended::Granted);
}

#[test]
fn a_mount_that_is_swapped_back_resumes_its_chain() {
    let (mut server, mut client) = rotated();
    let first = client.newest_received();
    never_granted(&mut server, &mut client);
    client.mount_first_again();
    assert_eq!(client.presents(), first);
    assert_eq!(client.exchange(&mut server, None), Ended::Granted);
}

#[test]
fn a_session_of_the_new_mount_ends_the_former_chain() {
    let (mut server, mut client) = rotated();
    let second = server.sign_in();
    client.mount(Mounted::Whole(second));
    assert_eq!(client.exchange(&mut server, None), Ended::Granted);
    assert_eq!(client.chains().stored, [second.fingerprint()]);
}

#[test]
fn if_all_are_denied_the_mounted_one_is_presented() {
    let (mut server, mut client) = rotated();
    server.revoke(client.newest_received());
    let mounted = Server::forged(1);
    client.mount(Mounted::Whole(mounted));
    settle(&mut client, &mut server);
    assert_eq!(client.presents(), mounted);
    let requests = server.requests;
    settle(&mut client, &mut server);
    assert_eq!(server.requests, requests + 1, "and the others are not tried again");
}

#[test]
fn mounts_that_never_bring_a_session_are_bounded() {
    let (mut server, mut client) = rotated();
    for _ in 0..20 {
        never_granted(&mut server, &mut client);
        client.check("many mounts");
    }
}
