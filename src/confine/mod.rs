//! `tokenwell run` gives up access that it does not need: files in other folders (Landlock), and system calls that run
//! programs, inspect other processes or change the system (seccomp).
//!
//! Both apply to the calling thread and to the threads that it starts later. So they are applied before the first
//! thread starts. (seccomp could also be applied to all threads, but Landlock only from Linux 7.0.) Neither can be
//! removed or widened later, so a new configuration may need more than is allowed, see [`Confinement::refuses`].
//!
//! If a hook runs commands, the process is not confined: its child processes would be confined too, and `systemctl
//! reload` needs the whole system. Sockets, ports and signals are not restricted: a proxy may use any port, and hooks
//! send signals.
//!
//! A kernel that lacks one of the two, or a container that forbids it, is not an error: it is logged once, and the
//! process runs without it.

mod confinement;
mod folders;
mod grant;
mod landlock;
mod needs;
mod seccomp;

pub use self::confinement::{BeyondConfinement, Confinement};
pub use self::needs::{Need, Right, Usage, needs};
