//! `HAProxy`: a map, which a hook makes it read again.

use std::{fs, process::Command};

use crate::{
    program::within,
    programs::{Found, Process, Shape, Stage, get, installed},
};

#[test]
fn haproxy_reads_the_map_again_at_the_signal_of_a_hook() {
    let Some(haproxy) = installed("haproxy", &["-v"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("HAProxy", shape);
        let mut early = Process::start(&stage, &mut command(&haproxy, &stage, 0));
        within("the end of HAProxy without the file", || early.ended().then_some(()));
        assert!(early.log().contains("billing.map"), "{}", early.log());
        // Without HAProxy there is no process to signal, and that is not a failure.
        let daemon = stage.start_daemon();
        let (process, port) = Process::listening(&stage, |port| command(&haproxy, &stage, port));
        within("HAProxy's pid file", || {
            fs::read_to_string(stage.path("haproxy.pid")).is_ok_and(|text| text.ends_with('\n')).then_some(())
        });
        stage.through_rotations(&haproxy, || {
            let _ = get(port, "/");
        });
        drop(process);
        stage.end(daemon);
    }
}

fn command(haproxy: &Found, stage: &Stage, port: u16) -> Command {
    let text = format!(
        "defaults\n    mode http\n    timeout client 10s\n    timeout connect 5s\n    timeout server 10s\n\
         frontend all\n    bind 127.0.0.1:{port}\n    default_backend billing\n{}",
        stage.snippet("haproxy.cfg")
    );
    let mut command = haproxy.command();
    command.arg("-W").arg("-p").arg(stage.path("haproxy.pid"));
    command.arg("-f").arg(stage.put("haproxy.cfg", &text));
    command
}
