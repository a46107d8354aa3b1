//! A server whose clock is two hours off in either direction.

use std::time::Duration;

use nix::sys::signal::Signal::SIGUSR1;
use tokenwell::{
    config::{self, Environment},
    daemon::{Daemon, ReloadSource},
};

use crate::{
    past::{Past, said, troubles},
    program::{Program, run},
    setting::QUICK,
};

#[test]
fn the_plan_is_the_same_and_a_restart_costs_nothing() {
    for offset in OFFSETS {
        let mut past = Past::yet_to_begin(|setting| {
            setting.sandbox.set(|settings| settings.clock_offset_seconds = offset);
            setting.configure_with("renew: {jitter: 0%}\n", &setting.named(&["a"]));
        });
        past.process();
        let session = &past.record()["session"];
        let told = ["lifetimeSeconds", "renewAfterSeconds"].map(|name| session[name].to_string());
        assert_eq!(told, ["3600.0", "2412.0"], "{offset}");
        for _ in 0..3 {
            past.idle_process();
        }
    }
}

/// Three daemons at the same time, each with its own server.
#[test]
fn as_many_renewals_are_made_whatever_the_offset() {
    let worlds = OFFSETS.map(|offset| {
        let past = Past::yet_to_begin(|setting| {
            setting.sandbox.set(|settings| {
                settings.life = Duration::from_secs(20);
                settings.clock_offset_seconds = offset;
            });
            setting.configure_with("renew: {at: 5%, jitter: 0%, spacing: 100ms}\n", &setting.named(&["a"]));
        });
        let program = Program::start(&mut run(&past.path("")));
        (past, program)
    });
    for (past, _) in &worlds {
        past.until_exchanges(6);
    }
    for (past, program) in worlds {
        let ended = program.stop();
        assert_eq!(said(&ended, "has expired"), &[] as &[String]);
        assert_eq!(past.sandbox.counters().replies, 0);
        // The sandbox's clock starts before the first exchange; each may arrive late, but none is sent before its second is
        // over.
        for (seconds, seen) in past.sandbox.exchanges().iter().enumerate() {
            assert!(seen.arrived >= Duration::from_secs(seconds as u64), "too many: {seen:?}");
        }
    }
}

#[test]
fn clock_skew_is_logged_once_and_again_at_its_end() {
    for (offset, words) in [(7200, "ahead of"), (-7200, "behind")] {
        let past = Past::yet_to_begin(|setting| setting.configure(&setting.named(&["a"])));
        past.sandbox.set(|settings| settings.clock_offset_seconds = offset);
        let program = past.ready();
        for round in 2..=4 {
            program.signal(SIGUSR1);
            program.until_said("\"token written\"", round);
        }
        // A refusal also has a `Date` header.
        past.sandbox.set(|settings| settings.clock_offset_seconds = 30);
        past.sandbox.script([tokenwell::sandbox::Answer::status(503)]);
        program.signal(SIGUSR1);
        program.until_said("agree again", 1);
        let ended = program.stop();
        let said = said(&ended, "the server's clock");
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains(words) && said[0].contains("h "), "{said:?}");
        assert_eq!(troubles(&ended).len(), 2, "the clock and the 503");
    }
}

#[test]
fn the_report_has_the_clock_skew() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for offset in OFFSETS {
        let past = Past::yet_to_begin(|setting| setting.configure_with(QUICK, &setting.named(&["a"])));
        past.sandbox.set(|settings| settings.clock_offset_seconds = offset);
        let skew = runtime.block_on(async {
            let source = config::ConfigSource::file(past.path("tokenwell.yaml"));
            let load = move || config::load_with_digest(&source, &Environment::default());
            let config = load().1.ok().unwrap().config;
            let mut daemon = Daemon::start(
                config,
                ReloadSource {
                    file: None,
                    load: std::sync::Arc::new(load),
                    log_changed: std::sync::Arc::new(|_| ()),
                    placement: tokenwell::status::Placement::default(),
                },
            )
            .unwrap();
            assert_eq!(daemon.report().clock_skew, None, "there was no `Date` header yet");
            while !daemon.has_every_token() {
                daemon.turn().await.unwrap();
            }
            let skew = daemon.report().clock_skew;
            daemon.drain().await;
            skew.unwrap()
        });
        #[expect(clippy::cast_precision_loss, reason = "two hours")]
        let off = skew - offset as f64;
        assert!(off.abs() < 30.0, "{skew} instead of {offset}");
    }
}

const OFFSETS: [i64; 3] = [0, 7200, -7200];
