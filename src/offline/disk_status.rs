//! Status of the tokens on disk. No daemon is queried, so this is independent of a daemon's health.

use super::{
    desired::credentials,
    listed::listed,
    prior_state::is_intact,
    valid_token::{NoValidToken, valid_token},
};
use crate::{
    clock,
    config::{Config, Credential},
    output::{Content, Output},
    renewal::Stamp,
    state::Ledger,
};

/// Status of a configuration's tokens on disk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DiskStatus {
    /// Number of desired credentials.
    pub credentials: usize,
    /// Number of required credentials.
    pub required: usize,
    /// Name of each required credential without a complete, valid token, and the reason in one line.
    pub missing: Vec<(String, String)>,
    /// An error text for each key folder that cannot be listed, so that its credentials are unknown.
    pub troubles: Vec<String>,
    /// Whether a file and its record differ, as they do while a daemon is between the two writes.
    pub may_be_midway: bool,
}

impl DiskStatus {
    /// Inspects every token, its state file and the clock. Blocks on the disk.
    pub fn of(config: &Config) -> Self {
        let (credentials, troubles) = credentials(config);
        let (ledger, now) = (Ledger::new(&config.state_directory), clock::stamp_of(clock::now()));
        let required: Vec<_> = credentials.iter().filter(|credential| credential.required).collect();
        let (mut missing, mut may_be_midway) = (Vec::new(), false);
        for credential in &required {
            if let Some(invalid) = why_invalid(config, credential, &ledger, now) {
                may_be_midway |= matches!(invalid, Invalid::Altered(_) | Invalid::Token(NoValidToken::NotOnDisk(_)));
                missing.push((credential.name.clone(), invalid.to_string()));
            }
        }
        Self { credentials: credentials.len(), required: required.len(), missing, troubles, may_be_midway }
    }

    /// Whether every required token is complete and valid.
    pub fn all_valid(&self) -> bool {
        self.credentials > 0 && self.missing.is_empty() && self.troubles.is_empty()
    }
}

/// Why not every output holds the valid token.
#[derive(Debug, thiserror::Error)]
enum Invalid {
    #[error("{0}")]
    Token(NoValidToken),
    /// The outputs that do not hold it.
    #[error("{0}")]
    Altered(String),
}

fn why_invalid(config: &Config, credential: &Credential, ledger: &Ledger, now: Stamp) -> Option<Invalid> {
    let token = match valid_token(config, credential, ledger, now) {
        Ok(token) if token.is_intact => return None,
        Ok(token) => token,
        Err(why) => return Some(Invalid::Token(why)),
    };
    let (name, project) = (credential.name.as_str(), config.project.as_str());
    let content = Content { session: &token.session, credential: name, project, times: token.written.times };
    let is_altered = |output: &&Output| !is_intact(output, &content, &token.written);
    Some(Invalid::Altered(altered(credential.outputs.iter().filter(is_altered))))
}

fn altered<'o>(outputs: impl Iterator<Item = &'o Output>) -> String {
    let outputs: Vec<_> = outputs.collect();
    match outputs.len() {
        // The file was repaired between the two reads.
        0 => "a file was not as it should be just now".to_owned(),
        1 => format!("{} is not as it should be", listed(outputs)),
        _ => format!("{} are not as they should be", listed(outputs)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_in_words() {
        let outputs = ["/a", "/b", "/c"].map(|path| Output::at(path.into()));
        assert_eq!(altered(outputs[..1].iter()), "`/a` is not as it should be");
        assert_eq!(altered(outputs[1..].iter()), "`/b` and `/c` are not as they should be");
        assert_eq!(listed(&outputs), "`/a`, `/b` and `/c`");
    }
}
