//! Inputs as text that people can read, and what a message for people must be like.

/// What an input has in place of text that no message may repeat.
pub(super) const CANARY: &str = "CANARY";

/// Splits an input at lines that consist of `---`. A part that is missing is empty.
pub(super) fn parts<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut rest = input;
    std::array::from_fn(|n| {
        let end = if n + 1 == N { None } else { rest.windows(BREAK.len()).position(|found| found == BREAK) };
        let part = &rest[..end.unwrap_or(rest.len())];
        rest = end.map_or(&[], |end| &rest[end + BREAK.len()..]);
        part
    })
}

/// Checks that a message is one line of bounded length without control characters.
pub(super) fn assert_one_line(message: &str, bytes_max: usize) {
    assert!(!message.is_empty(), "the message is empty");
    assert!(message.len() <= bytes_max, "the message has {} bytes: {message:.200}", message.len());
    assert!(!message.chars().any(char::is_control), "control characters in {message:?}");
}

/// Checks that a message does not repeat what an input holds.
pub(super) fn assert_silent(message: &str, secret: &str) {
    assert!(secret.len() < SECRET_BYTES_MIN || !message.contains(secret), "{message:?} repeats `{secret}`");
}

const BREAK: &[u8] = b"\n---\n";
/// Shorter text may be in a message by chance, as the name of a field is.
const SECRET_BYTES_MIN: usize = 32;
