//! Decides which refresh token is presented: the mounted one, or one that replaced it. Pure.
//!
//! A *mount* is a refresh token that a person put into the mounted file, known by its fingerprint. Its *chain* is the newest
//! token that replaced it by rotation. Chains are stored by the fingerprint of their mount, so a newly mounted token
//! begins a chain of its own, and the chain of a former mount is still there if the new one is missing, cut, denied, or
//! swapped back. It is removed when the new mount has brought a session.

use crate::fingerprint::Fingerprint;

/// The token to present, with the fingerprint of its mount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChainLink {
    /// The mounted token itself.
    Mounted(Fingerprint),
    /// The token that replaced the mounted one last.
    Rotated(Fingerprint),
    /// The token that replaced a former mount last. The mounted one is missing, unusable or denied.
    Former(Fingerprint),
}

/// What the disk holds of the chains of one credential.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chains {
    /// The mounts with a stored token, the newest token first.
    pub stored: Vec<Fingerprint>,
    /// The mounts that were denied while another chain could be resumed, the newest note first.
    pub denied: Vec<Fingerprint>,
}

impl ChainLink {
    /// Returns the fingerprint of the mount.
    pub fn mount(self) -> Fingerprint {
        match self {
            Self::Mounted(mount) | Self::Rotated(mount) | Self::Former(mount) => mount,
        }
    }
}

impl Chains {
    /// Returns the token to present; `None` if there is no usable one. `mounted` is `None` if the mounted file is missing
    /// or contains no token.
    ///
    /// 1. The newest token of the mounted one's chain, unless it was denied and a former chain was not.
    /// 2. The newest chain of a former mount that was not denied.
    /// 3. Without a mounted token, the newest chain of a former mount, although it was denied.
    pub fn link(&self, mounted: Option<Fingerprint>) -> Option<ChainLink> {
        let resumable = self.resumable(mounted).map(ChainLink::Former);
        match mounted {
            Some(mount) if self.denied.contains(&mount) && resumable.is_some() => resumable,
            Some(mount) if self.stored.contains(&mount) => Some(ChainLink::Rotated(mount)),
            Some(mount) => Some(ChainLink::Mounted(mount)),
            None => resumable.or_else(|| self.stored.first().copied().map(ChainLink::Former)),
        }
    }

    /// Whether to note that a token was denied, so that another chain is used.
    pub fn notes_denial(&self, denied: ChainLink) -> bool {
        match denied {
            ChainLink::Mounted(mount) | ChainLink::Rotated(mount) => self.resumable(Some(mount)).is_some(),
            ChainLink::Former(_) => true,
        }
    }

    /// Returns what a session makes obsolete: every other chain and every note, if the mounted token or its chain brought
    /// it; else only the note of the former mount that brought it.
    #[must_use]
    pub fn obsolete_after_session(&self, granted: ChainLink) -> Self {
        match granted {
            ChainLink::Mounted(mount) | ChainLink::Rotated(mount) => Self {
                stored: self.stored.iter().copied().filter(|stored| *stored != mount).collect(),
                denied: self.denied.clone(),
            },
            ChainLink::Former(mount) => Self {
                stored: Vec::new(),
                denied: self.denied.iter().copied().filter(|denied| *denied == mount).collect(),
            },
        }
    }

    /// Returns the oldest chains and notes beyond the number that is kept.
    #[must_use]
    pub fn surplus(&self) -> Self {
        let beyond = |all: &[Fingerprint]| all.iter().copied().skip(CHAINS_MAX).collect();
        Self { stored: beyond(&self.stored), denied: beyond(&self.denied) }
    }

    fn resumable(&self, mounted: Option<Fingerprint>) -> Option<Fingerprint> {
        self.stored.iter().copied().find(|stored| Some(*stored) != mounted && !self.denied.contains(stored))
    }
}

