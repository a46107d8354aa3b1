//! Which work is taken next, and when it needs another thread. Pure: it neither starts threads nor reads clocks.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::lane::Lane;

/// Work that waits, and work that runs. `J` is a piece of work.
#[derive(Debug)]
pub(super) struct WorkQueue<J> {
    lanes: [LaneQueue<J>; Lane::ALL.len()],
    running: Vec<Running>,
}

/// The work of a lane that waits, and since when.
#[derive(Debug)]
struct LaneQueue<J> {
    lane: Lane,
    waiting: VecDeque<(Duration, J)>,
}

/// Work on a thread.
#[derive(Debug)]
struct Running {
    lane: Lane,
    progress: Arc<Progress>,
}

/// When the work on a thread last got on: when it began, or went on to another file. On the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Progress(AtomicU64);

impl Progress {
    pub(super) fn note(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn is_stuck(&self, now: Duration) -> bool {
        now.saturating_sub(Duration::from_nanos(self.0.load(Ordering::Relaxed))) >= STUCK_FROM
    }
}

impl<J> Default for WorkQueue<J> {
    fn default() -> Self {
        Self { lanes: Lane::ALL.map(|lane| LaneQueue { lane, waiting: VecDeque::new() }), running: Vec::new() }
    }
}

impl<J> WorkQueue<J> {
    /// Adds work. Before the queue of its lane grows long, the work that `is_needed` does not need is dropped.
    pub(super) fn push(&mut self, now: Duration, lane: Lane, job: J, is_needed: impl Fn(&J) -> bool) {
        let queue = self.lane_mut(lane);
        if lane.skips_abandoned() && queue.len() >= PRUNE_FROM {
            queue.retain(|(_, job)| is_needed(job));
        }
        queue.push_back((now, job));
    }

    /// Takes the next work for a thread whose progress this is: of a lane without a thread that hangs, if there is any; then
    /// what has waited for long, oldest first; then in the order of the lanes.
    pub(super) fn take(&mut self, now: Duration, progress: &Arc<Progress>) -> Option<(Lane, J)> {
        let order = |queue: &LaneQueue<J>| {
            let since = queue.waiting.front()?.0;
            let is_late = now.saturating_sub(since) >= LATE_FROM;
            Some((self.stuck_of(queue.lane, now) > 0, !is_late, is_late.then_some(since)))
        };
        let eligible = (0..self.lanes.len()).filter(|at| self.may_take(&self.lanes[*at]));
        let at = eligible.min_by_key(|at| order(&self.lanes[*at]))?;
        let lane = self.lanes[at].lane;
        let (_, job) = self.lanes[at].waiting.pop_front()?;
        progress.note(now);
        self.running.push(Running { lane, progress: Arc::clone(progress) });
        Some((lane, job))
    }

    /// Takes work that is done without a thread: of a lane that has none, while `threads` are all that there are and none of
    /// them is free.
    pub(super) fn take_without_threads(&mut self, now: Duration, threads: usize) -> Option<(Lane, J)> {
        if self.responsive(now, threads) > 0 {
            return None;
        }
        let at = (0..self.lanes.len()).find(|at| {
            let queue = &self.lanes[*at];
            !queue.waiting.is_empty() && self.running_of(queue.lane) == 0
        })?;
        let (_, job) = self.lanes[at].waiting.pop_front()?;
        Some((self.lanes[at].lane, job))
    }

    /// Notes the end of the work of a thread.
    pub(super) fn end(&mut self, progress: &Arc<Progress>) {
        self.running.retain(|running| !Arc::ptr_eq(&running.progress, progress));
    }

    /// How much of the waiting work threads may take.
    pub(super) fn takeable(&self) -> usize {
        let free = |lane: Lane| lane.threads_max().saturating_sub(self.running_of(lane));
        self.lanes.iter().map(|queue| queue.waiting.len().min(free(queue.lane))).sum()
    }

    /// Whether no work of a lane waits or runs.
    pub(super) fn is_quiet(&self, lane: Lane) -> bool {
        self.running_of(lane) == 0 && self.lane(lane).is_empty()
    }

    /// Whether the work of a lane waits and no thread of so many comes for it.
    pub(super) fn is_starved(&self, now: Duration, lane: Lane, threads: usize) -> bool {
        self.running_of(lane) == 0 && !self.lane(lane).is_empty() && self.responsive(now, threads) == 0
    }

    /// Whether the waiting work needs another thread, if there are `threads`: because every one of them hangs, or because the work
    /// has waited for [`GROW_AFTER`] and few get on.
    pub(super) fn needs_thread(&self, now: Duration, threads: usize) -> bool {
        let waiting = self.lanes.iter().filter(|queue| self.may_take(queue));
        let oldest = waiting.filter_map(|queue| queue.waiting.front()).map(|(since, _)| *since).min();
        let responsive = self.responsive(now, threads);
        oldest.is_some_and(|since| {
            responsive == 0 || (responsive < RESPONSIVE_MAX && now.saturating_sub(since) >= GROW_AFTER)
        })
    }

    /// How many of so many threads do not hang.
    fn responsive(&self, now: Duration, threads: usize) -> usize {
        threads.saturating_sub(self.running.iter().filter(|running| running.progress.is_stuck(now)).count())
    }

    fn may_take(&self, queue: &LaneQueue<J>) -> bool {
        !queue.waiting.is_empty() && self.running_of(queue.lane) < queue.lane.threads_max()
    }

    fn running_of(&self, lane: Lane) -> usize {
        self.running.iter().filter(|running| running.lane == lane).count()
    }

    fn stuck_of(&self, lane: Lane, now: Duration) -> usize {
        self.running.iter().filter(|running| running.lane == lane && running.progress.is_stuck(now)).count()
    }

