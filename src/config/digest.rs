//! A digest of a configuration file's contents, to detect whether the file changed since it was read.

use std::path::Path;

use ring::digest;

use super::text;

/// SHA-256 of a configuration file's contents. A file that cannot be read has a digest of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(Option<[u8; 32]>);

impl Digest {
    /// The digest of a file that cannot be read, and of a configuration without a file.
    pub(super) const NONE: Self = Self(None);

    /// Returns the digest of a file's current contents. Blocks on the disk.
    pub fn of_file(path: &Path) -> Self {
        text::read(path).map_or(Self::NONE, |bytes| Self::of(&bytes))
    }

    pub(super) fn of(bytes: &[u8]) -> Self {
        digest::digest(&digest::SHA256, bytes).as_ref().try_into().map_or(Self::NONE, |digest| Self(Some(digest)))
    }
}
