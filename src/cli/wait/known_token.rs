//! The token that the caller of `tokenwell wait --newer-than` knows already.

use std::{
    io,
    path::{Path, PathBuf, absolute},
};

use crate::{
    cli::failure::Failure,
    config::{Credential, looks_like_a_secret},
    fingerprint::Fingerprint,
    output::{self, Output},
};

/// What is known, as the command line has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// The number of a token.
    Generation(u64),
    /// A file that holds a token: an output, or a copy of one.
    File(PathBuf),
}

/// What is known, as it is compared.
#[derive(Clone, Debug)]
pub(super) enum KnownToken {
    /// The number of a token.
    Generation(u64),
    /// Everything in the file, when the command began, that may be a token.
    Fingerprints(Vec<Fingerprint>),
}

impl Known {
    /// Reads the argument: digits are a generation.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty; pass a file or a generation, 0 for any token".to_owned());
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Generation).map_err(|_| "it is too large for a generation".to_owned());
        }
        if looks_like_a_secret(text) {
            return Err("it looks like a secret; pass the file that holds the token".to_owned());
        }
        Ok(Self::File(text.into()))
    }

    /// Reads the file, once. An output that does not exist yet holds no token, so any is newer. Blocks on the disk.
    pub(super) fn read(&self, credential: &Credential) -> Result<KnownToken, Failure> {
        let file = match self {
            Self::Generation(generation) => return Ok(KnownToken::Generation(*generation)),
            Self::File(file) => file,
        };
        let shown = file.display();
        match output::fingerprints_in(file) {
            Ok(found) if found.is_empty() => Err(Failure::CommandLine(format!(
                "`{shown}` holds no token; pass an output, a copy of one, or a generation, 0 for any token"
            ))),
            Ok(found) => Ok(KnownToken::Fingerprints(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_output(file, credential) => {
                Ok(KnownToken::Fingerprints(Vec::new()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::CommandLine(format!(
                "there is no file `{shown}`, and `{}` has no such output; pass 0 if any token is newer",
                credential.name
            ))),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(Failure::CommandLine(format!(
                "`{shown}` is not a file that holds a token; pass an output or a copy of one"
            ))),
            Err(error) => Err(Failure::at_run_time(format!("cannot read `{shown}`: {error}"))),
        }
    }
}

impl std::fmt::Display for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Generation(generation) => write!(f, "generation {generation}"),
            Self::File(file) => write!(f, "the one that was in `{}`", file.display()),
        }
    }
}

fn is_output(file: &Path, credential: &Credential) -> bool {
    let Ok(file) = absolute(file) else { return false };
    credential.outputs.iter().filter_map(Output::file).any(|output| output == file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_generation_and_all_else_is_a_file() {
        assert_eq!(Known::parse("0"), Ok(Known::Generation(0)));
        assert_eq!(Known::parse("1796031311842"), Ok(Known::Generation(1_796_031_311_842)));
        for file in ["a.jwt", "./7", "-1", "7.jwt", "null"] {
            assert_eq!(Known::parse(file), Ok(Known::File(file.into())));
        }
    }

    #[test]
    fn an_empty_or_secret_argument_is_refused_without_showing_it() {
        assert!(Known::parse("").unwrap_err().contains("0 for any token"));
        assert!(Known::parse("18446744073709551616").unwrap_err().contains("too large"));
        let secret = "K2aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdefghijklmnop";
        assert_eq!(Known::parse(secret), Err("it looks like a secret; pass the file that holds the token".to_owned()));
    }
}
