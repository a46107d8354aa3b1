//! `tokenwell run` takes away from itself what it has no use for: files elsewhere (Landlock), and system calls by which
//! programs are run, others looked into or the system changed (seccomp).
//!
//! Both bind the thread that asks for them and the threads that it starts later. So they are asked for before the first
//! thread is started, and no other way to bind them all is needed: seccomp would have one, Landlock only from Linux 7.0 on.
//! Neither is ever taken back or widened, which is why a new configuration may ask for more than there is, see
//! [`Confinement::refuses`].
//!
//! Where a hook runs commands, none of it is done: what they start would be bound as well, and `systemctl reload` needs
//! the whole system. Sockets, ports and signals are left free: a proxy may listen on any port, and hooks signal.
//!
//! A kernel without one of the two, or a container that forbids it, is no mistake: that is said once, and it goes without.

mod ground;
mod landlock;
mod needs;
mod seccomp;

use std::path::{Path, PathBuf};

use tracing::{debug, info};

pub use self::needs::{Need, Right, Use, needs};
use crate::{
    config::{Config, Confine, Credential},
    hook::Hook,
};

/// What this process has left itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confinement {
    /// The real folders; all of them where there is no Landlock.
    grants: Option<Vec<Grant>>,
}

/// A real folder, or a file, and what may be done in it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Grant {
    path: PathBuf,
    right: Right,
}

impl Confinement {
    /// Confines the calling thread, and those that it starts from now on, to what the configuration needs, and says in one
    /// line how far that went. `file` is the configuration's own, `certificates` is where the environment says that roots
    /// are. `None` where nothing was asked for. Blocks on the disk.
    ///
    /// A folder that is missing is granted at the nearest one above it that is there.
    pub fn begin(config: &Config, file: Option<&Path>, certificates: Vec<Need>) -> Option<Self> {
        if config.confine == Confine::Off {
            info!("not confined, as `confine: off` says");
            return None;
        }
        if let Some(name) = with_command(config) {
            info!(credential = name, "not confined: a hook runs a command, which may need the whole system");
            return None;
        }
        let mut wanted = needs(config, file);
        wanted.extend(certificates);
        let grants = grants(&wanted);
        let files = landlock::apply(&grants);
        let calls = seccomp::apply();
        match (&files, &calls) {
            (Ok(landlock::Enforced::Whole), Ok(())) => {
                debug!(
                    folders = grants.len(),
                    "confined to the folders of the configuration, and no program can be run"
                );
            }
            (Ok(landlock::Enforced::InPart), Ok(())) => {
                info!("confined, but not in all: this kernel's Landlock is old");
            }
            (Err(files), Err(calls)) => info!("not confined: {files}; {calls}"),
            (files, calls) => {
                let files = files.as_ref().err().map_or("confined to its folders", String::as_str);
                let calls = calls.as_ref().err().map_or("no program can be run", String::as_str);
                info!("confined in part: {files}; {calls}");
            }
        }
        Some(Self { grants: files.is_ok().then_some(grants) })
    }

    /// Why another configuration cannot be taken in by this process, with the remedy. Blocks on the disk.
    pub fn refuses(&self, config: &Config, file: Option<&Path>) -> Option<String> {
        if let Some(name) = with_command(config) {
            let what = format!("a hook of `{name}` runs a command, and tokenwell gave up running any when it started");
            return Some(format!("{what}; {REMEDY}"));
        }
        let granted = self.grants.as_ref()?;
        let is_granted = |wanted: &Grant| {
            granted.iter().any(|grant| grant.right >= wanted.right && wanted.path.starts_with(&grant.path))
        };
        let needs = needs(config, file);
        let beyond = needs.iter().find(|need| !ground::of(need).iter().all(|path| is_granted(&need.at(path))))?;
        let deed = match beyond.right() {
            Right::Read => "read",
            Right::Write => "write",
        };
        let path = beyond.path.display();
        Some(format!("`{path}` lies outside the folders that tokenwell can {deed} since it started; {REMEDY}"))
    }

    /// A complaint, and what to do if it comes of the confinement: a folder that was made again in the place of the one that
    /// was granted is another one.
    pub fn explained(confinement: Option<&Self>, complaint: String) -> String {
        let may_be = confinement.is_some_and(|confinement| confinement.grants.is_some());
        if may_be && complaint.to_lowercase().contains("permission denied") {
            format!(
                "{complaint}; tokenwell reaches only folders that it found when it started: if this is another, {REMEDY}"
            )
        } else {
            complaint
        }
    }
}

impl Need {
    fn at(&self, path: &Path) -> Grant {
        Grant { path: path.to_owned(), right: self.right() }
    }
}

/// Each place once; what is written is read too.
fn grants(needs: &[Need]) -> Vec<Grant> {
    let mut grants: Vec<_> = needs
        .iter()
        .flat_map(|need| {
            let grounds = ground::of(need);
            let above: Vec<_> = grounds.iter().filter_map(|path| ground::above(path, need.purpose)).collect();
            grounds.into_iter().chain(above).map(|path| need.at(&path))
        })
        .collect();
    grants.sort_by(|a, b| (&a.path, b.right).cmp(&(&b.path, a.right)));
    grants.dedup_by(|later, first| later.path == first.path);
    grants
}

/// The first credential with a hook that runs a command.
fn with_command(config: &Config) -> Option<&str> {
    let patterns = config.key_directories.iter().map(|directory| &directory.pattern);
    let runs_command = |credential: &&Credential| {
        credential.hooks.iter().any(|hook| match hook {
            Hook::Command { .. } => true,
            Hook::Signal { .. } | Hook::Post { .. } => false,
        })
    };
    let found = config.credentials.iter().chain(patterns).find(runs_command)?;
    Some(if found.name.is_empty() { "credentialsFrom" } else { &found.name })
}

const REMEDY: &str = "restart tokenwell: with good tokens on disk that costs no request";
