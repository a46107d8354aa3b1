//! The queue of lines that wait for standard error. Pure: it neither writes nor waits.

use std::{collections::VecDeque, mem};

/// Lines in order, and where some are missing.
#[derive(Debug)]
pub(super) struct LineQueue {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// Whether lines are dropped until half of the queue is free. Otherwise a slow reader would get a summary line after
    /// each line that just fits.
    overflows: bool,
    /// Lines that are missing after the newest entry.
    missing: u64,
    dropped: u64,
}

/// One thing to write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    /// A line with its end.
    Line(Box<[u8]>),
    /// So many lines are missing here.
    Gap(u64),
}

impl LineQueue {
    pub(super) const fn new() -> Self {
        Self { entries: VecDeque::new(), bytes: 0, overflows: false, missing: 0, dropped: 0 }
    }

    /// Adds a line, or counts it as dropped.
    pub(super) fn push(&mut self, line: &[u8]) {
        if self.overflows {
            self.overflows = self.bytes > BYTES_MAX / 2 || self.entries.len() > LINES_MAX / 2;
        }
        let fits = self.bytes + line.len() <= BYTES_MAX && self.entries.len() + 2 <= LINES_MAX;
        if self.overflows || !fits {
            self.overflows = true;
            self.missing += 1;
            self.dropped += 1;
            return;
        }
        if self.missing > 0 {
            self.entries.push_back(Entry::Gap(mem::take(&mut self.missing)));
        }
        self.bytes += line.len();
        self.entries.push_back(Entry::Line(line.into()));
    }

    /// Takes the oldest entry. After the last line, lines that found no room since are an entry too.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        match self.entries.pop_front() {
            Some(Entry::Line(line)) => {
                self.bytes -= line.len();
                Some(Entry::Line(line))
            }
            Some(Entry::Gap(lines)) => Some(Entry::Gap(lines)),
            None => {
                self.entries.shrink_to(LINES_KEPT);
                mem::take(&mut self.overflows).then(|| Entry::Gap(mem::take(&mut self.missing)))
            }
        }
    }

    /// Notes that an entry was taken and could not be written. The next line is written after a summary, so that a failing
    /// destination is tried once for each line and not again and again.
    pub(super) fn fail(&mut self, entry: Lost) {
        match entry {
            Lost::Line => {
                self.missing += 1;
                self.dropped += 1;
            }
            Lost::Gap(lines) => self.missing += lines,
        }
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && !self.overflows
    }

    /// How many lines were dropped since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// An entry that could not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lost {
    Line,
    /// The summary of so many lines.
    Gap(u64),
}

/// The most bytes that wait: some thousand lines, and little beside the memory of the process.
const BYTES_MAX: usize = 1 << 20;
/// The most entries that wait, for lines much shorter than usual.
const LINES_MAX: usize = 8192;
/// The entries whose memory an empty queue keeps.
const LINES_KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Entry {
        Entry::Line(text.as_bytes().into())
    }

    fn all(queue: &mut LineQueue) -> Vec<Entry> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn lines_leave_in_their_order() {
        let mut queue = LineQueue::new();
        for text in ["a", "b", "c"] {
            queue.push(text.as_bytes());
        }
        assert_eq!(all(&mut queue), [line("a"), line("b"), line("c")]);
        assert!(queue.is_empty() && queue.dropped() == 0);
    }

    #[test]
    fn the_queue_is_bounded_in_bytes_and_in_lines() {
        for length in [1, 100, 5000] {
            let mut queue = LineQueue::new();
            let text = vec![b'x'; length];
            for _ in 0..100_000 {
                queue.push(&text);
            }
            let lines = queue.entries.len();
            assert!(lines <= LINES_MAX && queue.bytes <= BYTES_MAX, "{length}: {lines} lines");
            assert!(lines + 2 > LINES_MAX || queue.bytes + length > BYTES_MAX, "{length}: not full at {lines} lines");
            assert_eq!(queue.dropped() + lines as u64, 100_000);
            assert_eq!(all(&mut queue).pop(), Some(Entry::Gap(100_000 - lines as u64)));
            assert!(queue.is_empty() && queue.bytes == 0);
        }
    }

    #[test]
    fn a_summary_stands_where_lines_are_missing() {
        let mut queue = LineQueue::new();
        let half = vec![b'x'; BYTES_MAX / 2];
        queue.push(&half);
        queue.push(&half);
        queue.push(b"dropped");
        queue.push(b"dropped");
        assert_eq!(queue.pop(), Some(Entry::Line(half.clone().into())));
        queue.push(b"fits");
        assert_eq!(all(&mut queue), [Entry::Line(half.into()), Entry::Gap(2), line("fits")]);
        assert_eq!(queue.dropped(), 2);
    }

    #[test]
    fn a_reader_of_line_after_line_gets_few_summaries() {
        let mut queue = LineQueue::new();
        let text = [b'x'; 100];
        let mut gaps = 0;
        for n in 0..100_000 {
            queue.push(&text);
            if n % 2 == 0 && matches!(queue.pop(), Some(Entry::Gap(_))) {
                gaps += 1;
            }
        }
        assert!((1..=30).contains(&gaps), "{gaps} summaries");
    }

    #[test]
    fn what_cannot_be_written_is_reported_before_the_next_line() {
        let mut queue = LineQueue::new();
        queue.push(b"a");
        queue.pop();
        queue.fail(Lost::Line);
        assert_eq!(queue.pop(), None, "a failing destination is not tried again by itself");
        queue.push(b"b");
        assert_eq!(queue.pop(), Some(Entry::Gap(1)));
        queue.fail(Lost::Gap(1));
        assert_eq!(queue.pop(), Some(line("b")));
        queue.push(b"c");
        assert_eq!(all(&mut queue), [Entry::Gap(1), line("c")]);
        assert_eq!(queue.dropped(), 1);
    }
}
