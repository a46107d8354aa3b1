//! Orphans next to children that are waited for. The file has one test, because that test reaps every child of its
//! process.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{fs, os::unix::process::ExitStatusExt as _, process::Command, thread, time::Duration};

use tokenwell::child::{ChildRegistry, Orphans};

#[tokio::test]
async fn an_awaited_child_is_left_to_its_waiter() {
    let children = ChildRegistry::default();
    let mut orphans = Orphans::adopt(children.clone()).unwrap();
    let endings = ["exit 3", "kill -TERM $$", REAL_TIME];
    for (ending, of_ours) in endings.into_iter().flat_map(|ending| [(ending, "exit 5"), (ending, REAL_TIME)]) {
        let mut ours = children.start(tokio::process::Command::new("sh").args(["-c", of_ours])).unwrap();
        let number = ours.child.id().unwrap();
        until_ended(number);
        // A child that the registry does not know counts as an orphan. It ended after the registered child.
        let orphan = Command::new("sh").args(["-c", ending]).spawn().unwrap().id();
        until_ended(orphan);
        assert!(is_pending(&mut orphans).await, "the one that is waited for is in front");
        let status = ours.child.wait().await.unwrap();
        let wanted = if of_ours == REAL_TIME { (None, Some(40)) } else { (Some(5), None) };
        assert_eq!((status.code(), status.signal()), wanted, "its end is not lost");
        drop(ours);
        assert!(!children.contains(number));
        assert_eq!(in_time(orphans.reaped()).await, orphan);
        assert!(!fs::exists(format!("/proc/{orphan}")).unwrap());
        assert!(is_pending(&mut orphans).await, "there is none left");
    }
    // Two orphans end between two checks.
    let mut both = [(); 2].map(|()| Command::new("true").spawn().unwrap().id());
    both.into_iter().for_each(until_ended);
    let mut seen = [in_time(orphans.reaped()).await, in_time(orphans.reaped()).await];
    seen.sort_unstable();
    both.sort_unstable();
    assert_eq!(seen, both);
}

/// Returns whether no orphan is found after all pending child signals are handled.
async fn is_pending(orphans: &mut Orphans) -> bool {
    let turns = async {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = orphans.reaped() => false,
        () = turns => true,
    }
}

fn until_ended(number: u32) {
    for _ in 0..15_000 {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap();
        if stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')) {
            return;
        }
        thread::sleep(Duration::from_millis(2));
    }
    panic!("process {number} goes on");
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.unwrap()
}

/// Ends the shell by a real-time signal, which many libraries have no name for.
const REAL_TIME: &str = "kill -40 $$";
