//! Signals that are for a program behind this one, as they come and with who sent them.

use std::{fs, io};

use futures_util::StreamExt as _;
use rustix::process::Signal;
use signal_hook::{
    iterator::exfiltrator::WithOrigin,
    low_level::siginfo::{Cause, Origin},
};
use signal_hook_tokio::SignalsInfo;

/// The signals as they come.
pub struct Signals {
    stream: SignalsInfo<WithOrigin>,
    leads_session: bool,
}

/// One that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceivedSignal {
    /// Which.
    pub signal: Signal,
    /// From whom.
    pub sender: Sender,
}

/// Who sent a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// The terminal, as at Ctrl-C. It tells every process of the group in its foreground.
    Terminal,
    /// The kernel, and nobody else is told.
    Kernel,
    /// A process of this number; 0 if it is of another process namespace.
    Process(i32),
}

impl Signals {
    /// Takes over every signal that is passed on, but for those that this process was told to ignore, as `nohup` does: a
    /// child should go on to ignore them, and would not if they were caught here. Must be called within a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        let numbers = FORWARDED.iter().map(|(_, signal)| signal.as_raw());
        let handled = numbers.filter(|number| ignored & (1 << (number - 1)) == 0);
        let stream = SignalsInfo::with_exfiltrator(handled, WithOrigin::default())?;
        Ok(Self { stream, leads_session: leads_session(&status) })
    }

    /// The next one. Cancel-safe.
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

    /// Whether a terminal tells the whole group. That it is gone it tells the leader of the session alone, and the others
    /// only when that one has ended.
    fn reaches_group(&self, signal: Signal) -> bool {
        match signal {
            Signal::INT | Signal::QUIT | Signal::WINCH => true,
            Signal::HUP | Signal::CONT => !self.leads_session,
            _ => false,
        }
    }
}

/// The name of a signal that is passed on, without `SIG`; and of KILL, which is the only other one that is sent.
pub fn name(signal: Signal) -> &'static str {
    FORWARDED.iter().find(|(_, other)| *other == signal).map_or("KILL", |(name, _)| name)
}

/// The text names no signal that can be passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it is none of the signals HUP, INT, QUIT, USR1, USR2, ALRM, TERM, CONT, WINCH, URG, IO and PWR")]
pub struct UnknownSignal;

/// Reads the name of a signal that can be passed on, with or without `SIG`, in letters of either case.
pub fn parse(text: &str) -> Result<Signal, UnknownSignal> {
    let capitals = text.to_ascii_uppercase();
    let bare = capitals.strip_prefix("SIG").unwrap_or(&capitals);
    FORWARDED.iter().find(|(name, _)| *name == bare).map(|(_, signal)| *signal).ok_or(UnknownSignal)
}

/// The signals that a process ignores, as bits, the first for signal 1. None, if the kernel does not tell.
fn ignored(status: &str) -> u64 {
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    bits.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or_default()
}

/// Whether a process leads its session. `getsid` would do, but answers 0 for a session of another process namespace, and
/// rustix has no number 0. Yes, if the kernel does not tell: then a signal may come twice, but not in vain.
fn leads_session(status: &str) -> bool {
    let innermost = |key| {
        let numbers = status.lines().find_map(|line| line.strip_prefix(key));
        numbers.and_then(|numbers| numbers.split_whitespace().next_back())
    };
    innermost("NSpid:") == innermost("NSsid:")
}

/// Those that say something to a program. Not the faults, which are of the process that they happen in; not CHLD and PIPE,
/// which are about our own doings; not TSTP, TTIN and TTOU, which the kernel sends to a whole group of processes and which
/// stop this one along with the others, as a shell's job control needs it.
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
    fn a_signal_is_named_as_kill_names_it() {
        for text in ["HUP", "SIGHUP", "hup", "sighup"] {
            assert_eq!(parse(text), Ok(Signal::HUP), "{text}");
        }
        for text in ["", "SIG", "KILL", "STOP", "1", "HUP ", "SIGSIGHUP"] {
            assert_eq!(parse(text), Err(UnknownSignal), "{text}");
        }
    }

    #[test]
    fn what_the_kernel_tells_of_a_process_is_understood() {
        let nohup = "Name:\tx\nNSpid:\t812\nNSsid:\t700\nSigIgn:\t0000000000001001\n";
        assert_eq!((ignored(nohup), leads_session(nohup)), (0x1001, false));
        let leader_in_a_namespace = "NSpid:\t812\t1\nNSsid:\t812\t1\nSigIgn:\t0000000000000000\n";
        assert_eq!((ignored(leader_in_a_namespace), leads_session(leader_in_a_namespace)), (0, true));
        let session_of_another_namespace = "NSpid:\t812\t1\nNSsid:\t700\t0\n";
        assert!(!leads_session(session_of_another_namespace));
        assert_eq!((ignored(""), leads_session("")), (0, true));
    }

    #[test]
    fn every_signal_that_is_passed_on_stands_in_the_error() {
        for (text, signal) in FORWARDED {
            assert_eq!(name(*signal), *text);
            assert!(UnknownSignal.to_string().contains(&format!(" {text}")), "{text}");
        }
    }
}
