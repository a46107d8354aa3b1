//! The names in a set that are ours: of generations, and of the links that are made beside the old ones.

use std::{
    ffi::{OsStr, OsString},
    iter,
    os::unix::ffi::OsStrExt,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::output::file::name::{TEMPORARY_PREFIX, TEMPORARY_RANDOM_CHARS, TEMPORARY_SUFFIX};

/// A new name for a generation, such as `..2026_11_23_15_22_01.kqzvbtah`.
///
/// The time is for people: nothing is decided by it, and it may go back. The letters keep the name from being one of the
/// kubelet's, which end in digits.
pub(super) fn generation(issued_at: SystemTime) -> OsString {
    let seconds = issued_at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).min(STAMP_SECONDS_MAX);
    let time = UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    let written = humantime::format_rfc3339_seconds(time).to_string();
    let stamp: String = written.trim_end_matches('Z').replace(['-', ':', 'T'], "_");
    successor(OsStr::new(&format!("..{stamp}")))
}

/// Another name with the time of that one: that of a generation from which something is taken away.
pub(super) fn successor(generation: &OsStr) -> OsString {
    let stamp = &generation.as_bytes()[..generation.len().min(STAMP.len())];
    let mut name = OsStr::from_bytes(stamp).to_owned();
    name.push(".");
    name.push(random(GENERATION_RANDOM_LETTERS));
    name
}

/// Whether it is the name of a generation of ours.
pub(super) fn is_generation(name: &OsStr) -> bool {
    let Some((stamp, rest)) = name.as_bytes().split_at_checked(STAMP.len()) else { return false };
    let is_stamp = stamp.iter().zip(STAMP.as_bytes()).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        _ => byte == shape,
    });
    is_stamp && rest.strip_prefix(b".").is_some_and(is_random)
}

/// A new name for the link that becomes `..data`. A crash leaves one behind; every write uses another name, so none
/// blocks the next.
pub(super) fn data_temporary() -> OsString {
    format!("{DATA_TEMPORARY}{}", random(GENERATION_RANDOM_LETTERS)).into()
}

/// Whether it is the name of such a link.
pub(super) fn is_data_temporary(name: &OsStr) -> bool {
    name.as_bytes().strip_prefix(DATA_TEMPORARY.as_bytes()).is_some_and(is_random)
}

/// A new name for the link that becomes the one by which readers know a file: that of a temporary file beside it.
pub(super) fn link_temporary(name: &OsStr) -> OsString {
    let mut temporary = OsString::from(TEMPORARY_PREFIX);
    temporary.push(name);
    temporary.push(".");
    temporary.push(random(TEMPORARY_RANDOM_CHARS));
    temporary.push(TEMPORARY_SUFFIX);
    temporary
}

/// The target of the link by which readers find a file.
pub(super) fn link_to(name: &OsStr) -> OsString {
    let mut target = OsString::from(DATA);
    target.push("/");
    target.push(name);
    target
}

fn random(letters: usize) -> String {
    iter::repeat_with(fastrand::lowercase).take(letters).collect()
}

fn is_random(letters: &[u8]) -> bool {
    letters.len() == GENERATION_RANDOM_LETTERS && letters.iter().all(u8::is_ascii_lowercase)
}

/// The link to the current generation.
pub(super) const DATA: &str = "..data";

/// The prefix of the name of a link that becomes `..data`.
const DATA_TEMPORARY: &str = "..data_tmp.";

/// The shape of a generation's name up to its random part; `0` means any digit.
const STAMP: &str = "..0000_00_00_00_00_00";

const GENERATION_RANDOM_LETTERS: usize = 8;

/// The end of the year 9999: later years have no four digits.
const STAMP_SECONDS_MAX: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::output::file::name::target_of;

    #[test]
    fn a_name_that_was_made_is_known_again_and_no_other() {
        let at = UNIX_EPOCH + Duration::from_secs(1_795_447_321);
        let name = generation(at);
        let text = name.to_str().unwrap();
        assert!(text.starts_with("..2026_11_23_15_22_01.") && is_generation(&name), "{text}");
        assert!(is_generation(&successor(&name)) && successor(&name) != name);
        assert_eq!(successor(&name).as_bytes()[..STAMP.len()], name.as_bytes()[..STAMP.len()]);
        assert!(is_data_temporary(&data_temporary()) && !is_generation(&data_temporary()));
        let foreign = [
            "",
            "..data",
            "..data_tmp",
            "..2026_11_23_15_22_01.1234567890",
            "..2026_11_23_15_22_01.12345678",
            "..2026_11_23_15_22_01.abcdefg",
            "..2026_11_23_15_22_01.abcdefghi",
            "..2026_11_23_15_22_01.abcdefgh/..",
            "..2026-11-23_15_22_01.abcdefgh",
            ".2026_11_23_15_22_01.abcdefgh",
            "..2026_11_23_15_22_0x.abcdefgh",
            "..2026_11_23_15_22_01-abcdefgh",
        ];
        for name in foreign {
            assert!(!is_generation(OsStr::new(name)) && !is_data_temporary(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_link_that_a_crash_left_is_known_by_its_file() {
        for name in ["a", "a.b", ".hidden"].map(OsStr::new) {
            assert_eq!(target_of(&link_temporary(name)), Some(name));
        }
    }

    #[test]
    fn no_time_is_too_odd_for_a_name() {
        for at in [UNIX_EPOCH - Duration::from_secs(9), UNIX_EPOCH, UNIX_EPOCH + Duration::from_secs(1 << 40)] {
            assert!(is_generation(&generation(at)), "{at:?}");
        }
    }
}
