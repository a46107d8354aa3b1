//! The edge: whether it is Descope's API that answers, or something in front of it. Asked for the public keys, which
//! takes no access key.

use std::time::{Duration, SystemTime};

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    config::duration::short,
    exchange::{Api, Client, Refused},
    renewal::Refusal,
    session::Jwks,
    source::keys_refusal,
    status::Wording,
};

/// The answer as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct EdgeProbe {
    time: Duration,
    /// By the wall clock.
    pub(super) sent: SystemTime,
    /// By the wall clock.
    pub(super) received: SystemTime,
    /// The server's clock, if it told.
    pub(super) date: Option<SystemTime>,
    pub(super) answer: EdgeAnswer,
}

/// What answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum EdgeAnswer {
    /// Public keys.
    Keys,
    /// A success without any public key.
    SomethingElse,
    /// A reply that is no success.
    Refused(Refused),
    /// No whole reply.
    None(Refused),
}

/// Asks.
pub(super) async fn look(client: &Client, api: &Api) -> EdgeProbe {
    let (began, sent) = (clock::now(), clock::wall());
    let reply = client.keys_reply(api).await;
    let (time, received) = (clock::now() - began, clock::wall());
    let (date, answer) = match reply {
        Err(refused) => (None, EdgeAnswer::None(refused)),
        Ok(reply) => {
            let has_keys = || Jwks::parse(&reply.body).is_ok_and(|keys| !keys.is_empty());
            let answer = match keys_refusal(&reply, received) {
                Some(refused) => EdgeAnswer::Refused(refused),
                None if has_keys() => EdgeAnswer::Keys,
                None => EdgeAnswer::SomethingElse,
            };
            (reply.date(), answer)
        }
    };
    EdgeProbe { time, sent, received, date, answer }
}

impl EdgeProbe {
    /// Why an exchange would be in vain; that follows the word "because".
    pub(super) fn why_stop(&self) -> Option<&'static str> {
        match &self.answer {
            EdgeAnswer::None(_) => Some("nobody answers"),
            EdgeAnswer::Refused(Refused { refusal: Refusal::Busy { .. }, .. }) => {
                Some("the API wants to be left alone")
            }
            // Rules may be by path: what blocks one request may let another through.
            EdgeAnswer::Keys | EdgeAnswer::SomethingElse | EdgeAnswer::Refused(_) => None,
        }
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let finding = match &self.answer {
            EdgeAnswer::Keys => Finding::passed(
                SUBJECT,
                format!("Descope's API answers, nothing in front of it blocks ({})", took(self.time)),
            ),
            EdgeAnswer::SomethingElse => Finding::failed(
                SUBJECT,
                "something else than Descope's API answers: a success without public keys; is `baseUrl` right, and is there a \
                 portal or proxy that answers for others?",
            ),
            EdgeAnswer::Refused(Refused { refusal, message }) | EdgeAnswer::None(Refused { refusal, message }) => {
                Finding::failed(SUBJECT, format!("{message}{}", remedy(*refusal)))
            }
        };
        vec![finding]
    }
}

/// What to do about a refusal that no access key causes. The message of a garbled reply, or of none, says it itself.
pub(super) fn remedy(refusal: Refusal) -> String {
    let remedy = Wording::of(refusal.class()).remedy.unwrap_or_default();
    match refusal {
        Refusal::Blocked | Refusal::Failed => format!("; {remedy}"),
        Refusal::Busy { retry_after } => {
            let time = retry_after.map_or("some minutes".to_owned(), short);
            format!("; {remedy}; wait {time} before the next check")
        }
        Refusal::TimedOut => "; see whether the network is slow, or raise `http.timeout`".to_owned(),
        Refusal::Denied | Refusal::Garbled | Refusal::Unreachable => String::new(),
    }
}

const SUBJECT: &str = "edge";
