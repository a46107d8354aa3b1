//! Decides which refresh token is presented: the mounted one, or one that replaced it. Pure.
//!
//! A *mount* is a refresh token that a person put into the mounted file, known by its fingerprint. Its *chain* is the newest
//! token that replaced it by rotation. Chains are stored by the fingerprint of their mount, so a newly mounted token
//! begins a chain of its own, and the chain of a former mount is still there if the new one is missing, cut, denied, or
//! swapped back.

use crate::fingerprint::Fingerprint;

/// The token to present, with the fingerprint of its mount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChainLink {
    /// The mounted token itself.
    Mounted(Fingerprint),
    /// The token that replaced the mounted one last.
    Rotated(Fingerprint),
}

/// What the disk holds of the chains of one credential.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chains {
    /// The mounts with a stored token, the newest token first.
    pub stored: Vec<Fingerprint>,
    /// The mounts that were denied while another chain was stored.
    pub denied: Vec<Fingerprint>,
}

impl ChainLink {
    /// Returns the fingerprint of the mount.
    pub fn mount(self) -> Fingerprint {
        match self {
            Self::Mounted(mount) | Self::Rotated(mount) => mount,
        }
    }
}

impl Chains {
    /// Returns the token to present; `None` if there is no usable one. `mounted` is `None` if the mounted file is missing
    /// or contains no token.
    ///
    /// 1. The chain of the mounted token, because only its newest token is certainly valid.
    /// 2. The mounted token, unless it was denied while the chain of a former mount is stored.
    /// 3. The newest chain of a former mount.
    pub fn link(&self, mounted: Option<Fingerprint>) -> Option<ChainLink> {
        let former = self.stored.first().copied().map(ChainLink::Rotated);
        match mounted {
            Some(mount) if self.stored.contains(&mount) => Some(ChainLink::Rotated(mount)),
            Some(mount) if self.denied.contains(&mount) && former.is_some() => former,
            Some(mount) => Some(ChainLink::Mounted(mount)),
            None => former,
        }
    }

    /// Whether to note that a token was denied, so that the chain of a former mount is resumed.
    pub fn resumes_another(&self, denied: ChainLink) -> bool {
        match denied {
            ChainLink::Mounted(mount) => self.stored.iter().any(|stored| *stored != mount),
            ChainLink::Rotated(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(number: u8) -> Fingerprint {
        Fingerprint::new([number; 8])
    }

    #[test]
    fn the_newest_token_of_the_mounted_one_is_presented() {
        let chains = Chains { stored: vec![mount(2), mount(1)], denied: Vec::new() };
        assert_eq!(chains.link(Some(mount(1))), Some(ChainLink::Rotated(mount(1))));
        assert_eq!(chains.link(Some(mount(3))), Some(ChainLink::Mounted(mount(3))));
        assert_eq!(chains.link(None), Some(ChainLink::Rotated(mount(2))));
        assert_eq!(Chains::default().link(Some(mount(1))), Some(ChainLink::Mounted(mount(1))));
        assert_eq!(Chains::default().link(None), None);
    }

    #[test]
    fn a_denied_mount_resumes_the_former_chain() {
        let before = Chains { stored: vec![mount(1)], denied: Vec::new() };
        assert!(before.resumes_another(ChainLink::Mounted(mount(2))));
        assert!(
            !before.resumes_another(ChainLink::Mounted(mount(1)))
                && !before.resumes_another(ChainLink::Rotated(mount(2)))
        );
        let after = Chains { denied: vec![mount(2)], ..before };
        assert_eq!(after.link(Some(mount(2))), Some(ChainLink::Rotated(mount(1))));
        assert_eq!(after.link(Some(mount(3))), Some(ChainLink::Mounted(mount(3))), "a third one is tried");
        let alone = Chains { stored: Vec::new(), denied: vec![mount(2)] };
        assert_eq!(alone.link(Some(mount(2))), Some(ChainLink::Mounted(mount(2))));
    }
}
