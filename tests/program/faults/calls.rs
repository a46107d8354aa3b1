//! `once` after a change of keys, with one fault at one call.
//!
//! A kill is delivered after the call and before the program gets its result. A refusal replaces the call.
//!
//! Two calls are not refused. `close` closes the descriptor whatever it returns, so the kernel has no such refusal. tokio
//! calls `socketpair` when the program starts, and panics if that fails.

use std::{
    collections::BTreeSet,
    env,
    panic::{self, AssertUnwindSafe},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use nix::errno::Errno;
use tokenwell::clock::now;

use crate::{
    point::Point,
    privileges::is_root,
    scene::{SPACING, Scene},
    tracer::{Fate, Fault},
};

#[test]
fn calls_killed_at_any_point_leave_whole_files() {
    strike_all("kills", |points| {
        // A read changes nothing on disk.
        let is_struck =
            |number: usize, point: &Point| is_complete() || point.is_of_a_write() || number.is_multiple_of(4);
        let of = |(number, point)| is_struck(number, &point).then_some((point, Fault::KilledAfter));
        points.into_iter().enumerate().filter_map(of).collect()
    });
}

#[test]
fn calls_refused_at_any_point_leave_whole_files() {
    strike_all("refusals", |points| {
        let of = |(number, point): (usize, Point)| {
            let errnos: Vec<_> = match () {
                () if point.makes_a_descriptor() => vec![Errno::EMFILE],
                () if is_complete() => ERRNOS.to_vec(),
                // One fault at each point, in rotation, so neighbours differ and every fault is used.
                () => vec![ERRNOS[number % ERRNOS.len()]],
            };
            errnos.into_iter().map(move |errno| (point.clone(), Fault::Refused(errno))).collect::<Vec<_>>()
        };
        let is_refused = |point: &Point| !["close", "socketpair"].contains(&point.call);
        points.into_iter().filter(is_refused).enumerate().flat_map(of).collect()
    });
}

#[test]
fn without_socket_descriptors_it_retries_and_recovers() {
    if !is_root("look into a process that keeps secrets") {
        return;
    }
    let scene = Scene::new();
    let mut asked = Vec::new();
    let struck = scene.run(&mut |point| {
        let is_socket = point.call == "socket";
        if is_socket {
            asked.push(now());
        }
        (is_socket && asked.len() <= REFUSED_SOCKETS).then_some(Fault::Refused(Errno::EMFILE))
    });
    assert_eq!(struck.fate, Fate::Exited(0), "{}", struck.said);
    scene.heals(&struck, "no sockets");
    assert!(asked.len() > REFUSED_SOCKETS, "it was tried until it could be had");
    // Two credentials write concurrently.
    let of_two: Vec<_> = asked[..REFUSED_SOCKETS].windows(3).map(|three| three[2] - three[0]).collect();
    assert!(of_two.iter().all(|gap| *gap >= SPACING), "{of_two:?}");
}

/// Whether to inject every fault at every point instead of a selection.
fn is_complete() -> bool {
    env::var_os("TOKENWELL_FAULTS").is_some_and(|which| which == "all")
}

fn strike_all(what: &str, cases: impl FnOnce(BTreeSet<Point>) -> Vec<(Point, Fault)>) {
    if !is_root("look into a process that keeps secrets") {
        return;
    }
    let scene = Scene::new();
    let points = steady_points(&scene);
    let of_a_write = points.iter().filter(|point| point.is_of_a_write()).count();
    assert!(of_a_write > 50, "{of_a_write} points are of a write");
    let cases = cases(points.clone());

    let next = AtomicUsize::new(0);
    let (missed, broken) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let work = |scene: Scene| {
        while let Some((point, fault)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let case = format!("{fault:?} at {point}");
            let met = panic::catch_unwind(AssertUnwindSafe(|| strike(&scene, point, *fault, &case)));
            match met {
                Ok(true) => {}
                Ok(false) if !point.is_of_a_write() => missed.lock().unwrap().push(case),
                Ok(false) => broken.lock().unwrap().push(format!("{case}: not met in {ATTEMPTS} runs")),
                Err(_) => broken.lock().unwrap().push(case),
            }
        }
    };
    thread::scope(|scope| {
        for scene in [scene].into_iter().chain((1..WORKERS).map(|_| Scene::new())) {
            scope.spawn(|| work(scene));
        }
    });
    let (missed, broken) = (missed.into_inner().unwrap(), broken.into_inner().unwrap());
    assert!(broken.is_empty(), "{} of {} {what}, said above: {broken:#?}", broken.len(), cases.len());
    eprintln!("{} {what} at {} points, {} not met: {missed:#?}", cases.len(), points.len(), missed.len());
    assert!(missed.len() * 10 < cases.len(), "too many points were not met: {missed:#?}");
}

/// Returns the points common to all runs without a fault.
fn steady_points(scene: &Scene) -> BTreeSet<Point> {
    let run = |_| {
        let free = scene.strike(None);
        assert_eq!(free.fate, Fate::Exited(0), "{}", free.said);
        scene.heals(&free, "without a fault");
        free.points.into_iter().collect::<BTreeSet<_>>()
    };
    (0..ATTEMPTS).map(run).reduce(|all, points| &all & &points).unwrap()
}

/// Returns whether the fault occurred. The number of reads differs a little from run to run.
fn strike(scene: &Scene, point: &Point, fault: Fault, case: &str) -> bool {
    (0..ATTEMPTS).any(|_| {
        let struck = scene.strike(Some((point, fault)));
        let heals_by_itself = !struck.met || matches!(fault, Fault::Refused(_)) && !point.makes_a_descriptor();
        assert!(!heals_by_itself || struck.fate == Fate::Exited(0), "{case}: {:?}: {}", struck.fate, struck.said);
        scene.heals(&struck, case);
        struck.met
    })
}

const ERRNOS: [Errno; 6] = [Errno::ENOSPC, Errno::EIO, Errno::EROFS, Errno::EACCES, Errno::EMFILE, Errno::EINTR];
const ATTEMPTS: usize = 3;
const REFUSED_SOCKETS: usize = 12;
const WORKERS: usize = 2;