/// The limit of chains of one credential. More than two exist only if several mounts in a row never brought a session.
pub const CHAINS_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(number: u8) -> Fingerprint {
        Fingerprint::new([number; 8])
    }

    fn chains(stored: &[u8], denied: &[u8]) -> Chains {
        let mounts = |numbers: &[u8]| numbers.iter().copied().map(mount).collect();
        Chains { stored: mounts(stored), denied: mounts(denied) }
    }

    #[test]
    fn the_newest_token_of_the_mounted_one_is_presented() {
        let two = chains(&[2, 1], &[]);
        assert_eq!(two.link(Some(mount(1))), Some(ChainLink::Rotated(mount(1))));
        assert_eq!(two.link(Some(mount(3))), Some(ChainLink::Mounted(mount(3))));
        assert_eq!(two.link(None), Some(ChainLink::Former(mount(2))));
        assert_eq!(chains(&[], &[]).link(Some(mount(1))), Some(ChainLink::Mounted(mount(1))));
        assert_eq!(chains(&[], &[]).link(None), None);
    }

    #[test]
    fn a_denied_mount_resumes_the_former_chain() {
        let before = chains(&[1], &[]);
        assert!(before.notes_denial(ChainLink::Mounted(mount(2))));
        let after = chains(&[1], &[2]);
        assert_eq!(after.link(Some(mount(2))), Some(ChainLink::Former(mount(1))));
        assert_eq!(after.link(Some(mount(3))), Some(ChainLink::Mounted(mount(3))), "a third one is tried");
        assert_eq!(after.link(Some(mount(1))), Some(ChainLink::Rotated(mount(1))), "the former one is back");
    }

    #[test]
    fn a_rotated_token_that_was_denied_resumes_the_former_chain() {
        assert!(chains(&[2, 1], &[]).notes_denial(ChainLink::Rotated(mount(2))));
        assert_eq!(chains(&[2, 1], &[2]).link(Some(mount(2))), Some(ChainLink::Former(mount(1))));
    }

    #[test]
    fn a_denial_without_another_chain_is_not_noted() {
        assert!(!chains(&[1], &[]).notes_denial(ChainLink::Rotated(mount(1))));
        assert!(!chains(&[1], &[1]).notes_denial(ChainLink::Mounted(mount(2))), "that one was denied too");
        assert_eq!(chains(&[], &[2]).link(Some(mount(2))), Some(ChainLink::Mounted(mount(2))));
    }

    #[test]
    fn if_every_chain_was_denied_the_mounted_one_is_presented() {
        assert!(chains(&[1], &[2]).notes_denial(ChainLink::Former(mount(1))));
        assert_eq!(chains(&[1], &[1, 2]).link(Some(mount(2))), Some(ChainLink::Mounted(mount(2))));
        assert_eq!(chains(&[2, 1], &[1, 2]).link(Some(mount(2))), Some(ChainLink::Rotated(mount(2))));
        assert_eq!(chains(&[1], &[1]).link(None), Some(ChainLink::Former(mount(1))));
    }

    #[test]
    fn a_session_of_the_mounted_token_ends_all_other_chains() {
        let all = chains(&[2, 1], &[1, 3]);
        assert_eq!(all.obsolete_after_session(ChainLink::Rotated(mount(2))), chains(&[1], &[1, 3]));
        assert_eq!(all.obsolete_after_session(ChainLink::Mounted(mount(3))), chains(&[2, 1], &[1, 3]));
    }

    #[test]
    fn a_session_of_a_former_mount_keeps_the_mounted_one_denied() {
        let all = chains(&[1], &[2]);
        assert_eq!(all.obsolete_after_session(ChainLink::Former(mount(1))), Chains::default());
        assert_eq!(chains(&[1], &[1, 2]).obsolete_after_session(ChainLink::Former(mount(1))), chains(&[], &[1]));
    }

    #[test]
    fn the_number_of_chains_is_bounded() {
        let many: Vec<u8> = (0..10).collect();
        assert_eq!(chains(&many, &many).surplus(), chains(&[8, 9], &[8, 9]));
        assert_eq!(chains(&[1, 2], &[]).surplus(), Chains::default());
    }
}
