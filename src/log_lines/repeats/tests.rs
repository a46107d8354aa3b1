//! Tests of the limits, with a simulated clock.

use super::*;

fn at(millis: u64) -> Moment {
    Moment::default() + Duration::from_millis(millis)
}

fn line(site: u32, message: &str) -> Line {
    Line {
        site: ("src/a.rs", site),
        level: Level::ERROR,
        target: "a",
        is_routine: false,
        credential: None,
        class: None,
        message: message.to_owned(),
    }
}

fn of_credential(number: u32) -> Line {
    Line { credential: Some(format!("c{number}")), ..line(1, &format!("denied; the token of c{number} lives")) }
}

/// Admits a line at each of these moments, and counts what is written: lines, and summaries with what they stand for.
fn written(lines: impl Iterator<Item = (Moment, Line)>) -> (u64, Vec<u64>) {
    let mut repeats = Repeats::new();
    let (mut count, mut summaries) = (0, Vec::new());
    for (now, line) in lines {
        while let Some(due) = repeats.next_due().filter(|due| *due <= now) {
            summaries.extend(repeats.take_due(due).into_iter().map(|summary| summary.suppressed));
        }
        count += u64::from(repeats.admit(now, &line));
    }
    summaries.extend(repeats.take_all(at(u64::MAX)).into_iter().map(|summary| summary.suppressed));
    (count, summaries)
}

#[test]
fn one_cause_for_many_credentials_is_one_summary() {
    let mut repeats = Repeats::new();
    let admitted = (0..60).filter(|n| repeats.admit(at(u64::from(*n)), &of_credential(*n))).count();
    assert_eq!(admitted, 3);
    assert_eq!((repeats.take_due(at(2002)), repeats.next_due()), (vec![], Some(at(2003))));
    let summaries = repeats.take_due(at(2003));
    let expected = Summary {
        level: Level::ERROR,
        target: "a",
        message: "57 more like this: denied; the token of c3 lives".to_owned(),
        suppressed: 57,
        credentials: Some("c3, c4, c5, c6, c7, c8, c9, c10, …".to_owned()),
    };
    assert_eq!(summaries, [expected]);
    assert_eq!(repeats.next_due(), None);
}

#[test]
fn a_trouble_that_lasts_is_summarised_ever_later() {
    let a_day_of_seconds = (0..86_400).map(|second| (at(second * 1000), of_credential(1)));
    let (count, summaries) = written(a_day_of_seconds);
    assert_eq!(count, 10);
    assert_eq!(count + summaries.iter().sum::<u64>(), 86_400, "no line is forgotten");
    assert!(summaries.len() < 160, "{} summaries", summaries.len());
    assert!(summaries.windows(2).take(8).all(|pair| pair[0] < pair[1]), "{summaries:?}");
}

#[test]
fn after_a_quiet_while_lines_are_written_again() {
    let bursts =
        [0, 1_000_000, 2_000_000].into_iter().flat_map(|begin| (0..12).map(move |n| (at(begin + n), of_credential(1))));
    assert_eq!(written(bursts), (30, vec![2, 2, 2]));
}

#[test]
fn calm_lines_are_never_held() {
    let every_quarter = (0..1000).map(|n| (at(n * 15_000), of_credential(1)));
    assert_eq!(written(every_quarter), (1000, vec![]));
}

#[test]
fn refusals_of_each_class_have_their_own_budget() {
    let of_class = |class: &str| Line { class: Some(class.to_owned()), ..of_credential(1) };
    let lines = (0..12).flat_map(|n| ["denied", "busy"].map(|class| (at(n), of_class(class))));
    assert_eq!(written(lines), (20, vec![2, 2]));
}

#[test]
fn a_fleet_that_starts_logs_each_credential() {
    let routine = |n: u32| Line { is_routine: true, level: Level::INFO, ..of_credential(n) };
    assert_eq!(written((0..5000).map(|n| (at(u64::from(n)), routine(n)))), (5000, vec![]));
    assert_eq!(written((0..6000).map(|n| (at(u64::from(n)), routine(n)))).0, 5000);
}

#[test]
fn different_lines_of_one_site_are_written_up_to_a_bound() {
    let warnings = (0..100).map(|n| (at(n), line(1, &format!("warning {n}"))));
    assert_eq!(written(warnings), (100, vec![]));
    let endless = (0..10_000).map(|n| (at(n), line(1, &format!("request {n}"))));
    let (count, summaries) = written(endless);
    assert!(count <= 110 && summaries.len() < 20, "{count} lines and {} summaries", summaries.len());
}

#[test]
fn a_bug_that_repeats_is_bounded() {
    let panics = (0..50_000).map(|n| (at(n), line(1, "panicked: no thread")));
    let (count, summaries) = written(panics);
    assert_eq!((count, summaries.iter().sum::<u64>()), (10, 49_990));
    assert!(summaries.len() <= 6, "{summaries:?}");
}

#[test]
fn the_memory_of_kinds_is_bounded() {
    let mut repeats = Repeats::new();
    for n in 0..10_000 {
        repeats.admit(at(0), &line(n % 7, &format!("request {n}")));
    }
    assert!(repeats.budgets.len() <= KINDS_MAX + 7, "{}", repeats.budgets.len());
    repeats.take_all(at(0));
    repeats.admit(at(10_000_000), &line(1, "again"));
    assert!(repeats.budgets.len() <= 2, "those of the past are forgotten: {}", repeats.budgets.len());
}
