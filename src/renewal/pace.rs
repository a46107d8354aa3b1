//! How fast one host may be asked: learnt from its answers, because hosts do not publish their limits.
//!
//! At first a few exchanges go out at once and the rest slightly apart. Each good answer shortens the distance, down to
//! zero. A refusal with 429 says how long to be quiet; the number of recent answers shows how many requests the host
//! accepts. After the quiet, waiting exchanges are admitted at that rate, but within at most one minute, because the
//! estimate may come from a time with few requests. If the host refuses again, they are spread over two minutes, and so
//! on. The distance halves every minute, in case the limit has grown.
//!
//! A process without recent answers knows nothing about the limit: it is one of many behind the same address. It
//! returns at a random moment soon after the quiet. If that is refused too, it spreads its return over the longest
//! allowed delay of a session, as all the others do.
//!
//! Pacing never delays a session by more than any other refusal may: a minute or a tenth of its life, see
//! [`lateness_of`]. A host that cannot bear that rate refuses again.

use std::time::Duration;

use super::{answer::Refusal, moment::Moment};

/// The pace of one host.
#[derive(Debug)]
pub(super) struct Pace {
    /// Until when the host asked for no requests.
    quiet_until: Moment,
    /// The learnt distance between two exchanges that the host accepts.
    gap: Duration,
    /// When the next exchange is scheduled at that distance.
    on_time: Moment,
    limit: Limit,
    recent: Recent,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Limit {
    /// The host has never refused with [`Refusal::Busy`].
    Unknown,
    Known {
        /// Rounds of refusals without two quiet windows between them.
        rounds: u32,
        /// Rounds without an answer between them.
        unanswered: u32,
        /// Over how long all waiting exchanges are spread.
        patience: Duration,
        last: Moment,
    },
}

impl Pace {
    /// The pace of a host that has received no request yet.
    pub(super) fn new() -> Self {
        Self {
            quiet_until: Moment::default(),
            gap: GAP_AT_FIRST,
            on_time: Moment::default(),
            limit: Limit::Unknown,
            recent: Recent::default(),
        }
    }

    /// No exchange is admitted before this moment.
    pub(super) fn opens(&self) -> Moment {
        let ahead = match self.limit {
            Limit::Unknown => self.gap * BURST,
            Limit::Known { .. } => Duration::ZERO,
        };
        self.quiet_until.max(self.on_time.back(ahead))
    }

    /// Takes over the quiet time that an earlier process received.
    pub(super) fn keep_quiet(&mut self, until: Moment) {
        self.quiet_until = self.quiet_until.max(until);
    }

    /// Records an exchange that goes out, and the number of exchanges that wait behind it.
    pub(super) fn admitted(&mut self, now: Moment, waiting: usize) {
        self.on_time = self.on_time.max(now) + self.distance(waiting);
    }

    /// Records an answer of the host: a session, or anything but [`Refusal::Busy`].
    pub(super) fn answered(&mut self, now: Moment) {
        self.recent.note(now);
        match &mut self.limit {
            Limit::Unknown if self.recent.answers.is_multiple_of(ANSWERS_TO_GO_FASTER) => self.gap /= 2,
            Limit::Unknown => {}
            Limit::Known { unanswered, .. } => {
                *unanswered = 0;
                let share_of_a_minute = (self.gap.as_secs_f64() / 60.0).min(1.0);
                self.gap = self.gap.mul_f64(0.5_f64.powf(share_of_a_minute));
            }
        }
        if self.gap < GAP_MIN {
            self.gap = Duration::ZERO;
        }
    }

