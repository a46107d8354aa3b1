//! A parsed system call: its name and its paths.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    os::unix::{ffi::OsStrExt as _, fs::FileExt as _},
    path::{Path, PathBuf},
};

use nix::{
    libc::{self, c_long, user_regs_struct},
    unistd::Pid,
};

/// A call about files.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    /// Two for a rename; none for a call that creates a descriptor.
    pub(crate) paths: Vec<PathBuf>,
}

impl Call {
    /// `None` for a call that names no file.
    pub(crate) fn of(thread: Pid, registers: &user_regs_struct) -> Option<Self> {
        let arguments = [registers.rdi, registers.rsi, registers.rdx, registers.r10];
        let number = c_long::try_from(registers.orig_rax).ok()?;
        let (_, name, about) = CALLS.iter().find(|(of, ..)| *of == number)?;
        let paths = match about {
            About::Nothing => Some(Vec::new()),
            About::File => file(thread, arguments[0]).map(|path| vec![path]),
            About::Path(at) => path(thread, None, arguments[*at]).map(|path| vec![path]),
            About::Within(folder) => within(thread, arguments, *folder).map(|path| vec![path]),
            About::Paths => path(thread, None, arguments[0]).zip(path(thread, None, arguments[1])).map(both),
            About::PathsWithin => within(thread, arguments, 0).zip(within(thread, arguments, 2)).map(both),
        };
        // The standard library makes this call only in a debug build.
        let is_debugging = number == libc::SYS_fcntl && arguments[1] == F_GETFD;
        paths.filter(|_| !is_debugging).map(|paths| Self { name, paths })
    }
}

/// Returns an error text if a call that is not in the list is about a relevant file.
pub(crate) fn unlisted(
    thread: Pid,
    registers: &user_regs_struct,
    is_counted: impl Fn(&Path) -> bool,
) -> Option<String> {
    let number = c_long::try_from(registers.orig_rax).ok()?;
    if CALLS.iter().any(|(of, ..)| *of == number) || NOT_ABOUT_FILES.contains(&number) {
        return None;
    }
    let arguments = [registers.rdi, registers.rsi, registers.rdx, registers.r10];
    let texts = arguments.into_iter().filter_map(|argument| path(thread, None, argument));
    let found = texts.chain(file(thread, registers.rdi)).find(|path| is_counted(path));
    found.map(|path| format!("system call {number} about `{}` is in no list: add it to CALLS", path.display()))
}

fn both((from, to): (PathBuf, PathBuf)) -> Vec<PathBuf> {
    vec![from, to]
}

/// Returns the path of a descriptor.
fn file(thread: Pid, descriptor: u64) -> Option<PathBuf> {
    let descriptor = i32::try_from(descriptor).ok()?;
    fs::read_link(format!("/proc/{thread}/fd/{descriptor}")).ok()
}

/// The path from two arguments: a folder's descriptor, and a name in it.
fn within(thread: Pid, arguments: [u64; 4], folder: usize) -> Option<PathBuf> {
    // The upper half of a register that holds an `int` may contain anything.
    let descriptor = u64::from(u32::try_from(arguments[folder] & u64::from(u32::MAX)).ok()?);
    path(thread, file(thread, descriptor), arguments[folder + 1])
}

fn path(thread: Pid, folder: Option<PathBuf>, address: u64) -> Option<PathBuf> {
    let text = text(thread, address)?;
    Some(match folder {
        Some(folder) if text.is_empty() => folder,
        Some(folder) => folder.join(text),
        None => text.into(),
    })
}

fn text(thread: Pid, address: u64) -> Option<OsString> {
    let memory = File::open(format!("/proc/{thread}/mem")).ok()?;
    let mut bytes = [0; PATH_BYTES_MAX];
    let count = memory.read_at(&mut bytes, address).ok()?;
    let end = bytes[..count].iter().position(|byte| *byte == 0)?;
    Some(OsStr::from_bytes(&bytes[..end]).to_owned())
}

/// Which arguments identify the file.
enum About {
    /// The first argument is a descriptor.
    File,
    /// This argument is a path.
    Path(usize),
    /// This argument is a folder's descriptor, and the next is a path relative to it.
    Within(usize),
    /// The first two arguments are paths.
    Paths,
    /// The first and the third argument are folder descriptors, each followed by a path.
    PathsWithin,
    /// The call creates a descriptor.
    Nothing,
}

