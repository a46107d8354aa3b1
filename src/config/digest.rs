//! What a configuration file held when it was read, as far as it takes to tell whether it holds something else now.

use std::path::Path;

use ring::digest;

use super::text;

/// Tells two contents of a configuration file apart; a file that cannot be read has a mark of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(Option<[u8; 32]>);

impl Digest {
    /// Where there is no content.
    pub(super) const NONE: Self = Self(None);

    /// Of what a file holds now. Blocks on the disk.
    pub fn look(path: &Path) -> Self {
        text::read(path).map_or(Self::NONE, |bytes| Self::of(&bytes))
    }

    pub(super) fn of(bytes: &[u8]) -> Self {
        digest::digest(&digest::SHA256, bytes).as_ref().try_into().map_or(Self::NONE, |digest| Self(Some(digest)))
    }
}
