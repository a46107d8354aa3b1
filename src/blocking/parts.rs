//! Reads in parts: one that hangs is left out, and does not hold up the others.

use std::{
    collections::VecDeque,
    mem,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time;

use super::{
    access::{STUCK_AFTER, leave_file},
    job::JobHandle,
    lane::Lane,
    lanes::{is_out_of_reach, stuck_reads, submit},
};

/// A part of blocking reads.
pub struct Part<K, T> {
    key: K,
    files: Vec<PathBuf>,
    work: Box<dyn FnOnce() -> T + Send>,
}

/// A part that gave no result, because its files do not respond.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut<K> {
    /// The key of the part.
    pub key: K,
    /// The file at which it hangs, as far as that is known; `None` if it has no file.
    pub file: Option<PathBuf>,
}

/// The results of parts.
#[derive(Debug)]
pub struct PartsDone<K, T> {
    /// The result of each part that ended in time.
    pub results: Vec<(K, T)>,
    /// The other parts. What a part returns later is dropped.
    pub left_out: Vec<LeftOut<K>>,
}

/// What the threads that do the parts share with the task that waits for them.
struct Progress<K, T> {
    waiting: VecDeque<Part<K, T>>,
    /// The key and the files of the part at hand.
    current: Option<(K, Vec<PathBuf>)>,
    /// How many parts were begun.
    begun: u64,
    done: PartsDone<K, T>,
    /// The thread that does the parts. An earlier one hangs: it ends when it is back.
    thread: u64,
}

impl<K, T> Part<K, T> {
    /// Work at these files; folders count as files.
    pub fn new(key: K, files: Vec<PathBuf>, work: impl FnOnce() -> T + Send + 'static) -> Self {
        Self { key, files, work: Box::new(work) }
    }
}

/// Does the parts one after another on [`Lane::Read`]. A part that has not ended after about a second is left out, and another
/// thread goes on with the next one. A part is left out without a try if its files do not respond to earlier reads, or if too
/// many reads hang. So a few threads hang, however many files do.
pub async fn run_parts<K: Send + 'static, T: Send + 'static>(parts: Vec<Part<K, T>>) -> PartsDone<K, T> {
    let progress = Arc::new(Mutex::new(Progress::new(parts)));
    loop {
        let thread = {
            let mut progress = lock(&progress);
            progress.leave_out_current();
            progress.leave_out_unreachable();
            progress.thread += 1;
            if progress.waiting.is_empty() {
                return progress.take_done();
            }
            progress.thread
        };
        let work = {
            let progress = Arc::clone(&progress);
            move || do_parts(&progress, thread)
        };
        end_or_hang(submit(Lane::Read, work), &progress).await;
    }
}

/// Waits until a thread has ended, or hangs at a part.
async fn end_or_hang<K, T>(mut thread: JobHandle<()>, progress: &Mutex<Progress<K, T>>) {
    let (mut begun, mut ticks) = (0, 0);
    // Ticks are counted and no time is measured, because for a process that was stopped much time has passed.
    while ticks < TICKS_MAX && time::timeout(TICK, &mut thread).await.is_err() {
        let progress = lock(progress);
        ticks = if progress.current.is_some() && progress.begun == begun { ticks + 1 } else { 0 };
        begun = progress.begun;
    }
}

fn do_parts<K, T>(progress: &Mutex<Progress<K, T>>, thread: u64) {
    loop {
        let begun = lock(progress).begin(thread);
        let Some(work) = begun else { return };
        let result = work();
        leave_file();
        lock(progress).end(thread, result);
    }
}

impl<K, T> Progress<K, T> {
    fn new(parts: Vec<Part<K, T>>) -> Self {
        let done = PartsDone { results: Vec::with_capacity(parts.len()), left_out: Vec::new() };
        Self { waiting: parts.into(), current: None, begun: 0, done, thread: 0 }
    }

    /// Begins the next part, unless another thread goes on.
    fn begin(&mut self, thread: u64) -> Option<Box<dyn FnOnce() -> T + Send>> {
        if self.thread != thread {
            return None;
        }
        let Part { key, files, work } = self.waiting.pop_front()?;
        self.begun += 1;
        self.current = Some((key, files));
        Some(work)
    }

    /// Takes a result, unless another thread goes on.
    fn end(&mut self, thread: u64, result: T) {
        if self.thread == thread
            && let Some((key, _)) = self.current.take()
        {
            self.done.results.push((key, result));
        }
    }

