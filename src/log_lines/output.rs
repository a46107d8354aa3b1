//! The queue of this process, and the thread that writes it. The lock is held for moments only, and never during a write.

use std::{
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use super::{
    destination::{Outcome, Patience, write_some},
    queue::{Entry, LineQueue, Lost},
    repeats::{Line, Repeats},
    summary::Summary,
};
use crate::{clock, renewal::Moment};

/// Puts one or more lines, with their ends, into the queue. Never blocks.
pub fn write(lines: &[u8]) {
    let mut state = OUTPUT.lock();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        state.queue.push(line);
    }
    OUTPUT.more_to_write(state);
}

/// Returns whether to write a line that may repeat. If not, it is counted, and a summary is written later.
pub fn admit(line: &Line) -> bool {
    let now = clock::now();
    let mut state = OUTPUT.lock();
    let due = state.repeats.next_due();
    let is_admitted = state.repeats.admit(now, line);
    if !is_admitted && (state.repeats.next_due() != due || matches!(state.writer, Writer::Refused { .. })) {
        OUTPUT.more_to_write(state);
    }
    is_admitted
}

/// How many lines were dropped since the start, because standard error was not read or could not be written.
pub fn dropped() -> u64 {
    OUTPUT.lock().queue.dropped()
}

/// Sets the format of summaries, which have an end of line. Only the first call has an effect.
pub fn set_format(format: impl Fn(&Summary) -> String + Send + Sync + 'static) {
    let _ = OUTPUT.format.set(Box::new(format));
}

/// Lets lines wait until [`start_thread`]: for a process that confines itself before its first thread starts.
pub fn defer_thread() {
    OUTPUT.lock().writer = Writer::Deferred;
}

/// Starts the thread. Without this call it starts with the first line.
pub fn start_thread() {
    let mut state = OUTPUT.lock();
    state.writer = Writer::AtFirstLine;
    OUTPUT.more_to_write(state);
}

/// Waits until everything is written, or for [`FLUSH_MAX`].
pub fn flush() {
    OUTPUT.flush();
}

/// Writes the last lines when it is dropped, as far as [`FLUSH_MAX`] allows.
#[derive(Debug)]
pub struct FlushAtEnd;

impl Drop for FlushAtEnd {
    fn drop(&mut self) {
        let summaries = OUTPUT.lock().repeats.take_all(clock::now());
        OUTPUT.write_summaries(&summaries);
        OUTPUT.flush();
    }
}

static OUTPUT: Output = Output {
    state: Mutex::new(State {
        queue: LineQueue::new(),
        repeats: Repeats::new(),
        writer: Writer::AtFirstLine,
        begun: None,
        is_writing: false,
        is_torn: false,
    }),
    format: OnceLock::new(),
    more: Condvar::new(),
    written: Condvar::new(),
};

struct Output {
    state: Mutex<State>,
    format: OnceLock<Format>,
    /// There is something to write, or a summary to wait for.
    more: Condvar,
    /// Something was written, or failed.
    written: Condvar,
}

/// Formats a summary as a line.
type Format = Box<dyn Fn(&Summary) -> String + Send + Sync>;

struct State {
    queue: LineQueue,
    repeats: Repeats,
    writer: Writer,
    /// A line of which some bytes may be written.
    begun: Option<Begun>,
    /// Whether a thread has taken a line to write it.
    is_writing: bool,
    /// Whether the last line broke off, so that the next one begins with an end of line.
    is_torn: bool,
}

/// What writes the lines.
#[derive(Clone, Copy, Debug)]
enum Writer {
    /// The thread, which starts with the first line.
    AtFirstLine,
    /// The thread, later.
    Deferred,
    /// The thread.
    Running,
    /// The threads that log, as far as standard error takes lines at once: the system refuses another thread.
    Refused { retry: Moment },
}

struct Begun {
    entry: Lost,
    bytes: Vec<u8>,
    written: usize,
}

impl State {
    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.begun.is_none() && !self.is_writing
    }
}

