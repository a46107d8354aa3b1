//! The edge: whether Descope's API answers, or something in front of it. Requests the public keys, which needs no access
//! key.

use std::time::{Duration, SystemTime};

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    config::duration::short,
    exchange::{Api, Client, NoKeys, Refused, public_keys},
    renewal::Refusal,
    source::{Source, keys_refusal},
    status::Wording,
};

/// Result of the request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct EdgeProbe {
    time: Duration,
    /// By the wall clock.
    pub(super) sent: SystemTime,
    /// By the wall clock.
    pub(super) received: SystemTime,
    /// The server's clock from the `Date` header.
    pub(super) date: Option<SystemTime>,
    pub(super) answer: EdgeAnswer,
}

/// Kind of answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum EdgeAnswer {
    /// Public keys.
    Keys,
    /// A success without any public key.
    NoKeys(NoKeys),
    /// A reply without success.
    Refused(Refused),
    /// No complete reply.
    None(Refused),
}

/// Requests the public keys.
pub(super) async fn probe(client: &Client, api: &Api) -> EdgeProbe {
    let (began, sent) = (clock::now(), clock::wall());
    let reply = client.keys_reply(api).await;
    let (time, received) = (clock::now() - began, clock::wall());
    let (date, answer) = match reply {
        Err(refused) => (None, EdgeAnswer::None(refused)),
        Ok(reply) => {
            let answer = match keys_refusal(&reply, &api.project, received) {
                Some(refused) => EdgeAnswer::Refused(refused),
                None => public_keys(&reply).map_or_else(EdgeAnswer::NoKeys, |_| EdgeAnswer::Keys),
            };
            (reply.date(), answer)
        }
    };
    EdgeProbe { time, sent, received, date, answer }
}

impl EdgeProbe {
    /// Returns why no exchange can succeed, if so; the text follows the word "because".
    pub(super) fn why_stop(&self) -> Option<&'static str> {
        match &self.answer {
            EdgeAnswer::None(_) => Some("the API does not answer"),
            EdgeAnswer::Refused(Refused { refusal: Refusal::Busy { .. }, .. }) => Some("the API asks to slow down"),
            // A rule may apply to one path only.
            EdgeAnswer::Keys | EdgeAnswer::NoKeys(_) | EdgeAnswer::Refused(_) => None,
        }
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let finding = match &self.answer {
            EdgeAnswer::Keys => Finding::passed(
                SUBJECT,
                format!("Descope's API answers, nothing in front of it blocks ({})", took(self.time)),
            ),
            EdgeAnswer::NoKeys(why) => {
                let text = match why.remedy() {
                    Some(remedy) => format!("a success without public keys: {why}; {remedy}"),
                    None => format!(
                        "something other than Descope's API answers: a success without public keys ({why}); {IF_NO_KEYS}"
                    ),
                };
                Finding::failed(SUBJECT, text)
            }
            EdgeAnswer::Refused(refused) | EdgeAnswer::None(refused) => {
                Finding::failed(SUBJECT, format!("{}{}", refused.message, remedy(refused, None)))
            }
        };
        vec![finding]
    }
}

/// Returns the remedy of a refusal, as the status shows it: of its very cause, else of the source, else of the class.
pub(super) fn remedy(refused: &Refused, source: Option<&Source>) -> String {
    let class = refused.refusal.class();
    let of_cause = refused.remedy.as_deref().map(str::to_owned);
    let specific = of_cause.or_else(|| source.and_then(|source| source.refused_remedy(class)));
    let remedy = specific.or_else(|| Wording::of(class).remedy.map(str::to_owned));
    let remedy = remedy.map(|remedy| format!("; {remedy}")).unwrap_or_default();
    match refused.refusal {
        Refusal::Busy { retry_after } => {
            let time = retry_after.map_or("some minutes".to_owned(), short);
            format!("{remedy}; wait {time} before the next check")
        }
        _ => remedy,
    }
}

const IF_NO_KEYS: &str = "is `baseUrl` right, and is there a portal or proxy that answers in its place?";
const SUBJECT: &str = "edge";
