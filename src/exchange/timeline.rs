//! The steps of a request and the time that each takes, so that a time-out names the step that took it.
//!
//! The HTTP library makes connections within the task that sends the request. So the steps are recorded in a timeline of that task,
//! and requests that share a client do not disturb each other.

use std::{cell::RefCell, fmt, time::Duration};

use super::network_path::Route;
use crate::{clock, renewal::Moment};

tokio::task_local! {
    /// The timeline of the request that this task sends.
    static CURRENT: RefCell<Timeline>;
}

/// A step of a request, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Step {
    /// The look-up of the name of the API or the proxy.
    LookUp,
    /// The TCP connection to the API.
    Connect,
    /// With a proxy: the connection to it, and its answer to `CONNECT`.
    Tunnel,
    /// TLS with the server.
    Handshake,
    /// The request, and the wait for the head of the reply.
    Head,
    /// The body of the reply.
    Body,
}

/// The steps of one request so far.
#[derive(Debug)]
struct Timeline {
    steps: Vec<(Step, Moment)>,
    proxy: ProxyKind,
    /// Whether TLS with the proxy has begun.
    is_proxy_greeted: bool,
}

/// How the proxy is reached, if there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ProxyKind {
    None,
    Plain,
    Tls,
}

/// The steps of a request: those that were finished, and the one that was not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Progress {
    finished: Vec<(Step, Duration)>,
    unfinished: (Step, Duration),
}

/// Does the work of a request, and returns the steps that it came to. It may be dropped before its end by a time-out within.
pub(super) async fn recorded<T>(route: &Route, work: impl Future<Output = T>) -> (T, Progress) {
    let proxy = match route {
        Route::Proxy { is_tls: false, .. } => ProxyKind::Plain,
        Route::Proxy { is_tls: true, .. } => ProxyKind::Tls,
        Route::Direct | Route::Exempt { .. } | Route::PlainHttp => ProxyKind::None,
    };
    let timeline = Timeline { steps: Vec::new(), proxy, is_proxy_greeted: false };
    let with_progress = async {
        let done = work.await;
        (done, CURRENT.with(|timeline| Progress::of(&timeline.borrow().steps, clock::now())))
    };
    CURRENT.scope(RefCell::new(timeline), with_progress).await
}

/// Begins a step of the request that this task sends, which ends the one before.
pub(super) fn enter(step: Step) {
    change(|timeline| timeline.enter(step));
}

/// Whether the request that this task sends waits for its TCP connection, so that nothing of it is sent.
pub(super) fn is_connecting() -> bool {
    let last = CURRENT.try_with(|timeline| timeline.borrow().steps.last().map(|(step, _)| *step));
    last.ok().flatten() == Some(Step::Connect)
}

/// Begins a new connection. So the request is not yet sent, or has to be sent again.
pub(super) fn connecting() {
    change(Timeline::connecting);
}

/// Begins a TLS handshake: with the proxy, if it is reached by TLS, and then with the server.
pub(super) fn tls_begins() {
    change(Timeline::tls_begins);
}

/// Changes the timeline of this task. A connection that its request no longer waits for has none.
fn change(change: impl FnOnce(&mut Timeline)) {
    let _ = CURRENT.try_with(|timeline| change(&mut timeline.borrow_mut()));
}

impl Timeline {
    fn enter(&mut self, step: Step) {
        self.steps.push((step, clock::now()));
    }

    fn connecting(&mut self) {
        self.steps.retain(|(step, _)| *step < Step::Connect);
        self.is_proxy_greeted = false;
        self.enter(if self.proxy == ProxyKind::None { Step::Connect } else { Step::Tunnel });
    }

    fn tls_begins(&mut self) {
        if self.proxy == ProxyKind::Tls && !self.is_proxy_greeted {
            self.is_proxy_greeted = true;
        } else {
            self.enter(Step::Handshake);
        }
    }
}

impl Progress {
    fn of(steps: &[(Step, Moment)], now: Moment) -> Self {
        let Some(((unfinished, began), finished)) = steps.split_last() else {
            return Self { finished: Vec::new(), unfinished: (Step::LookUp, Duration::ZERO) };
        };
        let ends = steps.iter().skip(1).map(|(_, began)| *began);
        let finished = finished.iter().zip(ends).map(|((step, began), end)| (*step, end.since(*began))).collect();
        Self { finished, unfinished: (*unfinished, now.since(*began)) }
    }

    /// Returns the step that was not finished.
    pub(super) fn unfinished(&self) -> Step {
        self.unfinished.0
    }

