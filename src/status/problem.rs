//! The most urgent problem of one credential: its class, whether it heals by itself, and where the documentation is.

use std::borrow::Cow;

use super::{
    json::{self, Word},
    report::CredentialReport,
    runbook::Runbook,
    wording::Wording,
};
use crate::renewal::RefusalClass;

/// The most urgent problem of a credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Problem {
    kind: ProblemKind,
    summary: Cow<'static, str>,
    message: String,
    /// The message without the words that only this credential has.
    common_message: String,
    remedy: Option<String>,
    needs_person: bool,
}

/// What the problem is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum ProblemKind {
    /// The source holds no usable secret.
    Key,
    /// The last exchange was refused; `None` for a class of a later version.
    Refusal(Option<RefusalClass>),
    /// An output cannot be written, or was altered.
    Output,
    /// The token on disk does not count as valid.
    Token,
    /// The host asked for fewer requests when it refused another credential.
    Host,
    /// A hook failed.
    Hook,
    /// Something else that a person should do, such as to sign in again before a refresh token ends.
    Advice,
}

impl Problem {
    /// Returns the most urgent problem; `None` if the credential is fresh, waits for its first answer, or stands by.
    pub(super) fn of(credential: &CredentialReport) -> Option<Self> {
        if credential.next_action.as_ref().is_some_and(|next| next.what == STANDING_BY) {
            return None;
        }
        let (kind, summary, message) = Self::found(credential)?;
        let heals = match kind {
            ProblemKind::Refusal(class) => class.is_none_or(|class| Wording::of(class).heals),
            ProblemKind::Token | ProblemKind::Host => true,
            ProblemKind::Key | ProblemKind::Output | ProblemKind::Hook | ProblemKind::Advice => false,
        };
        // A credential may have a second problem, which no retry solves.
        let is_unwritten = credential.outputs.iter().any(|output| output.error.is_some());
        Some(Self {
            kind,
            summary,
            common_message: common(&message, &credential.name),
            message,
            remedy: credential.remedy.clone(),
            needs_person: !heals || is_unwritten || credential.state == "expired",
        })
    }

    fn found(credential: &CredentialReport) -> Option<(ProblemKind, Cow<'static, str>, String)> {
        let secret = credential.secret;
        if let Some(why) = &credential.key_trouble {
            return Some((ProblemKind::Key, format!("no usable {secret}").into(), why.clone()));
        }
        if let Some(refusal) = &credential.last_refusal {
            return Some((ProblemKind::Refusal(refusal.class), refusal.summary.clone(), refusal.message.clone()));
        }
        if let Some(why) = credential.outputs.iter().find_map(|output| output.error.as_ref()) {
            return Some((ProblemKind::Output, "an output fails".into(), why.clone()));
        }
        if let Some(why) = &credential.token_trouble {
            return Some((ProblemKind::Token, "the token does not count as valid".into(), why.clone()));
        }
        if let Some(why) = &credential.host_trouble {
            return Some((ProblemKind::Host, "waits for its host".into(), why.clone()));
        }
        if let Some((hook, why)) = credential.hooks.iter().find_map(|hook| Some((&hook.hook, hook.error.as_ref()?))) {
            return Some((ProblemKind::Hook, "a hook fails".into(), format!("{hook}: {why}")));
        }
        if credential.state == "expired" {
            return Some((ProblemKind::Token, "expired".into(), "the token has expired".to_owned()));
        }
        credential.remedy.as_ref().map(|remedy| (ProblemKind::Advice, "needs attention".into(), remedy.clone()))
    }

    /// Returns what is equal if two credentials have the same reason, but for the words that only one of them has.
    pub(super) fn reason(&self) -> (ProblemKind, &str) {
        (self.kind, &self.common_message)
    }

