//! Status of the tokens on disk. No daemon is queried, so this is independent of a daemon's health.

use super::{
    desired::credentials,
    prior_state::{PriorState, is_intact, load_prior_state},
};
use crate::{
    clock,
    config::{Config, Credential},
    output::{Content, Output},
    renewal::{ClocksDisagree, RecalledSession, Stamp},
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
}

impl DiskStatus {
    /// Inspects every token, its state file and the clock. Blocks on the disk.
    pub fn of(config: &Config) -> Self {
        let (credentials, troubles) = credentials(config);
        let (ledger, now) = (Ledger::new(&config.state_directory), clock::stamp_of(clock::now()));
        let required: Vec<_> = credentials.iter().filter(|credential| credential.required).collect();
        let missing = required
            .iter()
            .filter_map(|credential| Some((credential.name.clone(), why_invalid(config, credential, &ledger, now)?)))
            .collect();
        Self { credentials: credentials.len(), required: required.len(), missing, troubles }
    }

    /// Whether every required token is complete and valid.
    pub fn all_valid(&self) -> bool {
        self.credentials > 0 && self.missing.is_empty() && self.troubles.is_empty()
    }
}

/// Returns why the outputs hold no valid token, if so.
fn why_invalid(config: &Config, credential: &Credential, ledger: &Ledger, now: Stamp) -> Option<String> {
    let request = credential.source.request_fingerprint(&config.api());
    let PriorState { record, session } = load_prior_state(credential, &config.project, request, ledger);
    let written = match record {
        Err(why) if why.is_forbidden() => {
            return Some(format!(
                "{why}; run this as the user that tokenwell runs as, or let the daemon serve its status (`status.listen`)"
            ));
        }
        Err(why) => return Some(why.to_string()),
        Ok(None) => return Some("no exchange was made yet".to_owned()),
        Ok(Some(record)) => record,
    };
    if written.request != request {
        return Some("the token on disk was requested with other settings than the configuration has".to_owned());
    }
    let Some(token) = &written.written else {
        let refusal = written.refusal.map(|refusal| format!(": {}: {}", refusal.class(), refusal.message()));
        return Some(format!("no session was granted yet{}", refusal.unwrap_or_default()));
    };
    match session {
        None => return Some(without_token(&credential.outputs)),
        Some((session, false)) => {
            let (name, project) = (credential.name.as_str(), config.project.as_str());
            let content = Content { session: &session, credential: name, project, times: token.times };
            let is_altered = |output: &&Output| !is_intact(output, &content, token);
            return Some(altered(credential.outputs.iter().filter(is_altered)));
        }
        Some((_, true)) => {}
    }
    match written.memory().recall(now, &credential.policy, &mut fastrand::Rng::new()).session {
        Some(RecalledSession::Doubtful) => Some(ClocksDisagree.to_string()),
        Some(RecalledSession::Known(term)) if !term.is_valid_at(now.moment) => Some("the token has expired".to_owned()),
        Some(RecalledSession::Known(_)) | None => None,
    }
}

fn without_token(outputs: &[Output]) -> String {
    match outputs {
        [output] => format!("`{}` does not hold the token that was written last", output.name()),
        _ => format!("none of {} holds the token that was written last", listed(outputs)),
    }
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

/// `a`, `b` and `c`.
fn listed<'o>(outputs: impl IntoIterator<Item = &'o Output>) -> String {
    let paths: Vec<_> = outputs.into_iter().map(|output| format!("`{}`", output.name())).collect();
    match paths.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        Some(_) | None => paths.concat(),
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
        assert_eq!(without_token(&outputs), "none of `/a`, `/b` and `/c` holds the token that was written last");
    }
}