    fn lane(&self, lane: Lane) -> &VecDeque<(Duration, J)> {
        &self.lanes[Self::place(lane)].waiting
    }

    fn lane_mut(&mut self, lane: Lane) -> &mut VecDeque<(Duration, J)> {
        &mut self.lanes[Self::place(lane)].waiting
    }

    fn place(lane: Lane) -> usize {
        Lane::ALL.iter().position(|other| *other == lane).unwrap_or_default()
    }
}

/// A thread whose work has not got on for so long counts as hanging: another one is started in its place.
pub(super) const STUCK_FROM: Duration = Duration::from_millis(100);
/// Threads that do not hang, beyond which no further one is started.
pub(super) const RESPONSIVE_MAX: usize = 4;
/// How long work waits before a further thread is started for it. One thread does short bursts alone.
const GROW_AFTER: Duration = Duration::from_millis(5);
/// Work that has waited for so long is taken before the work of other lanes that came later.
const LATE_FROM: Duration = Duration::from_millis(100);
/// From this length on, a queue drops the work that no one waits for.
const PRUNE_FROM: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn push(queue: &mut WorkQueue<&'static str>, milliseconds: u64, lane: Lane, job: &'static str) {
        queue.push(at(milliseconds), lane, job, |_| true);
    }

    fn take(queue: &mut WorkQueue<&'static str>, milliseconds: u64) -> Option<&'static str> {
        queue.take(at(milliseconds), &Arc::default()).map(|(_, job)| job)
    }

    #[test]
    fn writes_go_before_reads_that_have_not_waited_for_long() {
        let mut queue = WorkQueue::default();
        push(&mut queue, 0, Lane::Read, "old read");
        push(&mut queue, 50, Lane::Read, "read");
        push(&mut queue, 60, Lane::Write, "write");
        push(&mut queue, 60, Lane::State, "state");
        assert_eq!(take(&mut queue, 70), Some("state"));
        assert_eq!(take(&mut queue, 110), Some("old read"), "it has waited for long");
        assert_eq!([take(&mut queue, 110), take(&mut queue, 110)], [Some("write"), Some("read")]);
        assert_eq!(take(&mut queue, 110), None);
    }

    #[test]
    fn a_lane_that_hangs_goes_last_and_holds_so_many_threads() {
        let mut queue = WorkQueue::default();
        for _ in 0..=Lane::Write.threads_max() {
            push(&mut queue, 0, Lane::Write, "write");
        }
        assert_eq!(take(&mut queue, 0), Some("write"));
        push(&mut queue, 150, Lane::Read, "read");
        assert_eq!(take(&mut queue, 160), Some("read"));
        for _ in 1..Lane::Write.threads_max() {
            assert_eq!(take(&mut queue, 160), Some("write"));
        }
        assert!(queue.takeable() == 0 && !queue.is_quiet(Lane::Write), "one waits");
        assert_eq!(take(&mut queue, 160), None);
        push(&mut queue, 170, Lane::State, "state");
        assert_eq!(take(&mut queue, 170), Some("state"));
    }

    #[test]
    fn a_thread_is_added_when_all_hang_or_few_get_on() {
        let mut queue = WorkQueue::default();
        assert!(!queue.needs_thread(at(0), 0), "no work waits");
        push(&mut queue, 0, Lane::Read, "read");
        assert!(queue.needs_thread(at(0), 0));
        assert!(!queue.needs_thread(at(4), 1) && queue.needs_thread(at(5), 1));
        let hangs = Arc::default();
        queue.take(at(5), &hangs).unwrap();
        push(&mut queue, 104, Lane::Read, "read");
        assert!(!queue.needs_thread(at(104), 1) && queue.needs_thread(at(105), 1), "the only one hangs");
        assert!(queue.needs_thread(at(109), RESPONSIVE_MAX), "one of them hangs");
        assert!(!queue.needs_thread(at(500), RESPONSIVE_MAX + 1));
        hangs.note(at(200));
        assert!(!queue.needs_thread(at(299), RESPONSIVE_MAX), "it goes on at another file");
        queue.end(&hangs);
        assert!(!queue.needs_thread(at(500), RESPONSIVE_MAX));
    }

    #[test]
    fn without_a_free_thread_the_work_of_other_lanes_is_done() {
        let mut queue = WorkQueue::default();
        let hangs = Arc::default();
        push(&mut queue, 0, Lane::Read, "hangs");
        assert!(queue.is_starved(at(0), Lane::Read, 0) && !queue.is_starved(at(0), Lane::Read, 1));
        queue.take(at(0), &hangs).unwrap();
        push(&mut queue, 0, Lane::Read, "read");
        push(&mut queue, 0, Lane::State, "state");
        assert_eq!(queue.take_without_threads(at(99), 1), None, "the thread comes back");
        assert!(queue.is_starved(at(100), Lane::State, 1) && !queue.is_starved(at(100), Lane::Read, 1));
        assert_eq!(queue.take_without_threads(at(100), 1), Some((Lane::State, "state")));
        assert_eq!(queue.take_without_threads(at(100), 1), None, "reads may hang");
        queue.end(&hangs);
        assert_eq!(queue.take_without_threads(at(100), 0), Some((Lane::Read, "read")));
    }

    #[test]
    fn a_long_queue_drops_what_is_not_needed() {
        let mut queue = WorkQueue::default();
        for lane in [Lane::Read, Lane::Write] {
            for number in 0..1000_usize {
                queue.push(at(0), lane, number, |number| number % 100 == 0);
            }
        }
        assert!(queue.lane(Lane::Read).len() <= PRUNE_FROM + 1);
        assert_eq!(queue.lane(Lane::Write).len(), 1000);
    }
}
