//! Takes over the state of a credential from where it was before: beside the outputs, as earlier versions kept it, or in the state
//! directory of another first output.
//!
//! 1. Copy its refresh tokens, so that the disk has them.
//! 2. Copy its record, which says that the tokens are complete.
//! 3. Remove the tokens and the record there.
//!
//! A crash between two steps leaves all of it in one of the places, and the next start goes on. Only the process that has claimed
//! the outputs of the credential calls this, and what a process uses is left to it.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    blocking::{Access, at_file},
    config::Credential,
    output::{Locks, Output},
    state::{Ledger, directories_beside},
};

/// Why the state of a credential was not taken over.
#[derive(Debug, thiserror::Error)]
#[error("cannot take over the state in `{place}`: {source}; it stays there, and nothing is requested before it can be", place = place.display())]
pub struct NotTakenOver {
    place: PathBuf,
    source: io::Error,
}

/// Takes over the state of a credential into a default state directory, from `former` and from the directories beside it. Returns
/// the places that it came from. Blocks on the disk.
pub fn take_over(
    credential: &Credential,
    directory: &Path,
    former: &Path,
    locks: &Locks,
) -> Result<Vec<PathBuf>, NotTakenOver> {
    let mut taken = Vec::new();
    for place in [former.to_owned()].into_iter().chain(directories_beside(directory)) {
        at_file(Access::Read, &place);
        if !has_state_of(credential, &place) || is_used(&place, locks) {
            continue;
        }
        let moved = move_state(credential, &place, directory);
        locks.release_state(&place);
        match moved {
            Ok(true) => taken.push(place),
            Ok(false) => {}
            Err(source) => return Err(NotTakenOver { place, source }),
        }
    }
    Ok(taken)
}

fn has_state_of(credential: &Credential, place: &Path) -> bool {
    Ledger::new(place).has(&credential.name) || credential.source.has_chain_in(place, &credential.name)
}

/// Whether another process uses a state directory. If not, this one has claimed it, as far as there are locks.
fn is_used(place: &Path, locks: &Locks) -> bool {
    matches!(locks.claim_state(place), Ok(Err(_)))
}

/// Returns whether there was state that is certainly of this credential: its record names an output that this process has claimed,
/// or the chain began with the refresh token that is mounted now.
fn move_state(credential: &Credential, place: &Path, directory: &Path) -> io::Result<bool> {
    let (theirs, ours) = (Ledger::new(place), Ledger::new(directory));
    let record = theirs.load(&credential.name).ok().flatten();
    let outputs: Vec<_> = credential.outputs.iter().filter_map(Output::file).collect();
    let is_certain = record.as_ref().is_some_and(|record| record.is_of_any(&outputs));
    let chain = credential.source.copy_chain_from(place, &credential.name, is_certain)?;
    if is_certain {
        ours.copy_if_newer(&theirs, &credential.name)?;
    }
    let has_chain = chain.as_ref().is_some_and(|chain| !chain.is_empty());
    if let Some(chain) = chain {
        chain.remove()?;
    }
    if is_certain {
        theirs.remove(&credential.name)?;
    }
    Ok(is_certain || has_chain)
}
