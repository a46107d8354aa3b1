//! A program under ptrace: each system call is visible before it happens, and can be refused or made the last one.
//!
//! strace's `inject` is similar, but it counts the calls of each thread separately and distinguishes them by name only. The
//! thread that writes a token differs from run to run, the third `openat` of one thread is the loader's in another, and the
//! most important file has a random name. This tracer identifies a call by its subject.

use std::{
    collections::HashMap,
    fs::File,
    io,
    process::{Child, Command, Stdio},
};

use nix::{
    errno::Errno,
    libc::{PTRACE_EVENT_STOP, user_regs_struct},
    sys::{
        ptrace::{self, Options},
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// Fate of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// The call is made, then the process is killed.
    KilledAfter,
    /// The call is not made, and returns this error.
    Refused(Errno),
}

/// How the program ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Exited(i32),
    Killed(Signal),
}

/// A program that is traced from its first call on. One thread must do everything, because the kernel accepts only that
/// thread as the tracer.
pub(crate) struct Tracee {
    leader: Pid,
    _child: Child,
}

impl Tracee {
    /// Starts the program, in a shell that waits for the tracer before it executes the program. Standard error goes to a file,
    /// so no pipe fills while the program is stopped.
    pub(crate) fn start(command: &Command, said: File) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "kill -STOP $$; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
        shell.env_clear().stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said);
        let child = shell.spawn().unwrap();
        let leader = Pid::from_raw(child.id().cast_signed());
        let stopped = waitpid(leader, Some(WaitPidFlag::WUNTRACED)).unwrap();
        assert!(matches!(stopped, WaitStatus::Stopped(_, Signal::SIGSTOP)), "{stopped:?}");
        let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_EXITKILL;
        ptrace::seize(leader, options).unwrap();
        Self { leader, _child: child }
    }

    /// Continues the program until it ends; a callback decides the fate of every call.
    pub(crate) fn run(self, judge: &mut dyn FnMut(Pid, &user_regs_struct) -> Option<Fault>) -> Fate {
        // Threads that are in a call, with the fate of the call.
        let mut inside: HashMap<Pid, Option<Fault>> = HashMap::new();
        let mut fate = None;
        loop {
            let status = match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)) {
                Err(Errno::ECHILD) => return fate.unwrap(),
                Err(Errno::EINTR) => continue,
                status => status.unwrap(),
            };
            let (thread, signal) = match status {
                WaitStatus::Exited(thread, code) => {
                    fate = fate.or((thread == self.leader).then_some(Fate::Exited(code)));
                    continue;
                }
                WaitStatus::Signaled(thread, signal, _) => {
                    fate = fate.or((thread == self.leader).then_some(Fate::Killed(signal)));
                    continue;
                }
                WaitStatus::PtraceSyscall(thread) => {
                    match inside.remove(&thread) {
                        None => drop(inside.insert(thread, enter(thread, judge))),
                        Some(None) => {}
                        Some(Some(Fault::KilledAfter)) => kill(self.leader, Signal::SIGKILL).unwrap(),
                        Some(Some(Fault::Refused(errno))) => answer(thread, errno),
                    }
                    (thread, None)
                }
                // The shell waits for this.
                WaitStatus::PtraceEvent(thread, Signal::SIGSTOP, PTRACE_EVENT_STOP) => {
                    kill(thread, Signal::SIGCONT).unwrap();
                    (thread, None)
                }
                WaitStatus::PtraceEvent(thread, ..) => (thread, None),
                WaitStatus::Stopped(thread, signal) => (thread, Some(signal)),
                WaitStatus::Continued(_) | WaitStatus::StillAlive => continue,
            };
            gone_is_well(ptrace::syscall(thread, signal));
        }
    }
}

fn enter(thread: Pid, judge: &mut dyn FnMut(Pid, &user_regs_struct) -> Option<Fault>) -> Option<Fault> {
    let mut registers = ptrace::getregs(thread).ok()?;
    let fault = judge(thread, &registers)?;
    if matches!(fault, Fault::Refused(_)) {
        registers.orig_rax = NO_CALL;
        gone_is_well(ptrace::setregs(thread, registers));
    }
    Some(fault)
}

fn answer(thread: Pid, errno: Errno) {
    let Ok(mut registers) = ptrace::getregs(thread) else { return };
    registers.rax = i64::from(-(errno as i32)).cast_unsigned();
    gone_is_well(ptrace::setregs(thread, registers));
}

/// A thread may be gone before it is continued, because another thread ended the process.
fn gone_is_well(done: nix::Result<()>) {
    assert!(matches!(done, Ok(()) | Err(Errno::ESRCH)), "{}", io::Error::from(done.unwrap_err()));
}

/// A number without a system call; the kernel answers it with an error.
const NO_CALL: u64 = u64::MAX;
