//! seccomp: refuses with `EPERM` system calls that this program never needs.
//!
//! This is a list of refused calls, not of allowed ones, which would break with the next libc. The list is sufficient
//! to keep an attacker from running programs, inspecting other processes and changing the system.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Why system calls are not filtered.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSeccomp {
    /// The numbers of the system calls are not known for it.
    #[error("there is no seccomp filter for this processor")]
    Processor,
    /// The kernel does not take the filter.
    #[error("the kernel refuses the seccomp filter ({0})")]
    Refused(#[source] seccompiler::Error),
}

/// Filters system calls of the calling thread and of threads that it starts later. The error is the reason, for a log
/// line.
pub(super) fn apply() -> Result<(), NoSeccomp> {
    let Some(architecture) = ARCHITECTURE else {
        return Err(NoSeccomp::Processor);
    };
    let rules: BTreeMap<i64, _> = REFUSED.iter().flat_map(|group| *group).map(|number| (*number, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture);
    filter
        .and_then(BpfProgram::try_from)
        .map_err(seccompiler::Error::from)
        .and_then(|program| seccompiler::apply_filter(&program))
        .map_err(NoSeccomp::Refused)
}

const ARCHITECTURE: Option<TargetArch> = if cfg!(target_arch = "x86_64") {
    Some(TargetArch::x86_64)
} else if cfg!(target_arch = "aarch64") {
    Some(TargetArch::aarch64)
} else {
    None
};

const REFUSED: [&[i64]; 9] =
    [PROGRAMS, OTHER_PROCESSES, NAMESPACES_AND_MOUNTS, KERNEL, BY_HANDLE, KEY_RINGS, RINGS, SYSTEM, PROCESSOR];

/// Running programs.
const PROGRAMS: &[i64] = &[libc::SYS_execve, libc::SYS_execveat];

/// Inspecting other processes, or taking their files.
const OTHER_PROCESSES: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
];

const NAMESPACES_AND_MOUNTS: &[i64] = &[
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_chroot,
    libc::SYS_pivot_root,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
];

/// Loading code into the kernel, and interfaces that are often attacked.
const KERNEL: &[i64] = &[
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    KEXEC_FILE_LOAD,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
];

/// Opening files without access to their folders.
const BY_HANDLE: &[i64] = &[libc::SYS_open_by_handle_at, libc::SYS_fanotify_init];

const KEY_RINGS: &[i64] = &[libc::SYS_add_key, libc::SYS_request_key, libc::SYS_keyctl];

/// System calls through shared memory, which filters do not see.
const RINGS: &[i64] = &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// Changing the machine.
const SYSTEM: &[i64] = &[
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_personality,
];

/// Calls that exist only on some processors. On x86-64 the calls of the x32 ABI have other numbers; the most important
/// ones are refused too.
#[cfg(target_arch = "x86_64")]
const PROCESSOR: &[i64] = &[
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    X32 + 520, // execve
    X32 + 521, // ptrace
    X32 + 539, // process_vm_readv
    X32 + 540, // process_vm_writev
    X32 + 545, // execveat
];
#[cfg(not(target_arch = "x86_64"))]
const PROCESSOR: &[i64] = &[];
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// musl's headers lack this name on some processors.
const KEXEC_FILE_LOAD: i64 = if cfg!(target_arch = "x86_64") { 320 } else { 294 };
