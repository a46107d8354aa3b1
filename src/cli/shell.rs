//! Text that people can paste into a shell.

use std::{env, path::Path};

/// Returns how to call this program from another terminal: by its bare name if it was called so, else by its full path.
pub(super) fn program() -> String {
    let bare = env::args_os().next().is_some_and(|name| Path::new(&name).components().count() == 1);
    match env::current_exe() {
        Ok(path) if !bare => quoted(&path.display().to_string()),
        Ok(_) | Err(_) => "tokenwell".to_owned(),
    }
}

/// Quotes a text as one word for a shell.
pub(super) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_a_plain_word_is_quoted() {
        assert_eq!(quoted("/tmp/a-b_c.1"), "/tmp/a-b_c.1");
        assert_eq!(quoted("a b's"), r"'a b'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
