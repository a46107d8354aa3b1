//! Receives the signals that are forwarded to a supervised program, with their senders.

use std::{fs, io};

use futures_util::StreamExt as _;
use rustix::process::Signal;
use signal_hook::{
    iterator::exfiltrator::WithOrigin,
    low_level::siginfo::{Cause, Origin},
};
use signal_hook_tokio::SignalsInfo;

/// The stream of received signals.
pub struct Signals {
    stream: SignalsInfo<WithOrigin>,
    leads_session: bool,
}

/// A received signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceivedSignal {
    /// The signal.
    pub signal: Signal,
    /// Its sender.
    pub sender: Sender,
}

/// The sender of a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// The terminal, as for Ctrl-C. It signals every process in its foreground group.
    Terminal,
    /// The kernel, which signalled only this process.
    Kernel,
    /// The process with this number; 0 if it is in another process namespace.
    Process(i32),
}

impl Signals {
    /// Handles every signal that is forwarded, except those that this process inherited as ignored, as under `nohup`: the
    /// child should inherit that too, and would not if they were handled here. Must be called within a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        let numbers = FORWARDED.iter().map(|(_, signal)| signal.as_raw());
        let handled = numbers.filter(|number| ignored & (1 << (number - 1)) == 0);
        let stream = SignalsInfo::with_exfiltrator(handled, WithOrigin::default())?;
        Ok(Self { stream, leads_session: leads_session(&status) })
    }

    /// Waits for the next signal. Cancel-safe.
    pub async fn next(&mut self) -> ReceivedSignal {
        loop {
            let Some(origin) = self.stream.next().await else { std::future::pending().await };
            if let Some(signal) = Signal::from_named_raw(origin.signal) {
                return ReceivedSignal { signal, sender: self.sender(signal, &origin) };
            }
        }
    }

    fn sender(&self, signal: Signal, origin: &Origin) -> Sender {
        match (&origin.process, origin.cause) {
            (Some(process), _) => Sender::Process(process.pid),
            (None, Cause::Kernel) if self.reaches_group(signal) => Sender::Terminal,
            (None, _) => Sender::Kernel,
        }
    }

    /// Whether a terminal sends this signal to the whole group. A hang-up goes to the session leader alone, and to the
    /// others only after the leader has ended.
    fn reaches_group(&self, signal: Signal) -> bool {
        match signal {
            Signal::INT | Signal::QUIT | Signal::WINCH => true,
            Signal::HUP | Signal::CONT => !self.leads_session,
            _ => false,
        }
    }
}

/// Returns the name, without `SIG`, of a signal that is forwarded, or of KILL, the only other one that is sent.
pub fn name(signal: Signal) -> &'static str {
    FORWARDED.iter().find(|(_, other)| *other == signal).map_or("KILL", |(name, _)| name)
}

/// The text names no signal that can be forwarded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it is none of the signals HUP, INT, QUIT, USR1, USR2, ALRM, TERM, CONT, WINCH, URG, IO and PWR")]
pub struct UnknownSignal;

/// Parses the name of a signal that can be forwarded, with or without `SIG`, in either case.
pub fn parse(text: &str) -> Result<Signal, UnknownSignal> {
    let capitals = text.to_ascii_uppercase();
    let bare = capitals.strip_prefix("SIG").unwrap_or(&capitals);
    FORWARDED.iter().find(|(name, _)| *name == bare).map(|(_, signal)| *signal).ok_or(UnknownSignal)
}

/// Returns the ignored signals as a bit set, whose lowest bit is signal 1. Returns 0 if the kernel does not report them.
fn ignored(status: &str) -> u64 {
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    bits.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or_default()
}

/// Whether a process leads its session. `getsid` returns 0 for a session of another process namespace, which rustix cannot
/// represent, so this parses the status. Returns true if the kernel does not report it: a signal may then arrive twice,
/// but is never lost.
fn leads_session(status: &str) -> bool {
    let innermost = |key| {
        let numbers = status.lines().find_map(|line| line.strip_prefix(key));
        numbers.and_then(|numbers| numbers.split_whitespace().next_back())
    };
    innermost("NSpid:") == innermost("NSsid:")
}

/// The signals that are meant for a program. Excluded are faults, which concern the process in which they occur; CHLD and
/// PIPE, which concern this process; and TSTP, TTIN and TTOU, which the kernel sends to a whole process group and which
/// must stop this process together with the others, for a shell's job control.
const FORWARDED: &[(&str, Signal)] = &[
    ("HUP", Signal::HUP),
    ("INT", Signal::INT),
    ("QUIT", Signal::QUIT),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
    ("ALRM", Signal::ALARM),
    ("TERM", Signal::TERM),
    ("CONT", Signal::CONT),
    ("WINCH", Signal::WINCH),
    ("URG", Signal::URG),
    ("IO", Signal::IO),
    ("PWR", Signal::POWER),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_the_name_that_kill_uses() {
        for text in ["HUP", "SIGHUP", "hup", "sighup"] {
            assert_eq!(parse(text), Ok(Signal::HUP), "{text}");
        }
        for text in ["", "SIG", "KILL", "STOP", "1", "HUP ", "SIGSIGHUP"] {
            assert_eq!(parse(text), Err(UnknownSignal), "{text}");
        }
    }

    #[test]
    fn ignored_signals_and_session_leadership_are_parsed() {
        let nohup = "Name:\tx\nNSpid:\t812\nNSsid:\t700\nSigIgn:\t0000000000001001\n";
        assert_eq!((ignored(nohup), leads_session(nohup)), (0x1001, false));
        let leader_in_a_namespace = "NSpid:\t812\t1\nNSsid:\t812\t1\nSigIgn:\t0000000000000000\n";
        assert_eq!((ignored(leader_in_a_namespace), leads_session(leader_in_a_namespace)), (0, true));
        let session_of_another_namespace = "NSpid:\t812\t1\nNSsid:\t700\t0\n";
        assert!(!leads_session(session_of_another_namespace));
        assert_eq!((ignored(""), leads_session("")), (0, true));
    }

    #[test]
    fn the_error_lists_every_signal_that_is_forwarded() {
        for (text, signal) in FORWARDED {
            assert_eq!(name(*signal), *text);
            assert!(UnknownSignal.to_string().contains(&format!(" {text}")), "{text}");
        }
    }
}