    /// Records a [`Refusal::Busy`]. Refusals of exchanges that were in flight at the first one count once.
    pub(super) fn refused(&mut self, now: Moment, hold: Hold, rng: &mut fastrand::Rng) {
        let Hold { quiet, waiting, lifetime } = hold;
        let repeated = now < self.quiet_until;
        self.quiet_until = self.quiet_until.max(now + quiet);
        if repeated {
            return;
        }
        let (rounds, unanswered) = match self.limit {
            Limit::Known { rounds, unanswered, last, .. } if now - last < WINDOW * 2 => (rounds, unanswered),
            Limit::Known { unanswered, .. } => (0, unanswered),
            Limit::Unknown => (0, 0),
        };
        let lateness = lifetime.map_or_else(|| without_a_session(unanswered), lateness_of);
        let patience = lifetime.map_or(WINDOW, lateness_of).saturating_mul(1 << rounds.min(DOUBLINGS_MAX));
        self.limit = Limit::Known { rounds: rounds + 1, unanswered: unanswered + 1, patience, last: now };
        let spread = match self.recent.span_of_one(now, quiet) {
            Some(span) => {
                self.gap = self.gap.max(span.mul_f64(CAUTION));
                self.distance(waiting)
            }
            None if unanswered == 0 => quiet / 4,
            None => lateness,
        };
        let bearable = lateness.saturating_sub(quiet).max(lateness.min(quiet / 4));
        self.on_time = self.quiet_until + spread.min(bearable).mul_f64(rng.f64());
        self.recent = Recent::default();
    }

    /// The distance to the next exchange: the learnt distance, shortened so that all waiting exchanges go out in a
    /// bearable time.
    fn distance(&self, waiting: usize) -> Duration {
        match self.limit {
            Limit::Unknown => self.gap,
            Limit::Known { patience, .. } => self.gap.min(patience / u32::try_from(waiting).unwrap_or(u32::MAX).max(1)),
        }
    }
}

/// Details of a refusal with [`Refusal::Busy`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    /// How long the host asks for quiet.
    pub(super) quiet: Duration,
    /// How many exchanges are due.
    pub(super) waiting: usize,
    /// The lifetime of the last session of the refused credential.
    pub(super) lifetime: Option<Duration>,
}

/// Answers of the last one to two [`WINDOW`]s.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    since: Moment,
    answers: u32,
    answers_before: u32,
}

impl Recent {
    fn note(&mut self, now: Moment) {
        let age = now - self.since;
        if age >= WINDOW {
            self.answers_before = if age < WINDOW * 2 { self.answers } else { 0 };
            self.answers = 0;
            self.since = now;
        }
        self.answers = self.answers.saturating_add(1);
    }

    /// The average time per answer, if the host accepts no more until `quiet` is over; `None` without answers.
    fn span_of_one(&self, now: Moment, quiet: Duration) -> Option<Duration> {
        let age = now - self.since;
        let (answers, span) = match (age < WINDOW * 2, self.answers_before) {
            (false, _) => (0, age),
            (true, 0) => (self.answers, age),
            (true, before) => (self.answers.saturating_add(before), age + WINDOW),
        };
        (span + quiet).checked_div(answers)
    }
}

/// How late the next session may be because of refusals of the host: as late as the longest back-off makes it.
fn lateness_of(lifetime: Duration) -> Duration {
    (lifetime / 10).min(WINDOW)
}

/// The same for a credential without a session, which has no life to measure by: short at first, because readers wait for it.
fn without_a_session(unanswered: u32) -> Duration {
    LATENESS_AT_FIRST.saturating_mul(1 << unanswered.saturating_sub(1).min(DOUBLINGS_MAX)).min(WINDOW)
}

/// Whether a refusal still means that the host itself was reached and answered.
pub(super) fn is_an_answer(refusal: Refusal) -> bool {
    match refusal {
        Refusal::Denied | Refusal::DeniedForGood | Refusal::Blocked | Refusal::Failed | Refusal::Garbled => true,
        Refusal::Busy { .. } | Refusal::Unreachable | Refusal::TimedOut => false,
    }
}

/// Twenty a second until the host has shown that it bears more.
const GAP_AT_FIRST: Duration = Duration::from_millis(50);
/// How many exchanges may go out at once.
const BURST: u32 = 20;
const ANSWERS_TO_GO_FASTER: u32 = 20;
/// A distance below this counts as zero.
const GAP_MIN: Duration = Duration::from_millis(1);
/// Slightly slower than the rate that the host has accepted.
const CAUTION: f64 = 1.1;
/// How far back answers count for the limit of the host, and over how long waiting exchanges are spread at first.
const WINDOW: Duration = Duration::from_secs(60);
/// How late the first session may be by the second refusal in a row; each further one doubles it.
const LATENESS_AT_FIRST: Duration = Duration::from_secs(10);
const DOUBLINGS_MAX: u32 = 10;
