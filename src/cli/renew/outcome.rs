//! What became of a requested renewal, by two reports of the daemon: as of the request, and a later one.

use std::time::SystemTime;

use crate::{
    cli::terminal::span::{ahead, past},
    status::CredentialReport,
};

/// A credential as of the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    exchanges: u64,
    expires_at: Option<SystemTime>,
}

/// What became of a renewal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// The new token is on disk. Holds a sentence about old and new.
    Renewed(String),
    /// It failed, or does not take place. Holds the reason.
    Failed(String),
    /// It has not ended. Holds what comes next.
    Waiting(String),
}

impl Before {
    pub(super) fn of(credential: &CredentialReport) -> Self {
        Self { exchanges: credential.exchanges, expires_at: credential.expires_at }
    }

    /// Judges a later report. `None` means that the daemon no longer has the credential. A renewal that does not begin before
    /// `deadline` counts as failed.
    pub(super) fn outcome(self, later: Option<&CredentialReport>, now: SystemTime, deadline: SystemTime) -> Outcome {
        let Some(later) = later else {
            return Outcome::Failed("the daemon no longer has this credential".to_owned());
        };
        let next = later.next_action.as_ref();
        let what = next.map_or("", |next| next.what);
        if later.exchanges > self.exchanges {
            return match (&later.last_refusal, later.outputs.iter().find_map(|output| output.error.as_deref())) {
                (Some(refusal), _) => {
                    let remedy = later.remedy.as_ref().map(|remedy| format!("; to do: {remedy}")).unwrap_or_default();
                    Outcome::Failed(format!("{}: {}{remedy}", refusal.class_word(), refusal.message))
                }
                (None, Some(error)) => Outcome::Failed(format!("the new token is not in every output: {error}")),
                (None, None) if what == "publish" => Outcome::Waiting("writing the new token".to_owned()),
                (None, None) => Outcome::Renewed(self.renewed(later, now)),
            };
        }
        if let Some(why) = later.key_trouble.as_deref().filter(|_| what.starts_with("wait for the ")) {
            return Outcome::Failed(why.to_owned());
        }
        match (what, next.and_then(|next| next.at)) {
            ("exchange", Some(at)) if at > deadline.max(now) => {
                let refusal = later.last_refusal.as_ref();
                let refusal = refusal.map(|refusal| format!("{}: {}", refusal.class_word(), refusal.message));
                let why = later.host_trouble.clone().or(refusal).map(|why| format!(" ({why})")).unwrap_or_default();
                Outcome::Failed(format!("the next exchange is {}{why}", ahead(now, at)))
            }
            ("exchange", Some(at)) => Outcome::Waiting(format!("exchange {}", ahead(now, at))),
            ("wait for the process that writes the outputs", _) => {
                Outcome::Failed("another process writes its outputs, and this daemon stands by".to_owned())
            }
            ("wait for the access key" | "wait for the secret", _) => {
                Outcome::Failed(format!("there is no {}", later.secret))
            }
            ("wait for a change", _) => Outcome::Failed(format!("it waits until the {} changes", later.secret)),
            (_, _) => Outcome::Waiting("waiting for the daemon".to_owned()),
        }
    }

    fn renewed(self, later: &CredentialReport, now: SystemTime) -> String {
        let when = |at: SystemTime| if at > now { ahead(now, at) } else { past(now, at) };
        let new = later.expires_at.map(|at| format!(", expires {}", when(at))).unwrap_or_default();
        let old = self.expires_at.map(|at| format!("; the old token: {}", when(at))).unwrap_or_default();
        format!("renewed{new}{old}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::samples::{at, failing, fresh};

    fn later(change: impl FnOnce(&mut CredentialReport)) -> Outcome {
        let before = Before::of(&fresh("a"));
        let mut later = fresh("a");
        change(&mut later);
        before.outcome(Some(&later), at(4.0), at(34.0))
    }

    #[test]
    fn a_new_token_on_disk_is_a_renewal() {
        let renewed = later(|later| {
            later.exchanges += 1;
            later.expires_at = Some(at(3604.0));
        });
        assert_eq!(renewed, Outcome::Renewed("renewed, expires in 1h; the old token: in 6s".to_owned()));
        let writing = later(|later| {
            later.exchanges += 1;
            later.next_action.as_mut().unwrap().what = "publish";
        });
        assert_eq!(writing, Outcome::Waiting("writing the new token".to_owned()));
    }

    #[test]
    fn a_refusal_and_a_failed_write_are_failures() {
        let refused = later(|later| {
            *later = failing("a");
            later.remedy = Some("make a new key".to_owned());
        });
        assert_eq!(refused, Outcome::Failed("failed: Descope's API fails: HTTP 503; to do: make a new key".to_owned()));
        let before = Before::of(&fresh("a"));
        assert!(matches!(before.outcome(None, at(4.0), at(34.0)), Outcome::Failed(_)));
    }

    #[test]
    fn a_renewal_that_begins_too_late_fails_at_once() {
        let held = later(|later| {
            later.next_action.as_mut().unwrap().at = Some(at(64.0));
            later.host_trouble = Some("its host asked for a pause".to_owned());
        });
        assert_eq!(held, Outcome::Failed("the next exchange is in 1m (its host asked for a pause)".to_owned()));
        let spaced = later(|later| later.next_action.as_mut().unwrap().at = Some(at(6.0)));
        assert_eq!(spaced, Outcome::Waiting("exchange in 2s".to_owned()));
    }

    #[test]
    fn without_a_key_there_is_nothing_to_wait_for() {
        let without_key = later(|later| {
            later.next_action.as_mut().unwrap().what = "wait for the access key";
            later.key_trouble = Some("key file `/k` is missing".to_owned());
        });
        assert_eq!(without_key, Outcome::Failed("key file `/k` is missing".to_owned()));
    }
}
