//! Answers to security questions, and a refresh token of the same user: `POST /v1/auth/security-questions/verify`.
//!
//! The mounted refresh token verifies the answers. If the reply contains a refresh token, later sessions come from a refresh
//! with that one, until the server denies it. Then the answers are verified again. Denied answers are sent once: see
//! [`Refusal::DeniedForGood`].

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{
    answer::Answer,
    answers::{ANSWERS_FILE_BYTES_MAX, Answers},
    chain::ChainLink,
    descope,
    expectation::Expectation,
    identity::Identity,
    refresh_token, secret_file,
    secret_kind::{SecretFile, SecretKind},
    suspicion::Suspicion,
    token_chain::{PresentedRefresh, PresentedToken, TokenChain},
    unusable::ReadError,
};
use crate::{
    exchange::{Api, ExchangeNames, Refused, Reply, Request, Timing},
    renewal::Refusal,
    secret::Secret,
};

/// The security questions of a user.
#[derive(Clone, PartialEq, Debug)]
pub struct SecurityQuestions {
    /// The login id of the user (`loginId`).
    pub login_id: String,
    /// The JSON file with the answers (`answersFile`); absolute.
    pub answers_file: PathBuf,
    /// The mounted refresh token of the user, and the tokens that replace it.
    pub chain: TokenChain,
    /// Whether the session is to be marked as a step-up (`stepup`).
    pub step_up: bool,
}

/// The answers and the refresh token that were read from their files.
#[derive(Debug)]
pub struct SecurityQuestionsMaterial {
    presented: PresentedToken,
    answers: Answers,
    login_id: String,
    step_up: bool,
}

impl SecurityQuestions {
    pub(super) fn files(&self) -> Vec<SecretFile<'_>> {
        vec![self.chain.secret_file(), SecretFile { kind: SecretKind::Answers, path: &self.answers_file }]
    }

    /// Reads the refresh token and the answers. The answers are required even for a refresh, so that a mistake in their
    /// file is reported before they are needed.
    pub(super) fn read(&self) -> Result<SecurityQuestionsMaterial, ReadError> {
        let presented = self.chain.read()?;
        let answers = read_answers(&self.answers_file)?;
        Ok(SecurityQuestionsMaterial { presented, answers, login_id: self.login_id.clone(), step_up: self.step_up })
    }

    pub(super) fn terms(&self) -> Vec<(&'static str, String)> {
        let step_up = self.step_up.then(|| ("step-up", "yes".to_owned()));
        [("login id", self.login_id.clone())].into_iter().chain(step_up).collect()
    }

    pub(super) fn missing_remedy(&self) -> String {
        format!(
            "put the refresh token into `{}` and the answers into `{}`; they are used as soon as they are there",
            self.chain.file.display(),
            self.answers_file.display()
        )
    }

    pub(super) fn denied_remedy(&self) -> String {
        format!(
            "correct the answers in `{}`, or sign in again and put the new refresh token into `{}`; if the account was locked, \
             unlock it in Descope's console and send USR1",
            self.answers_file.display(),
            self.chain.file.display()
        )
    }
}

/// Reads an answers file. Blocks on the disk.
pub(super) fn read_answers(path: &Path) -> Result<Answers, ReadError> {
    let bytes = secret_file::read(path, ANSWERS_FILE_BYTES_MAX);
    let answers = bytes.and_then(|bytes| Ok(Answers::parse(&bytes)?));
    answers.map_err(|why| ReadError { kind: SecretKind::Answers, path: path.to_owned(), why })
}

impl SecurityQuestionsMaterial {
    /// Returns the fingerprint of the mounted token with the login id and the answers, so that a change of any of them is a
    /// changed key. People see the fingerprint of the token alone, because answers can be guessed.
    pub(super) fn identity(&self) -> Identity {
        let mount = self.presented.link.mount();
        let key = self.answers.fingerprint_with(mount, &self.login_id);
        Identity { key, shown: mount, version: key }
    }

    pub(super) fn link(&self) -> ChainLink {
        self.presented.link
    }

    /// Returns what an answer probably is instead, if the answers are sent.
    pub(super) fn suspicion(&self) -> Option<(SecretKind, Suspicion)> {
        let are_sent = matches!(self.presented.link, ChainLink::Mounted(_));
        let suspicion = self.answers.suspicion().filter(|_| are_sent)?;
        Some((SecretKind::Answers, suspicion))
    }

    pub(super) fn shown(&self) -> PresentedRefresh {
        self.presented.shown()
    }

    /// Returns the verification with the mounted token, or the refresh with a token that replaced it.
    pub(super) fn request(&self, api: &Api) -> Result<Request, Refused> {
        let (path, body) = match self.presented.link {
            ChainLink::Mounted(_) => (VERIFY_PATH, self.verification()),
            ChainLink::Rotated(_) | ChainLink::Former(_) => (refresh_token::PATH, json!({})),
        };
        self.presented.request(api, path, &body)
    }

    /// Interprets the reply to that request. A refresh token in it replaces the one that was sent.
    pub(super) fn answer(&self, reply: &Reply, timing: Timing, expectation: &Expectation) -> Answer {
        let answer = |result| self.presented.answer(reply, result);
        let session = |names| descope::session(reply, timing, expectation, names);
        match self.presented.link {
            ChainLink::Mounted(_) => answer(session(&VERIFY_NAMES).map_err(|refused| match refused.refusal {
                Refusal::Denied => denied_for_good(reply),
                _ => refused,
            })),
            ChainLink::Rotated(_) | ChainLink::Former(_) => match session(&REFRESH_NAMES) {
                Err(refused) if refused.refusal == Refusal::Denied => Answer::ending_chain(to_be_verified(reply)),
                result => answer(result),
            },
        }
    }

    pub(super) fn into_secrets(self) -> Vec<Secret> {
        self.presented.into_secrets().chain(self.answers.into_secrets()).collect()
    }

    fn verification(&self) -> Value {
        json!({"loginId": self.login_id, "answers": self.answers.to_json(), "stepup": self.step_up})
    }
}

fn denied_for_good(reply: &Reply) -> Refused {
    let message = format!(
        "Descope denies the answers to the security questions: {}; they are not sent again before they or the refresh token \
         change, because wrong answers can lock the account",
        descope::denial(reply)
    );
    Refused::new(Refusal::DeniedForGood, message)
}

fn to_be_verified(reply: &Reply) -> Refused {
    let message = format!(
        "Descope denies the refresh token of the last verification: {}; the security questions are answered again",
        descope::denial(reply)
    );
    Refused::new(Refusal::Failed, message)
}

const VERIFY_PATH: &str = "/v1/auth/security-questions/verify";
const VERIFY_NAMES: ExchangeNames = ExchangeNames {
    server: "Descope",
    api: "Descope's API",
    secret: "answers to the security questions",
    setting: "baseUrl",
};
const REFRESH_NAMES: ExchangeNames =
    ExchangeNames { server: "Descope", api: "Descope's API", secret: "refresh token", setting: "baseUrl" };