    /// Returns the class of refusal, or the word for another kind.
    pub(super) fn class_word(&self) -> Word {
        match self.kind {
            ProblemKind::Key => "key",
            ProblemKind::Refusal(class) => class.map_or(json::UNKNOWN, RefusalClass::word),
            ProblemKind::Output => "output",
            ProblemKind::Token => "token",
            ProblemKind::Host => "host",
            ProblemKind::Hook => "hook",
            ProblemKind::Advice => "advice",
        }
    }

    /// Returns what happened, in a few words.
    pub(super) fn summary(&self) -> Cow<'static, str> {
        self.summary.clone()
    }

    /// Returns the reason, in one line.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Returns the reason with `…` for the words that only this credential has.
    pub(super) fn common_message(&self) -> &str {
        &self.common_message
    }

    /// Returns what a person should do.
    pub(super) fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// Whether it lasts until a person acts, or readers are refused already.
    pub(super) fn needs_person(&self) -> bool {
        self.needs_person
    }

    /// Returns the address of the page that explains it, if the address of the documentation is known.
    pub(super) fn runbook(&self) -> Option<String> {
        let runbook = match self.kind {
            ProblemKind::Key => Runbook::NotReady,
            ProblemKind::Refusal(Some(RefusalClass::Denied)) => Runbook::KeyDenied,
            ProblemKind::Refusal(_) | ProblemKind::Host => Runbook::RenewalFailing,
            ProblemKind::Output => Runbook::PublishFailing,
            ProblemKind::Token => Runbook::ClocksDisagree,
            ProblemKind::Hook => Runbook::HookFailing,
            ProblemKind::Advice => Runbook::RefreshTokenEnds,
        };
        runbook.address()
    }
}

/// Replaces what differs between credentials by `…`: the name where it is a part of a path or quoted, and identifiers of
/// single requests.
fn common(message: &str, name: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for (n, part) in message.split('`').enumerate() {
        if n > 0 {
            text.push('`');
        }
        let is_literal = n % 2 == 1;
        let words = part.split_inclusive(|letter: char| if is_literal { letter == '/' } else { letter == ' ' });
        for word in words {
            let (word, end) = match word.char_indices().next_back() {
                Some((at, '/' | ' ')) => word.split_at(at),
                _ => (word, ""),
            };
            let (stem, extension) = word.split_at(word.find('.').unwrap_or(word.len()));
            if is_literal && stem == name {
                text.push_str(ELLIPSIS);
                text.push_str(extension);
            } else if !is_literal && is_request_id(word) {
                text.push_str(ELLIPSIS);
            } else {
                text.push_str(word);
            }
            text.push_str(end);
        }
    }
    text
}

/// Whether a word looks like the identifier of one request: long, of letters and digits mixed, without a dot.
fn is_request_id(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    word.len() >= REQUEST_ID_MIN
        && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        && word.chars().filter(char::is_ascii_digit).count() >= DIGITS_MIN
}

const ELLIPSIS: &str = "…";
const STANDING_BY: &str = "wait for the process that writes the outputs";

/// Shorter words are status codes and durations.
const REQUEST_ID_MIN: usize = 12;
const DIGITS_MIN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_paths_and_request_ids_are_not_compared() {
        let same = |message: &str, name: &str| common(message, name);
        assert_eq!(same("key file `/k/a` is missing", "a"), "key file `/k/…` is missing");
        assert_eq!(same("cannot write `/out/a.jwt`: no space", "a"), "cannot write `/out/….jwt`: no space");
        assert_eq!(same("Descope's API fails: HTTP 503", "503"), "Descope's API fails: HTTP 503");
        assert_eq!(same("a reply of a host", "a"), "a reply of a host");
        assert_eq!(same("HTTP 500, request 7f3a90b2c1d4e5", "a"), "HTTP 500, request …");
        assert_eq!(same("no connection to 10.0.0.1:443 within 3s", "a"), "no connection to 10.0.0.1:443 within 3s");
        assert_eq!(same("an open ` and `/k/a", "a"), "an open ` and `/k/a");
    }
}
