//! Files with a secret: an access key, or answers to security questions.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::fingerprint::Fingerprint;
use crate::secret::Secret;

/// Returns the fingerprint of the secret in a file, without the white space around it.
pub fn fingerprint_in(path: &Path) -> io::Result<Fingerprint> {
    Ok(Secret::new(text_in(path)?.trim().to_owned()).fingerprint())
}

/// Returns the text in a file of at most 8 KiB.
pub(super) fn text_in(path: &Path) -> io::Result<Zeroizing<String>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file")); // opening a pipe would block
    }
    let file = File::open(path)?;
    let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX + 1));
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    if text.len() > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is longer than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

const FILE_BYTES_MAX: usize = 8192;