impl Output {
    /// A panic while the lock was held leaves no broken state.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn more_to_write(&'static self, mut state: MutexGuard<'_, State>) {
        self.ensure_thread(&mut state);
        match state.writer {
            Writer::Running => self.more.notify_one(),
            Writer::AtFirstLine | Writer::Deferred => {}
            Writer::Refused { .. } => {
                let summaries = state.repeats.take_due(clock::now());
                drop(state);
                self.write_here(Duration::ZERO);
                self.write_summaries(&summaries);
            }
        }
    }

    /// Starts the thread, unless it runs or must wait.
    fn ensure_thread(&'static self, state: &mut State) {
        match state.writer {
            Writer::Running | Writer::Deferred => return,
            Writer::Refused { retry } if clock::now() < retry => return,
            Writer::Refused { .. } | Writer::AtFirstLine => {}
        }
        let started =
            thread::Builder::new().name("log".to_owned()).stack_size(STACK_BYTES).spawn(|| self.write_forever());
        state.writer = match started {
            Ok(_) => Writer::Running,
            Err(_) => Writer::Refused { retry: clock::now() + RETRY_AFTER },
        };
    }

    /// The work of the thread.
    fn write_forever(&'static self) {
        loop {
            let mut state = self.lock();
            let summaries = state.repeats.take_due(clock::now());
            if !summaries.is_empty() {
                drop(state);
                self.write_summaries(&summaries);
            } else if state.is_idle() {
                drop(match state.repeats.next_due() {
                    Some(due) => {
                        let pause = due.since(clock::now());
                        self.more.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0
                    }
                    None => self.more.wait(state).unwrap_or_else(PoisonError::into_inner),
                });
            } else if state.is_writing {
                drop(self.written.wait(state).unwrap_or_else(PoisonError::into_inner));
            } else {
                drop(state);
                self.write_next(Patience::Unlimited);
            }
        }
    }

    /// Writes without a thread, until standard error takes nothing for this long.
    fn write_here(&self, patience: Duration) {
        let end = clock::now() + patience;
        while self.write_next(Patience::AtMost(end.since(clock::now()))) {}
    }

    /// Writes some bytes of the next line. Returns whether to go on: not if there is nothing to write, if another thread
    /// writes, or if standard error takes nothing now.
    fn write_next(&self, patience: Patience) -> bool {
        let mut state = self.lock();
        if state.is_writing {
            return false;
        }
        let Some(next) = state.begun.take().map(Next::Begun).or_else(|| state.queue.pop().map(Next::Entry)) else {
            return false;
        };
        state.is_writing = true;
        let is_torn = state.is_torn;
        drop(state);
        let mut begun = match next {
            Next::Begun(begun) => begun,
            Next::Entry(entry) => self.begin(entry, is_torn),
        };
        let outcome = write_some(&begun.bytes[begun.written..], patience);
        let mut state = self.lock();
        state.is_writing = false;
        match outcome {
            Outcome::Written(count) => {
                begun.written += count;
                if begun.written < begun.bytes.len() {
                    state.begun = Some(begun);
                } else {
                    state.is_torn = false;
                }
            }
            Outcome::NotReady => state.begun = Some(begun),
            Outcome::Failed => {
                state.is_torn |= begun.written > 0;
                state.queue.fail(begun.entry);
            }
        }
        self.written.notify_all();
        outcome != Outcome::NotReady
    }

    fn begin(&self, entry: Entry, is_torn: bool) -> Begun {
        let (entry, line) = match entry {
            Entry::Line(line) => (Lost::Line, line.into_vec()),
            Entry::Gap(lines) => (Lost::Gap(lines), self.formatted(&Summary::of_dropped(lines)).into_bytes()),
        };
        let bytes = if is_torn { [b"\n", line.as_slice()].concat() } else { line };
        Begun { entry, bytes, written: 0 }
    }

    fn write_summaries(&'static self, summaries: &[Summary]) {
        for summary in summaries {
            write(self.formatted(summary).as_bytes());
        }
    }

    fn formatted(&self, summary: &Summary) -> String {
        match self.format.get() {
            Some(format) => format(summary),
            None => format!("warning: {} ({} lines)\n", summary.message, summary.suppressed),
        }
    }

    fn flush(&'static self) {
        let mut state = self.lock();
        if state.is_idle() {
            return;
        }
        state.writer = match state.writer {
            Writer::Running => Writer::Running,
            Writer::AtFirstLine | Writer::Deferred | Writer::Refused { .. } => Writer::AtFirstLine,
        };
        self.ensure_thread(&mut state);
        match state.writer {
            Writer::Running => {
                self.more.notify_one();
                let is_busy = |state: &mut State| !state.is_idle();
                drop(self.written.wait_timeout_while(state, FLUSH_MAX, is_busy));
            }
            Writer::AtFirstLine | Writer::Deferred | Writer::Refused { .. } => {
                drop(state);
                self.write_here(FLUSH_MAX);
            }
        }
    }
}

enum Next {
    Begun(Begun),
    Entry(Entry),
}

/// How long the last lines are tried at the end of the process.
const FLUSH_MAX: Duration = Duration::from_secs(1);
/// How long after a refused thread the next one is tried.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// The thread formats summaries and calls the kernel.
const STACK_BYTES: usize = 128 * 1024;
