//! The state directory: whether state can be written for the next process.

use std::path::Path;

use rustix::io::Errno;

use super::{
    finding::{Finding, joined},
    needs::{Need, ProcessUser},
};
use crate::{
    config::Credential,
    exchange::Trust,
    state::{Ledger, StoreError},
    status,
};

/// Writes a probe file. Blocks on the disk.
pub(super) fn probe(directory: &Path) -> Result<(), StoreError> {
    Ledger::new(directory).probe()
}

/// Returns what has the name of a file of this program and is not replaced, one sentence for each. Blocks on the disk.
pub(super) fn foreign<'a>(directory: &Path, credentials: impl IntoIterator<Item = &'a Credential>) -> Vec<String> {
    let ledger = Ledger::new(directory);
    let records = credentials.into_iter().filter_map(|credential| ledger.check(&credential.name).err());
    let records = records.map(|why| why.to_string());
    let status = status::check(&status::path_in(directory)).err().map(|why| why.to_string());
    let keys = Trust::check_cache(directory).err().map(|why| why.to_string());
    status.into_iter().chain(keys).chain(records.take(FOREIGN_LISTED_MAX)).collect()
}

/// Reports these sentences.
pub(super) fn foreign_findings(foreign: Vec<String>) -> impl Iterator<Item = Finding> {
    foreign.into_iter().map(|why| Finding::failed(SUBJECT, why))
}

/// Reports whether the directory can be written, and the remedy.
pub(super) fn finding(probed: &Result<(), StoreError>, directory: &Path, identity: &ProcessUser) -> Finding {
    let Err(StoreError { path, source }) = probed else {
        return Finding::passed(SUBJECT, format!("`{}` can be written", directory.display()));
    };
    let harm = "without it every restart costs a request for each credential";
    let why = source.to_string().to_lowercase();
    let why = why.split(" (os error").next().unwrap_or_default();
    let remedy = match Errno::from_io_error(source) {
        Some(Errno::NOSPC | Errno::DQUOT) => {
            "free space or inodes there, raise the quota, or name another `stateDirectory`"
        }
        Some(_) | None => "let tokenwell's user write there, or name another `stateDirectory`",
    };
    let folder = directory.to_owned();
    let needs = match Errno::from_io_error(source) {
        Some(Errno::ROFS) => vec![Need::MountedForWriting(folder)],
        Some(Errno::ACCESS | Errno::PERM) => vec![Need::WritableFolder { folder, group: identity.group }],
        Some(_) | None => Vec::new(),
    };
    Finding::failed(SUBJECT, format!("`{}` cannot be written: {why}: {harm}; {remedy}", path.display())).needing(needs)
}

/// Remarks that the refresh tokens of these credentials are in memory only.
pub(super) fn short_lived_tokens(rotating: &[&str], in_memory: bool, directory: &Path) -> Option<Finding> {
    let is_at_risk = in_memory && !rotating.is_empty();
    is_at_risk.then(|| {
        let (names, directory) = (joined(rotating), directory.display());
        let text = format!(
            "{names}: `{directory}` is in memory: if the project rotates refresh tokens, the newest one is lost when the machine \
             restarts, and a person must sign in again; name a `stateDirectory` on a disk"
        );
        Finding::remark(SUBJECT, text)
    })
}

const SUBJECT: &str = "state";
/// How many records are listed.
const FOREIGN_LISTED_MAX: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::is_in_memory;

    #[test]
    fn refresh_tokens_that_end_with_the_machine_are_remarked() {
        let said = |rotating: &[&str], in_memory| {
            short_lived_tokens(rotating, in_memory, Path::new("/run/t")).map(|finding| finding.text)
        };
        insta::assert_snapshot!(said(&["a", "b"], true).unwrap(), @"a, b: `/run/t` is in memory: if the project rotates refresh tokens, the newest one is lost when the machine restarts, and a person must sign in again; name a `stateDirectory` on a disk");
        assert_eq!((said(&["a"], false), said(&[], true)), (None, None));
        assert!(is_in_memory(Path::new("/dev/shm/missing")) && !is_in_memory(Path::new("/proc")));
    }

    #[test]
    fn an_unwritable_state_directory_is_reported_with_its_cost() {
        let me = ProcessUser { user: 1, group: 1, groups: Vec::new() };
        let probed = Err(StoreError { path: "/var/lib/t/state".into(), source: Errno::ACCESS.into() });
        let finding = finding(&probed, Path::new("/var/lib/t"), &me);
        insta::assert_snapshot!(finding.text, @"`/var/lib/t/state` cannot be written: permission denied: without it every restart costs a request for each credential; let tokenwell's user write there, or name another `stateDirectory`");
        assert_eq!(finding.needs, [Need::WritableFolder { folder: "/var/lib/t".into(), group: 1 }]);
    }
}