    /// Leaves out the part at hand, which hangs or has panicked.
    fn leave_out_current(&mut self) {
        if let Some((key, files)) = self.current.take() {
            self.leave_out(key, files);
        }
    }

    /// Leaves out the parts that would probably hang.
    fn leave_out_unreachable(&mut self) {
        let is_full = stuck_reads(STUCK_AFTER) >= STUCK_MAX;
        for Part { key, files, work } in mem::take(&mut self.waiting) {
            if is_full || files.iter().any(|file| is_out_of_reach(file, STUCK_AFTER)) {
                self.leave_out(key, files);
            } else {
                self.waiting.push_back(Part { key, files, work });
            }
        }
    }

    fn leave_out(&mut self, key: K, files: Vec<PathBuf>) {
        let stuck = files.iter().position(|file| is_out_of_reach(file, STUCK_AFTER)).unwrap_or_default();
        self.done.left_out.push(LeftOut { key, file: files.into_iter().nth(stuck) });
    }

    fn take_done(&mut self) -> PartsDone<K, T> {
        mem::replace(&mut self.done, PartsDone { results: Vec::new(), left_out: Vec::new() })
    }
}

/// No code panics while it holds the lock, so a poisoned lock is safe to use.
fn lock<K, T>(progress: &Mutex<Progress<K, T>>) -> MutexGuard<'_, Progress<K, T>> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often a part is looked at that does not end.
const TICK: Duration = Duration::from_millis(250);
/// The looks after the first one at which the same part is at hand, until it counts as hanging.
const TICKS_MAX: u32 = 4;
const _: () =
    assert!(TICK.as_millis() * (TICKS_MAX as u128) > STUCK_AFTER.as_millis(), "a part that hangs counts as stuck");
/// With so many reads stuck, no part is tried: the other threads of [`Lane::Read`] are for exchanges.
const STUCK_MAX: usize = 12;

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::mpsc};

    use super::*;
    use crate::blocking::{Access, at_file, finish};

    fn part(key: u32, file: &'static str, work: impl FnOnce() + Send + 'static) -> Part<u32, u32> {
        Part::new(key, vec![file.into()], move || {
            at_file(Access::Read, Path::new(file));
            work();
            key
        })
    }

    fn left_out(key: u32, file: &str) -> LeftOut<u32> {
        LeftOut { key, file: Some(file.into()) }
    }

    #[tokio::test]
    async fn a_part_that_hangs_is_left_out_and_its_late_result_dropped() {
        let (release, hang) = mpsc::channel::<()>();
        let hangs = part(1, "/a/1", move || {
            let _ = hang.recv();
        });
        let done = run_parts(vec![hangs, part(2, "/a/2", || ()), part(3, "/b/3", || ())]).await;
        assert_eq!((done.results, done.left_out), (vec![(2, 2), (3, 3)], vec![left_out(1, "/a/1")]));
        let again = run_parts(vec![part(1, "/a/1", || unreachable!()), part(4, "/a/4", || ())]).await;
        assert_eq!((again.results, again.left_out), (vec![(4, 4)], vec![left_out(1, "/a/1")]), "it is not tried");
        drop(release);
        finish(Lane::Read).await;
        let back = run_parts(vec![part(1, "/a/1", || ())]).await;
        assert_eq!((back.results, back.left_out), (vec![(1, 1)], Vec::new()));
    }

    #[tokio::test]
    async fn a_thousand_files_of_a_folder_hang_few_threads() {
        let (release, hang) = mpsc::channel::<()>();
        let hang = Arc::new(Mutex::new(hang));
        let mut parts: Vec<_> = (0..1000)
            .map(|key| {
                let hang = Arc::clone(&hang);
                let file = PathBuf::from(format!("/a/{key}"));
                Part::new(key, vec![file.clone()], move || {
                    at_file(Access::Read, &file);
                    let _ = hang.lock().map(|hang| hang.recv());
                    key
                })
            })
            .collect();
        parts.push(part(1000, "/b/1", || ()));
        let done = run_parts(parts).await;
        assert_eq!((done.results, done.left_out.len()), (vec![(1000, 1000)], 1000));
        assert_eq!(stuck_reads(STUCK_AFTER), 2);
        drop(release);
        finish(Lane::Read).await;
    }

    #[tokio::test]
    async fn a_part_that_panics_is_left_out() {
        let done = run_parts(vec![part(1, "/a/1", || panic!("a bug")), part(2, "/a/2", || ())]).await;
        assert_eq!((done.results, done.left_out), (vec![(2, 2)], vec![left_out(1, "/a/1")]));
    }
}
