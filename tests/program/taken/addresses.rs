//! A name with addresses that do not answer beside one that does.

use std::{
    fmt::Write as _,
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

use crate::{
    dns::Scene,
    full_port::{FullPort, is_connecting_to, loopback},
    program::Ended,
};

#[test]
fn an_ipv6_black_hole_beside_a_good_address_costs_no_attempt() {
    let mut scene = Scene::new();
    let port = scene.setting.sandbox.address().port();
    let hole = FullPort::at(SocketAddr::new("::1".parse().unwrap(), port));
    scene.write("hosts", &hosts(&[hole.address(), loopback(1, port)]));
    let Some(program) = scene.start_at(port, "") else { return };
    at_the_first_attempt(scene, &program.stop());
}

#[test]
fn a_dead_address_before_a_good_one_costs_no_attempt() {
    let mut scene = Scene::new();
    let good = TcpListener::bind(loopback(2, 0)).unwrap();
    let (to, dead) = (good.local_addr().unwrap(), [1, 3]);
    let port = to.port();
    // The resolver puts the address of this machine's loopback first.
    let holes = dead.map(|last| FullPort::at(loopback(last, port)));
    scene.write("hosts", &hosts(&[holes[0].address(), holes[1].address(), to]));
    forward(good, scene.setting.sandbox.address());
    let Some(program) = scene.start_at(port, "http: {connectTimeout: 900ms}\n") else { return };
    at_the_first_attempt(scene, &program.stop());
}

#[test]
fn a_lost_packet_among_many_dead_addresses_costs_no_attempt() {
    let mut scene = Scene::new();
    let good = FullPort::at(loopback(2, 0));
    let to = good.address();
    let holes = [1, 3, 4, 5, 6].map(|last| FullPort::at(loopback(last, to.port())));
    let all: Vec<_> = holes.iter().map(FullPort::address).chain([to]).collect();
    scene.write("hosts", &hosts(&all));
    let sandbox = scene.setting.sandbox.address();
    thread::spawn(move || {
        while !is_connecting_to(to) {
            thread::yield_now();
        }
        forward(good.make_room(), sandbox);
    });
    // A sixth of it is less than the second after which the packet is repeated.
    let Some(program) = scene.start_at(to.port(), "http: {connectTimeout: 1200ms}\n") else { return };
    at_the_first_attempt(scene, &program.stop());
}

fn at_the_first_attempt(mut scene: Scene, ended: &Ended) {
    assert_eq!((ended.code, scene.setting.sandbox.counters().exchanges), (Some(0), 1), "{}", ended.stderr);
    assert!(!ended.stderr.contains("no connection to") && !ended.stderr.contains("cannot reach"), "{}", ended.stderr);
    scene.setting.clean(ended);
}

fn hosts(addresses: &[SocketAddr]) -> String {
    addresses.iter().fold(String::new(), |mut lines, address| {
        writeln!(lines, "{} api.tokenwell.example", address.ip()).unwrap();
        lines
    })
}

/// Passes every connection on to the sandbox, until the test ends.
fn forward(listener: TcpListener, sandbox: SocketAddr) {
    thread::spawn(move || {
        while let Ok((near, _)) = listener.accept() {
            let far = TcpStream::connect(sandbox).unwrap();
            let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
            for (mut from, mut to) in [(near, far), back] {
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
}
