//! Work on the lanes that hangs, panics and is abandoned.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use futures_util::{FutureExt as _, future::join_all};
use tokio::sync::oneshot;

use super::{Lane, NotDone, finish, keep_thread, run_within, shortage, starved, submit};

/// Work that hangs until its sender is dropped, and reports when it begins.
struct Hanging {
    began: oneshot::Receiver<()>,
    release: mpsc::Sender<()>,
    ended: super::JobHandle<()>,
}

fn hang(lane: Lane) -> Hanging {
    let (starts, began) = oneshot::channel();
    let (release, hang) = mpsc::channel::<()>();
    let ended = submit(lane, move || {
        starts.send(()).unwrap();
        let _ = hang.recv();
    });
    Hanging { began, release, ended }
}

#[tokio::test]
async fn a_disk_that_hangs_holds_the_threads_of_one_lane() {
    let mut hanging: Vec<_> = (0..Lane::Write.threads_max()).map(|_| hang(Lane::Write)).collect();
    for hanging in &mut hanging {
        (&mut hanging.began).await.unwrap();
    }
    let mut waits = hang(Lane::Write);
    assert_eq!(submit(Lane::Read, || 7).await, Some(7), "another lane goes on");
    assert!((&mut waits.began).now_or_never().is_none(), "it waits for a thread");
    drop(hanging.pop().unwrap().release);
    (&mut waits.began).await.unwrap();
    drop(waits.release);
    let ended = hanging.into_iter().map(|hanging| {
        drop(hanging.release);
        hanging.ended
    });
    assert!(join_all(ended).await.into_iter().all(|ended| ended == Some(())));
}

#[tokio::test]
async fn work_that_panics_is_answered_and_its_thread_goes_on() {
    keep_thread();
    assert_eq!(submit(Lane::State, || -> () { panic!("a bug") }).await, None);
    assert_eq!(submit(Lane::State, || 7).await, Some(7));
    let panicked = run_within(Lane::State, Duration::MAX, || -> () { panic!("a bug") }).await;
    assert_eq!(panicked, Err(NotDone::Panicked));
    assert_eq!((shortage(), starved(Lane::State)), (None, None));
}

#[tokio::test]
async fn a_read_that_no_one_awaits_is_skipped_and_a_write_is_not() {
    let done = Arc::new(AtomicUsize::new(0));
    for (lane, expected) in [(Lane::Read, 1), (Lane::Write, 2)] {
        done.store(0, Ordering::SeqCst);
        let count = || {
            let done = Arc::clone(&done);
            move || done.fetch_add(1, Ordering::SeqCst)
        };
        let mut hanging: Vec<_> = (0..lane.threads_max()).map(|_| hang(lane)).collect();
        for hanging in &mut hanging {
            (&mut hanging.began).await.unwrap();
        }
        drop(submit(lane, count()));
        let awaited = submit(lane, count());
        drop(hanging);
        awaited.await.unwrap();
        finish(lane).await;
        assert_eq!(done.load(Ordering::SeqCst), expected, "{lane:?}");
    }
}

#[tokio::test]
async fn work_that_takes_too_long_goes_on_without_its_caller() {
    let (release, hang) = mpsc::channel::<()>();
    let (end, ended) = oneshot::channel();
    let result = run_within(Lane::Read, Duration::ZERO, move || {
        let _ = hang.recv();
        let _ = end.send(());
    });
    assert_eq!(result.await, Err(NotDone::TooLong));
    drop(release);
    let _ = ended.await;
    finish(Lane::Read).await;
}

#[tokio::test]
async fn the_end_of_all_work_of_a_lane_is_awaited() {
    let mut hanging = hang(Lane::State);
    (&mut hanging.began).await.unwrap();
    let behind = submit(Lane::State, || ());
    assert!(finish(Lane::State).now_or_never().is_none());
    drop(hanging);
    finish(Lane::State).await;
    assert_eq!(behind.now_or_never(), Some(Some(())), "it is done");
    finish(Lane::Lookup).await;
}
