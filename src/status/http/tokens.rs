//! Answers requests for the newest token of a credential, at once or when there is a newer one.

use http::{Request, StatusCode};
use hyper::body::Incoming;

use super::{
    bounds::{ANSWER_TIMEOUT, WAITING_MAX},
    progress::Progress,
    query::{LoopHandle, Query, TokenAnswer, TokenQuestion, Unanswered, WantedToken},
    reply::{self, Reply, later, stuck, text},
    token_request::TokenRequest,
};

/// Answers a request for the token of this credential. A client that waits keeps its connection until it is answered.
pub(super) async fn answer(
    loop_handle: &LoopHandle,
    progress: &Progress,
    credential: &str,
    request: &Request<Incoming>,
) -> Reply {
    let TokenRequest { after, wait } = match TokenRequest::read(request.uri().query()) {
        Ok(request) => request,
        Err(mistake) => return text(StatusCode::BAD_REQUEST, format!("{mistake}\n")),
    };
    let query = |wanted| {
        let question = TokenQuestion { credential: credential.to_owned(), wanted };
        |answer| Query::Token(question, answer)
    };
    if !wait.is_zero() {
        progress.wait_begins();
        let newer = loop_handle.ask(wait, query(WantedToken::OtherThan(after))).await;
        progress.wait_ends();
        if newer != Err(Unanswered::Late) {
            return newer.map_or_else(stuck, reply_of);
        }
    }
    loop_handle.ask(ANSWER_TIMEOUT, query(WantedToken::Newest)).await.map_or_else(stuck, reply_of)
}

fn reply_of(answer: TokenAnswer) -> Reply {
    match answer {
        TokenAnswer::Token(token) => reply::of("application/json", token.to_json().into()),
        TokenAnswer::Unknown(known) => text(StatusCode::NOT_FOUND, unknown(&known)),
        TokenAnswer::Starting => later("the daemon has not read its configuration yet\n"),
        TokenAnswer::Stopping => later("the daemon stops\n"),
        TokenAnswer::TooManyWait => {
            later(&format!("{WAITING_MAX} clients wait already; try again later, or watch the file\n"))
        }
    }
}

fn unknown(known: &[String]) -> String {
    let more = known.len().saturating_sub(NAMES_MAX);
    let names = known.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match (names.as_str(), more) {
        ("", _) => "there is no credential\n".to_owned(),
        (names, 0) => format!("no credential has this name; the credentials are: {names}\n"),
        (names, more) => format!("no credential has this name; the credentials are: {names} and {more} more\n"),
    }
}

const NAMES_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_names_are_listed_in_part() {
        let names = |count: usize| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>();
        assert_eq!(unknown(&[]), "there is no credential\n");
        assert_eq!(unknown(&names(2)), "no credential has this name; the credentials are: c0, c1\n");
        assert!(unknown(&names(22)).ends_with("c18, c19 and 2 more\n"), "{}", unknown(&names(22)));
    }
}
