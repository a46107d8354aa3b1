//! Clocks that differ from those at the time of the state file: other boots, other machines, wall clocks that were set, and
//! boot clocks in time namespaces. In doubt, adoption costs one exchange too many.

use std::{process::Command, time::Duration};

use serde_json::{Value, json};
use tokenwell::sandbox::Answer;

use crate::{
    past::{Past, RECORD, said, troubles},
    program::{Program, TOKENWELL, once, within},
    skipped,
};

#[test]
fn stamps_of_other_clocks_cost_nothing_or_one_exchange() {
    let disagree = "clocks disagree";
    let ended = "the token on disk has expired";
    let cases: [Case; 7] = [
        ("the machine was booted since", |stamp| stamp.boot(), None),
        ("the wall clock was set back by two minutes", |stamp| stamp.wall(120), None),
        ("booted since, and the wall clock was set back", |stamp| (stamp.boot(), stamp.wall(120)).0, Some(disagree)),
        ("booted since, longer ago than the token lives", |stamp| (stamp.boot(), stamp.wall(-120)).0, Some(ended)),
        // Paused for two minutes: the boot clock of a virtual machine may stop.
        ("the wall clock is two minutes on", |stamp| stamp.wall(-120), Some(disagree)),
        ("the boot clock is two minutes on", |stamp| stamp.since_boot(-120.0), Some(ended)),
        ("the boot clock is behind", |stamp| stamp.since_boot(120.0), Some(disagree)),
    ];
    for (case, act, said_of_it) in cases {
        let mut past = Past::of(|setting| setting.sandbox.set(|settings| settings.life = Duration::from_secs(100)));
        past.edit_record(|record| {
            for stamp in ["/session/sent", "/asked/answered/at"] {
                act(&mut Stamp(record.pointer_mut(stamp).unwrap()));
            }
            // The server's clock moves together with all wall clocks.
            let sent = record["session"]["sent"]["wall"].clone();
            record["session"]["issuedAt"] = sent;
        });
        let process = past.process();
        let requests = if said_of_it.is_some() { (2, 1) } else { (1, 1) };
        assert_eq!(past.requests(), requests, "{case}: {}", process.stderr);
        let lines = said_of_it.map_or(0, |text| said(&process, text).len());
        assert_eq!(lines, usize::from(said_of_it.is_some()), "{case}: {}", process.stderr);
        assert_eq!(troubles(&process).len(), usize::from(said_of_it == Some(disagree)), "{case}");
    }
}

/// As run by cron: the process ends before a spread renewal is due.
#[test]
fn once_keeps_a_valid_token_if_the_api_is_away() {
    let mut past = Past::of(|setting| setting.sandbox.set(|settings| settings.life = Duration::from_secs(100)));
    let due = |past: &Past| {
        past.edit_record(|record| {
            let mut stamp = Stamp(record.pointer_mut("/session/sent").unwrap());
            stamp.wall(-80);
            stamp.since_boot(-80.0);
        });
    };
    due(&past);
    let ended = Program::start(&mut once(&past.path(""), "30s")).ended();
    assert_eq!((ended.code, past.requests().0), (Some(0), 2), "{}", ended.stderr);
    past.clean(&ended);
    due(&past);
    past.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    // Long enough for a try on a machine that stalls for a while; the token lives longer.
    let ended = Program::start(&mut once(&past.path(""), "5s")).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(past.requests().0 > 2, "it was tried");
    assert_eq!(said(&ended, "not every due one could be renewed").len(), 1);
    past.clean(&ended);
}

#[test]
fn once_counts_a_token_without_its_key_file_as_missing() {
    let mut past = Past::new();
    std::fs::remove_file(past.path("keys/a")).unwrap();
    let program = Program::start(&mut once(&past.path(""), "300s"));
    program.until_said("waiting for an access key", 1);
    let ended = program.stop();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("1 of 1 tokens are missing\n  a: key file"), "{}", ended.stderr);
    past.clean(&ended);
}

/// Otherwise a wall clock that is set while this process runs would make the token seem younger to the next process.
#[test]
fn adopted_sessions_are_stored_by_the_new_boots_clocks() {
    let mut past = Past::new();
    let boot = past.record()["session"]["sent"]["bootId"].clone();
    past.edit_record(|record| Stamp(record.pointer_mut("/session/sent").unwrap()).boot());
    assert_ne!(past.record()["session"]["sent"]["bootId"], boot);
    let program = past.ready();
    within("the state file speaks of this boot", || (past.record()["session"]["sent"]["bootId"] == boot).then_some(()));
    let ended = program.stop();
    assert_eq!(past.requests(), (1, 1));
    past.clean(&ended);
}

#[test]
fn another_boot_clock_costs_one_exchange_at_most() {
    let possible = Command::new("unshare").args(["-T", "--boottime", "1", "true"]).status();
    if !possible.is_ok_and(|status| status.success()) {
        skipped::on_this_machine("no time namespaces here (`unshare -T` is not permitted)");
        return;
    }
    for (seconds, text) in [(86_400, "the token on disk has expired"), (-1, "clocks disagree")] {
        let mut past = Past::new();
        if seconds < 0 {
            // A stamp from a clock that is a day ahead, read with a clock that is not.
            past.edit_record(|record| {
                for stamp in ["/session/sent", "/asked/answered/at"] {
                    Stamp(record.pointer_mut(stamp).unwrap()).since_boot(86_400.0);
                }
            });
        }
        let mut command = Command::new("unshare");
        command.args(["-T", "--boottime", &seconds.to_string(), TOKENWELL, "run", "--config"]);
        command.arg(past.path("tokenwell.yaml")).env_remove("TOKENWELL_LOG");
        for round in 0..2 {
            let program = Program::start(&mut command);
            program.until_said("ready: every required token is on disk", 1);
            let ended = program.stop();
            assert_eq!(past.requests(), (2, 1), "{seconds}: {}", ended.stderr);
            assert_eq!(said(&ended, text).len(), usize::from(round == 0), "{seconds}: {}", ended.stderr);
            past.clean(&ended);
        }
        // And again on a machine whose clock did not move.
        past.process();
        assert!(past.requests().0 <= 3, "one for each move at most");
        assert!(past.path(RECORD).exists());
    }
}

/// The event, its change of the stamps, and the expected message.
type Case = (&'static str, fn(&mut Stamp), Option<&'static str>);

struct Stamp<'a>(&'a mut Value);

impl Stamp<'_> {
    fn boot(&mut self) {
        self.0["bootId"] = json!("00000000000000000000000000001234");
    }

    fn wall(&mut self, seconds: i64) {
        let wall = humantime::parse_rfc3339(self.0["wall"].as_str().unwrap()).unwrap();
        let by = Duration::from_secs(seconds.unsigned_abs());
        let moved = if seconds < 0 { wall - by } else { wall + by };
        self.0["wall"] = json!(humantime::format_rfc3339_micros(moved).to_string());
    }

    fn since_boot(&mut self, seconds: f64) {
        self.0["sinceBootSeconds"] = json!(self.0["sinceBootSeconds"].as_f64().unwrap() + seconds);
    }
}
