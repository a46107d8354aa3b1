//! The token of one credential, for a command that prints it.

use std::time::SystemTime;

use super::{
    desired::credentials,
    token_life::life_of,
    valid_token::{NoValidToken, valid_token},
};
use crate::{
    clock,
    config::{Config, Credential},
    fingerprint::Fingerprint,
    output::Output,
    secret::Secret,
    state::Ledger,
};

/// A name that no credential has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownCredential {
    /// The names that there are.
    pub known: Vec<String>,
    /// An error text for each key folder that cannot be listed, so that its credentials are unknown.
    pub troubles: Vec<String>,
}

/// Returns the desired credential of that name, or the only one if no name is given. If a key folder cannot be listed, as by a
/// reader of the tokens, a credential of that folder is recognised by its files. Blocks on the disk.
pub fn find_credential(config: &Config, name: Option<&str>) -> Result<Credential, UnknownCredential> {
    let (mut found, troubles) = credentials(config);
    if let (None, [_]) = (name, found.as_slice()) {
        return Ok(found.remove(0));
    }
    if let Some(n) = found.iter().position(|credential| Some(credential.name.as_str()) == name) {
        return Ok(found.remove(n));
    }
    let in_folders = name.into_iter().flat_map(|name| {
        config.key_directories.iter().filter_map(|directory| {
            let credential = directory.credential(directory.selection.file_of(name)).ok()?;
            let is_written = credential.outputs.iter().any(|output| output.tokens().is_some());
            (is_written && !troubles.is_empty()).then_some(credential)
        })
    });
    match in_folders.into_iter().next() {
        Some(credential) => Ok(credential),
        None => {
            Err(UnknownCredential { known: found.into_iter().map(|credential| credential.name).collect(), troubles })
        }
    }
}

/// Returns the token of a credential if it is valid now, by its record. Blocks on the disk.
pub fn recorded_token(config: &Config, credential: &Credential) -> Result<Secret, NoValidToken> {
    let now = clock::stamp_of(clock::now());
    valid_token(config, credential, &Ledger::new(&config.state_directory), now).map(|token| token.session.jwt)
}

/// The newest valid token on disk, without its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewestToken {
    /// Its fingerprint.
    pub token: Fingerprint,
    /// Its number; `None` if this user may not read the record.
    pub generation: Option<u64>,
}

/// Returns the newest valid token of a credential by its record or, where this user may not read that, by the token's own claims and
/// the wall clock. Blocks on the disk.
pub fn newest_token(config: &Config, credential: &Credential) -> Result<NewestToken, NoValidToken> {
    let now = clock::stamp_of(clock::now());
    match valid_token(config, credential, &Ledger::new(&config.state_directory), now) {
        Ok(valid) => Ok(NewestToken { token: valid.written.token, generation: Some(valid.written.generation) }),
        Err(why @ NoValidToken::Forbidden(_)) => match claimed_token(&credential.outputs, clock::wall()) {
            Some(token) => Ok(NewestToken { token: token.fingerprint(), generation: None }),
            None => Err(why),
        },
        Err(why) => Err(why),
    }
}

/// Why the outputs hold no token that can be recognised without a record.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unrecognised {
    /// No output exists here, or none can be read.
    #[error("{0} cannot be read here")]
    Unreadable(String),
    /// Only templates hold it, in a form that cannot be recognised.
    #[error("{0} does not hold the token verbatim; add an output of format `jwt`, `json`, `env`, `header` or `bearer`")]
    Format(String),
}

/// Returns the token that an output holds by its format, whose validity somebody else vouches for. Blocks on the disk.
pub fn written_token(outputs: &[Output]) -> Result<Secret, Unrecognised> {
    if let Some((token, _)) = outputs.iter().find_map(Output::written_token) {
        return Ok(token);
    }
    let readable: Vec<_> = outputs.iter().filter(|output| output.tokens().is_some()).collect();
    if readable.is_empty() {
        return Err(Unrecognised::Unreadable(super::listed::listed(outputs)));
    }
    Err(Unrecognised::Format(super::listed::listed(readable)))
}

/// Whether an output holds, by its format, a token that is none of these. Blocks on the disk.
pub fn holds_another_token(outputs: &[Output], known: &[Fingerprint]) -> Result<bool, Unrecognised> {
    written_token(outputs)?;
    let mut tokens = outputs.iter().filter_map(Output::written_token);
    Ok(tokens.any(|(token, _)| !known.contains(&token.fingerprint())))
}

/// Returns the JWT that an output holds if it is valid by its own claims and the wall clock, which may be wrong. Blocks on the disk.
pub fn claimed_token(outputs: &[Output], wall: SystemTime) -> Option<Secret> {
    let tokens = outputs.iter().filter_map(Output::written_token);
    tokens.into_iter().find_map(|(token, written_at)| life_of(&token, written_at, wall).is_some().then_some(token))
}