    /// Returns the step that took longest.
    pub(super) fn longest(&self) -> Step {
        let longest = self.finished.iter().chain([&self.unfinished]).max_by_key(|(_, took)| *took);
        longest.map_or(self.unfinished.0, |(step, _)| *step)
    }
}

/// Writes `the name is looked up, TCP is connected, the TLS handshake is not finished`. Contains no measured time, so that the
/// same cause has the same words in the log each time.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (step, _) in &self.finished {
            let words = match step {
                Step::LookUp => "the name is looked up",
                Step::Connect => "TCP is connected",
                Step::Tunnel => "the proxy opened a tunnel",
                Step::Handshake => "TLS is established",
                Step::Head => "the reply began",
                Step::Body => "the reply is complete",
            };
            write!(f, "{words}, ")?;
        }
        f.write_str(match self.unfinished.0 {
            Step::LookUp => "the name servers did not answer",
            Step::Connect => "TCP is not connected",
            Step::Tunnel => "the proxy opened no tunnel",
            Step::Handshake => "the TLS handshake is not finished",
            Step::Head => "the server did not begin its reply",
            Step::Body => "the server did not finish its reply",
        })?;
        if self.longest() == self.unfinished.0 {
            return Ok(());
        }
        let longest = match self.longest() {
            Step::LookUp => "the name look-up",
            Step::Connect => "the TCP connection",
            Step::Tunnel => "the proxy",
            Step::Handshake => "the TLS handshake",
            Step::Head => "the wait for the reply",
            Step::Body => "the body of the reply",
        };
        write!(f, ", and {longest} took most of the time")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(steps: &[(Step, u64)], now: u64) -> Progress {
        let at = |millis| Moment::since_boot(Duration::from_millis(millis));
        let steps: Vec<_> = steps.iter().map(|(step, millis)| (*step, at(*millis))).collect();
        Progress::of(&steps, at(now))
    }

    #[test]
    fn a_time_out_names_what_was_finished_and_what_was_not() {
        let steps = [
            (Step::LookUp, 0),
            (Step::Connect, 5120),
            (Step::Tunnel, 5140),
            (Step::Handshake, 5200),
            (Step::Head, 5230),
            (Step::Body, 9000),
        ];
        let texts: Vec<_> = (0..=steps.len()).map(|count| progress(&steps[..count], 10_000).to_string()).collect();
        insta::assert_snapshot!(texts[1..].join("\n"), @r"
        the name servers did not answer
        the name is looked up, TCP is not connected, and the name look-up took most of the time
        the name is looked up, TCP is connected, the proxy opened no tunnel, and the name look-up took most of the time
        the name is looked up, TCP is connected, the proxy opened a tunnel, the TLS handshake is not finished, and the name look-up took most of the time
        the name is looked up, TCP is connected, the proxy opened a tunnel, TLS is established, the server did not begin its reply, and the name look-up took most of the time
        the name is looked up, TCP is connected, the proxy opened a tunnel, TLS is established, the reply began, the server did not finish its reply, and the name look-up took most of the time
        ");
    }

    #[test]
    fn the_longest_step_is_the_culprit_and_need_not_be_the_last() {
        let slow_names = progress(&[(Step::LookUp, 0), (Step::Connect, 9500), (Step::Handshake, 9600)], 10_000);
        assert_eq!((slow_names.longest(), slow_names.unfinished.0), (Step::LookUp, Step::Handshake));
        let slow_server = progress(&[(Step::LookUp, 0), (Step::Connect, 5), (Step::Head, 10)], 10_000);
        assert_eq!(slow_server.longest(), Step::Head);
    }

    fn timeline(proxy: ProxyKind) -> Timeline {
        Timeline { steps: Vec::new(), proxy, is_proxy_greeted: false }
    }

    fn steps(timeline: &Timeline) -> Vec<Step> {
        timeline.steps.iter().map(|(step, _)| *step).collect()
    }

    #[test]
    fn only_the_last_connection_counts() {
        let mut timeline = timeline(ProxyKind::None);
        timeline.enter(Step::LookUp);
        timeline.enter(Step::Head);
        timeline.connecting();
        timeline.tls_begins();
        timeline.connecting();
        assert_eq!(steps(&timeline), [Step::LookUp, Step::Connect]);
    }

    #[test]
    fn tls_with_the_proxy_itself_is_part_of_the_tunnel() {
        for (proxy, handshakes) in [(ProxyKind::Plain, 1), (ProxyKind::Tls, 2)] {
            let mut timeline = timeline(proxy);
            timeline.connecting();
            for _ in 0..handshakes {
                assert_eq!(steps(&timeline), [Step::Tunnel]);
                timeline.tls_begins();
            }
            assert_eq!(steps(&timeline), [Step::Tunnel, Step::Handshake]);
        }
    }
}
