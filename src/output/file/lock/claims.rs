//! What this process has claimed in a folder.

use std::{collections::HashSet, ffi::OsStr, io, os::unix::ffi::OsStrExt, sync::Arc};

use super::{
    anchor::{Anchor, Extent},
    held::{Claimed, Held, Holder},
    identity::Identity,
};
use crate::{file_id::FileId, output::file::name::Place};

/// The claims of this process in a folder.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) id: FileId,
    pub(super) anchor: Arc<Anchor>,
    plain: HashSet<u64>,
    members: HashSet<u64>,
}

impl Claims {
    /// With nothing held yet.
    pub(super) fn new(id: FileId, anchor: Arc<Anchor>) -> Self {
        Self { id, anchor, plain: HashSet::new(), members: HashSet::new() }
    }

    /// An error of the system means that there are no locks here.
    pub(super) fn claim(&mut self, place: Place<'_>, claimed: Claimed, own: Identity) -> io::Result<Result<(), Held>> {
        let hash = hash(place.name);
        let held = match claimed {
            Claimed::Set => &mut self.members,
            Claimed::Output | Claimed::StateDirectory => &mut self.plain,
        };
        if held.contains(&hash) {
            return Ok(Ok(()));
        }
        Ok(match self.anchor.lock(extent(place, claimed), own)? {
            Ok(()) => {
                held.insert(hash);
                Ok(())
            }
            Err(holder) => Err(held_by(place, claimed, holder)),
        })
    }

    /// Claims plain outputs at once, if that can be done without a question about each. The others stay to be claimed one by one.
    pub(super) fn claim_ahead<'n>(&mut self, names: impl Iterator<Item = &'n OsStr>, own: Identity) -> io::Result<()> {
        let mut wanted: HashSet<_> = names.map(hash).collect();
        wanted.retain(|hash| !self.plain.contains(hash));
        if !wanted.is_empty() && self.members.is_empty() && self.anchor.lock_more(&self.plain, &wanted, own)? {
            self.plain.extend(wanted);
        }
        Ok(())
    }

    /// Answers whether nothing is held any more.
    pub(super) fn release(&mut self, place: Place<'_>, claimed: Claimed, own: Identity) -> bool {
        let hash = hash(place.name);
        match claimed {
            Claimed::Set => {
                if self.members.remove(&hash) && self.members.is_empty() {
                    self.anchor.unlock(Extent::All);
                    // The lock of the set lay over these.
                    self.plain.retain(|hash| matches!(self.anchor.lock(Extent::One(*hash), own), Ok(Ok(()))));
                }
            }
            Claimed::Output | Claimed::StateDirectory => {
                if self.plain.remove(&hash) && self.members.is_empty() {
                    self.anchor.unlock(Extent::One(hash));
                }
            }
        }
        self.plain.is_empty() && self.members.is_empty()
    }

    /// Whether a set is held.
    pub(super) fn has_set(&self) -> bool {
        !self.members.is_empty()
    }
}

/// The process that holds the range of a claim.
pub(super) fn holder(anchor: &Anchor, place: Place<'_>, claimed: Claimed) -> io::Result<Option<Held>> {
    let held = anchor.look(extent(place, claimed), Identity::own())?;
    Ok(held.err().map(|holder| held_by(place, claimed, holder)))
}

fn extent(place: Place<'_>, claimed: Claimed) -> Extent {
    match claimed {
        Claimed::Set => Extent::All,
        Claimed::Output | Claimed::StateDirectory => Extent::One(hash(place.name)),
    }
}

fn held_by(place: Place<'_>, claimed: Claimed, holder: Option<Holder>) -> Held {
    let path = match claimed {
        Claimed::Output => place.target(),
        Claimed::Set | Claimed::StateDirectory => place.folder.to_owned(),
    };
    Held { path, claimed, holder }
}

/// The hash of an output's name (FNV-1a). It is the same in every version, for two versions may meet. Two names in one
/// folder that share a place are as good as impossible, and would only keep two processes apart that need not be.
fn hash(name: &OsStr) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in name.as_bytes() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::identity::Slot, *};

    #[test]
    fn ten_thousand_names_have_as_many_places() {
        let names = (0..10_000).flat_map(|n| [format!("{n}.jwt"), format!("token-{n}"), format!("{n}")]);
        let places: BTreeSet<_> = names.map(|name| Slot::of_hash(hash(OsStr::new(&name))).byte()).collect();
        assert_eq!(places.len(), 30_000);
    }
}
