//! Stores answers to security questions at Descope: `POST /v1/auth/security-questions/setup`, with the newest refresh token of
//! the user.

use std::{path::Path, time::SystemTime};

use serde_json::json;

use super::{
    answers::Answers,
    chain_folder::ChainLock,
    descope,
    security_questions::{SecurityQuestions, read_answers},
    token_chain::{NotLocked, PresentedToken},
    unusable::ReadError,
};
use crate::{
    exchange::{Api, ExchangeNames, Refused, Reply, Request, json_object, refused, without_session},
    fingerprint::Fingerprint,
    renewal::Refusal,
};

/// The refresh token that a set-up presents.
#[derive(Debug)]
pub struct SetupToken(PresentedToken);

impl Answers {
    /// Reads an answers file. Blocks on the disk.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        read_answers(path)
    }
}

impl SecurityQuestions {
    /// Excludes refreshes by other processes; `None` if there never was one. Creates nothing, because files of another user
    /// could block the daemon. Blocks on the disk.
    pub fn lock_for_setup(&self) -> Result<Option<ChainLock>, NotLocked> {
        self.chain.lock_existing()
    }

    /// Reads the newest refresh token. Blocks on the disk.
    pub fn setup_token(&self) -> Result<SetupToken, ReadError> {
        self.chain.read().map(SetupToken)
    }

    /// Returns the request that stores these answers.
    pub fn setup_request(&self, api: &Api, token: &SetupToken, answers: &Answers) -> Result<Request, Refused> {
        token.0.request(api, PATH, &json!({"loginId": self.login_id, "answers": answers.to_json()}))
    }
}

impl SetupToken {
    /// Returns its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.token.fingerprint()
    }
}

/// Interprets the reply to a set-up: a success is a JSON object without an error, or an empty body.
pub fn setup_reply(reply: &Reply, received: SystemTime) -> Result<(), Refused> {
    let error = descope::own_error_of(reply);
    if let Some(limited) = descope::rate_limited_by(reply, &NAMES, received) {
        return Err(limited);
    }
    if !reply.status.is_success() {
        let refused = refused(reply, error.as_deref(), &NAMES, None, received);
        return Err(if refused.refusal == Refusal::Denied { denied(reply) } else { refused });
    }
    if error.is_some() {
        Err(denied(reply))
    } else if reply.body.trim_ascii().is_empty() || json_object(reply).is_ok() {
        Ok(())
    } else {
        let Refused { refusal, .. } = without_session(reply, "", &NAMES, received);
        let message = format!("HTTP {} whose body is not Descope's: is `baseUrl` right?", reply.status.as_u16());
        Err(Refused::new(refusal, message))
    }
}

fn denied(reply: &Reply) -> Refused {
    let message = format!("Descope denies the set-up of the security questions: {}", descope::denial(reply));
    Refused::new(Refusal::Denied, message)
}

const PATH: &str = "/v1/auth/security-questions/setup";
const NAMES: ExchangeNames = ExchangeNames {
    server: "Descope",
    api: "Descope's API",
    secret: "refresh token and the answers",
    setting: "baseUrl",
};
