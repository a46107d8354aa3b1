//! The confinement of this process: applies it, and checks new configurations against it.

use std::path::{Path, PathBuf};

use tracing::{debug, info};

use super::{
    folders,
    grant::{Grant, grants},
    landlock,
    needs::{Need, Right, needs},
    seccomp,
};
use crate::{
    blocking,
    config::{Config, Confine, Credential},
    hook::Hook,
};

/// The access that this process still has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confinement {
    /// The real folders; `None` means all folders, because there is no Landlock.
    grants: Option<Vec<Grant>>,
}

impl Confinement {
    /// Confines the calling thread, and threads that it starts later, to what the configuration needs, and logs the
    /// result in one line. `file` is the configuration file, `certificates` are the root certificates that the
    /// environment names. Returns `None` if no confinement was wanted. Blocks on the disk.
    ///
    /// For a missing folder, its nearest existing parent is granted.
    pub fn begin(config: &Config, file: Option<&Path>, certificates: Vec<Need>) -> Option<Self> {
        if config.confine == Confine::Off {
            info!("not confined, because of `confine: off`");
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
                    "confined to the folders of the configuration, and programs cannot be run"
                );
            }
            (Ok(landlock::Enforced::InPart), Ok(())) => {
                info!("confined, but not completely: this kernel's Landlock is old");
            }
            (Err(files), Err(calls)) => info!("not confined: {files}; {calls}"),
            (files, calls) => {
                let files =
                    files.as_ref().err().map_or_else(|| "confined to its folders".to_owned(), ToString::to_string);
                let calls =
                    calls.as_ref().err().map_or_else(|| "programs cannot be run".to_owned(), ToString::to_string);
                info!("partly confined: {files}; {calls}");
            }
        }
        Some(Self { grants: files.is_ok().then_some(grants) })
    }

    /// Returns why this process cannot apply another configuration, with the remedy. Blocks on the disk.
    pub fn refuses(&self, config: &Config, file: Option<&Path>) -> Option<BeyondConfinement> {
        if let Some(name) = with_command(config) {
            return Some(BeyondConfinement::Command { credential: name.to_owned() });
        }
        let granted = self.grants.as_ref()?;
        let is_granted = |wanted: &Grant| {
            granted.iter().any(|grant| grant.right >= wanted.right && wanted.path.starts_with(&grant.path))
        };
        let needs = needs(config, file);
        // The kernel refuses what is not granted; one whose disk does not respond is not known to be beyond.
        let mut known = needs.iter().filter(|need| blocking::reaches(&need.path));
        let beyond = known.find(|need| !folders::of_need(need).iter().all(|path| is_granted(&need.at(path))))?;
        Some(BeyondConfinement::Path { path: beyond.path.clone(), right: beyond.right() })
    }

    /// Adds the remedy to an error that the confinement may have caused: a folder that was recreated is not the granted
    /// one.
    pub fn explained(confinement: Option<&Self>, error: String) -> String {
        let is_possible = confinement.is_some_and(|confinement| confinement.grants.is_some());
        if is_possible && error.to_lowercase().contains("permission denied") {
            format!(
                "{error}; tokenwell can only access folders that existed when it started: if this one was recreated, {REMEDY}"
            )
        } else {
            error
        }
    }
}

/// Why a confined process cannot apply a configuration, with the remedy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BeyondConfinement {
    /// A hook runs a command.
    #[error(
        "a hook of `{credential}` runs a command, and tokenwell gave up running programs when it started; {remedy}",
        remedy = REMEDY
    )]
    Command {
        /// The credential, or `credentialsFrom`.
        credential: String,
    },
    /// A path is outside the granted folders.
    #[error(
        "`{path}` is outside the folders that tokenwell can {access} since it started; {remedy}",
        path = path.display(), access = access(*right), remedy = REMEDY
    )]
    Path {
        /// The path.
        path: PathBuf,
        /// The right that is needed.
        right: Right,
    },
}

fn access(right: Right) -> &'static str {
    match right {
        Right::Read => "read",
        Right::Write => "write",
    }
}

/// Returns the first credential with a hook that runs a command.
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

const REMEDY: &str = "restart tokenwell: with valid tokens on disk it makes no request";
