//! The file with the public keys in the state directory.

use std::{fs, path::Path};

use tempfile::TempDir;
use tokenwell::exchange::Trust;

use super::{
    Judged,
    base64url::encoded,
    signed::MODULUS,
    text::assert_one_line,
    world::{API, folder},
};

/// Checks that a cache is read as it was written, and that a damaged one is ignored.
pub fn check(input: &[u8]) -> Judged {
    let Ok(text) = str::from_utf8(input) else { return Judged::Ignored };
    let text = text.replace("MODULUS", &encoded(&MODULUS));
    let folders = [folder(), folder(), folder()];
    let [first, second, third] = folders.each_ref().map(TempDir::path);
    fs::write(first.join(FILE), text.as_bytes()).unwrap();
    // The keys move on from folder to folder: each step reads, and writes what it read.
    let copy = |from: &Path, to: &Path| {
        let trust = Trust::open(Some(to), &API);
        trust.take_over(from);
        fs::read(to.join(FILE)).ok()
    };
    let written = copy(first, second);
    assert_eq!(written, copy(second, third), "read and written again");
    let is_known = written.is_some();
    if let Some(written) = written {
        let written = String::from_utf8(written).unwrap();
        for part in ["\"version\":1", "\"projectId\":\"P2abc\"", "\"baseUrl\":\"https://api.descope.com\""] {
            assert!(written.contains(part), "{written}");
        }
        assert!(text.contains("P2abc") || text.contains('\\'), "keys of another project");
        assert_eq!(Trust::check_cache(second).map_err(|error| error.to_string()), Ok(()));
    }
    // What is not a cache is never replaced.
    match Trust::check_cache(first) {
        Ok(()) => Trust::remove_cache(first),
        Err(foreign) => {
            assert!(!is_known, "{foreign}");
            assert_one_line(&foreign.to_string(), 1024);
            Trust::remove_cache(first);
            assert_eq!(fs::read(first.join(FILE)).unwrap(), text.as_bytes());
        }
    }
    if is_known { Judged::Accepted } else { Judged::Refused }
}

const FILE: &str = "jwks.json";
