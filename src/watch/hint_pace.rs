//! When changes become a hint: at once where a file is whole, else after a moment.

use std::{future::pending, mem, pin::Pin, time::Duration};

use tokio::time::{Sleep, sleep};

/// Gathers changes into hints. A replaced key costs no delay, a half-written one is not read first, and continuous changes cause
/// ten hints per second.
#[derive(Debug, Default)]
pub(super) struct HintPace {
    /// What changed since the last hint.
    news: Option<Change>,
    phase: Phase,
}

/// What a change leaves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Change {
    /// A file that may be half written, or no file.
    Any,
    /// A file that is whole: it was put into its place by a rename, as the kubelet turns the link of a mounted Secret, or its
    /// writer has closed it.
    WholeFile,
}

#[derive(Debug, Default)]
enum Phase {
    /// Nothing has changed for a while: the next change that leaves a whole file is a hint at once.
    #[default]
    Quiet,
    /// Until this moment a change that leaves a whole file is waited for.
    Incomplete(Pin<Box<Sleep>>),
    /// A hint was given a moment ago. What changes until this moment is one more hint.
    Following(Pin<Box<Sleep>>),
}

impl HintPace {
    /// Notes a change.
    pub(super) fn note(&mut self, change: Change) {
        self.news = self.news.max(Some(change));
    }

    /// Waits until a hint is due, and takes what was noted. A change that is noted meanwhile needs another call. Cancel-safe.
    pub(super) async fn due(&mut self) {
        loop {
            match (&mut self.phase, self.news) {
                (Phase::Quiet, None) => pending().await,
                (Phase::Quiet, Some(Change::Any)) => self.phase = Phase::Incomplete(window()),
                (Phase::Quiet | Phase::Incomplete(_), Some(Change::WholeFile)) => break,
                (Phase::Incomplete(window), None | Some(Change::Any)) => {
                    window.await;
                    break;
                }
                (Phase::Following(window), _) => {
                    window.await;
                    if self.news.is_some() {
                        break;
                    }
                    self.phase = Phase::Quiet;
                }
            }
        }
        self.phase = Phase::Following(window());
        mem::take(&mut self.news);
    }
}

fn window() -> Pin<Box<Sleep>> {
    Box::pin(sleep(GATHERING))
}

/// How long changes are gathered into one hint.
const GATHERING: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the paused clock of a test does not stop during suspend")]
    fn now() -> Instant {
        Instant::now()
    }

    /// How long after the start the next hint comes, in milliseconds.
    async fn next(pace: &mut HintPace, start: Instant) -> u128 {
        pace.due().await;
        start.elapsed().as_millis()
    }

    async fn comes_within(pace: &mut HintPace, milliseconds: u64) -> bool {
        timeout(Duration::from_millis(milliseconds), pace.due()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_whole_file_is_a_hint_at_once_and_what_follows_is_one_more() {
        let (mut pace, start) = (HintPace::default(), now());
        pace.note(Change::WholeFile);
        assert_eq!(next(&mut pace, start).await, 0);
        pace.note(Change::WholeFile);
        pace.note(Change::Any);
        assert_eq!(next(&mut pace, start).await, 100);
        assert!(!comes_within(&mut pace, 60_000).await, "no hint without a change");
        pace.note(Change::WholeFile);
        assert_eq!(next(&mut pace, start).await, 60_100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_may_be_half_written_is_a_hint_once_it_is_whole() {
        let (mut pace, start) = (HintPace::default(), now());
        pace.note(Change::Any);
        assert!(!comes_within(&mut pace, 40).await);
        pace.note(Change::WholeFile);
        assert_eq!(next(&mut pace, start).await, 40);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_that_leaves_no_whole_file_is_a_hint_after_a_moment() {
        let (mut pace, start) = (HintPace::default(), now());
        pace.note(Change::Any);
        assert!(!comes_within(&mut pace, 40).await);
        pace.note(Change::Any);
        assert_eq!(next(&mut pace, start).await, 100, "counted from the first");
    }

    #[tokio::test(start_paused = true)]
    async fn continuous_changes_are_ten_hints_per_second() {
        let (mut pace, start) = (HintPace::default(), now());
        for n in 0..50 {
            pace.note(Change::WholeFile);
            assert_eq!(next(&mut pace, start).await, n * 100);
        }
    }
}
