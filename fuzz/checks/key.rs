//! The text of a key file: an access key, or an error that repeats nothing of it.

use std::fs;

use tokenwell::source::{AccessKey, KEY_FILE_BYTES_MAX, KeyForm, Secrets, Source};

use super::{
    Judged,
    text::{CANARY, assert_one_line, assert_silent},
    world::folder,
};

/// Checks what is read of a key file.
pub fn check(input: &[u8]) -> Judged {
    let folder = folder();
    let path = folder.path().join("key");
    fs::write(&path, input).unwrap();
    let form = KeyForm::of(input);
    if let KeyForm::Doubtful(what) | KeyForm::Impossible(what) = form {
        assert_one_line(what, 200);
        assert!(!what.contains(CANARY), "{what}");
    }
    match Source::from(AccessKey::at(&path)).read() {
        Ok(material) => {
            let shown = format!("{material:?}");
            let Secrets::AccessKey(material) = material.secrets else { panic!("an access key was read") };
            let key = material.key.expose();
            assert!(key.bytes().all(|byte| byte.is_ascii_graphic()) && (1..=KEY_FILE_BYTES_MAX).contains(&key.len()));
            assert_eq!(key.as_bytes(), trimmed(input), "the key is the file without the space around it");
            assert_silent(&shown, key);
            let lines = KeyForm::Impossible("several lines");
            assert!(![lines, KeyForm::Impossible("binary")].contains(&form), "{form:?}");
            Judged::Accepted
        }
        Err(error) => {
            assert!(!error.is_of_the_system(), "{error}");
            assert_one_line(&error.to_string(), 1024);
            assert!(!error.to_string().contains(CANARY), "{error}");
            assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
            Judged::Refused
        }
    }
}

fn trimmed(mut bytes: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    while bytes.first().is_some_and(is_space) {
        bytes = &bytes[1..];
    }
    while bytes.last().is_some_and(is_space) {
        bytes = &bytes[..bytes.len() - 1];
    }
    bytes
}
