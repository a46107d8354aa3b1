//! seccomp: system calls that keep tokens fresh for nobody are refused with `EPERM`.
//!
//! A list of what is refused, and not of what is allowed: that would break with the next libc, and what is told here is
//! enough that whoever got in runs no program, looks into no other process and changes nothing of the system.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Filters the calls of the calling thread, and of those that it starts. An error says in words why there is no filter.
pub(super) fn apply() -> Result<(), String> {
    let Some(architecture) = ARCHITECTURE else {
        return Err("there is no seccomp filter for this processor".to_owned());
    };
    let rules: BTreeMap<i64, _> = REFUSED.iter().flat_map(|group| *group).map(|number| (*number, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture);
    filter
        .and_then(BpfProgram::try_from)
        .map_err(seccompiler::Error::from)
        .and_then(|program| seccompiler::apply_filter(&program))
        .map_err(|error| format!("the kernel takes no seccomp filter ({error})"))
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

/// Running a program.
const PROGRAMS: &[i64] = &[libc::SYS_execve, libc::SYS_execveat];

/// Looking into another process, or taking its files.
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

/// Code for the kernel, and the doors by which it is attacked most.
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

/// Opening a file past all folders.
const BY_HANDLE: &[i64] = &[libc::SYS_open_by_handle_at, libc::SYS_fanotify_init];

const KEY_RINGS: &[i64] = &[libc::SYS_add_key, libc::SYS_request_key, libc::SYS_keyctl];

/// System calls by way of memory, which no filter sees.
const RINGS: &[i64] = &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// The machine as a whole.
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

/// What only some processors have. On x86-64 the calls of its 32-bit addresses (x32) have other numbers, those that matter
/// most are refused too.
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

/// musl's headers lack the name on some processors.
const KEXEC_FILE_LOAD: i64 = if cfg!(target_arch = "x86_64") { 320 } else { 294 };