/// Calls about files. [`unlisted`] detects a call that is missing here.
const CALLS: &[(c_long, &str, About)] = &[
    (libc::SYS_access, "access", About::Path(0)),
    (libc::SYS_chdir, "chdir", About::Path(0)),
    (libc::SYS_chmod, "chmod", About::Path(0)),
    (libc::SYS_chown, "chown", About::Path(0)),
    (libc::SYS_close, "close", About::File),
    (libc::SYS_epoll_create1, "epoll_create1", About::Nothing),
    (libc::SYS_eventfd2, "eventfd2", About::Nothing),
    (libc::SYS_faccessat, "faccessat", About::Within(0)),
    (libc::SYS_faccessat2, "faccessat2", About::Within(0)),
    (libc::SYS_fchmod, "fchmod", About::File),
    (libc::SYS_fchmodat, "fchmodat", About::Within(0)),
    (libc::SYS_fchown, "fchown", About::File),
    (libc::SYS_fchownat, "fchownat", About::Within(0)),
    (libc::SYS_fcntl, "fcntl", About::File),
    (libc::SYS_fdatasync, "fdatasync", About::File),
    (libc::SYS_flock, "flock", About::File),
    (libc::SYS_fstat, "fstat", About::File),
    (libc::SYS_fstatfs, "fstatfs", About::File),
    (libc::SYS_fsync, "fsync", About::File),
    (libc::SYS_ftruncate, "ftruncate", About::File),
    (libc::SYS_getdents64, "getdents64", About::File),
    (libc::SYS_inotify_add_watch, "inotify_add_watch", About::Path(1)),
    (libc::SYS_inotify_init1, "inotify_init1", About::Nothing),
    (libc::SYS_lchown, "lchown", About::Path(0)),
    (libc::SYS_link, "link", About::Paths),
    (libc::SYS_linkat, "linkat", About::PathsWithin),
    (libc::SYS_lseek, "lseek", About::File),
    (libc::SYS_lstat, "lstat", About::Path(0)),
    (libc::SYS_mkdir, "mkdir", About::Path(0)),
    (libc::SYS_mkdirat, "mkdirat", About::Within(0)),
    (libc::SYS_newfstatat, "newfstatat", About::Within(0)),
    (libc::SYS_open, "open", About::Path(0)),
    (libc::SYS_openat, "openat", About::Within(0)),
    (libc::SYS_pipe2, "pipe2", About::Nothing),
    (libc::SYS_pread64, "pread64", About::File),
    (libc::SYS_pwrite64, "pwrite64", About::File),
    (libc::SYS_read, "read", About::File),
    (libc::SYS_readlink, "readlink", About::Path(0)),
    (libc::SYS_readlinkat, "readlinkat", About::Within(0)),
    (libc::SYS_rename, "rename", About::Paths),
    (libc::SYS_renameat, "renameat", About::PathsWithin),
    (libc::SYS_renameat2, "renameat2", About::PathsWithin),
    (libc::SYS_rmdir, "rmdir", About::Path(0)),
    (libc::SYS_socket, "socket", About::Nothing),
    (libc::SYS_socketpair, "socketpair", About::Nothing),
    (libc::SYS_stat, "stat", About::Path(0)),
    (libc::SYS_statfs, "statfs", About::Path(0)),
    (libc::SYS_statx, "statx", About::Within(0)),
    (libc::SYS_symlink, "symlink", About::Path(1)),
    (libc::SYS_symlinkat, "symlinkat", About::Within(1)),
    (libc::SYS_timerfd_create, "timerfd_create", About::Nothing),
    (libc::SYS_unlink, "unlink", About::Path(0)),
    (libc::SYS_unlinkat, "unlinkat", About::Within(0)),
    (libc::SYS_write, "write", About::File),
    (libc::SYS_writev, "writev", About::File),
];

/// Calls without a path whose first argument may look like a descriptor but is none.
const NOT_ABOUT_FILES: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_wait,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_munmap,
    libc::SYS_prctl,
    libc::SYS_prlimit64,
    libc::SYS_recvfrom,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_sched_getaffinity,
    libc::SYS_sendto,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_wait4,
];

const F_GETFD: u64 = libc::F_GETFD.cast_unsigned() as u64;

/// Longer than any path in a test.
const PATH_BYTES_MAX: usize = 512;
