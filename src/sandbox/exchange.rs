//! Requests that take a secret: recorded, held, scripted, limited, and decided one by one.

use std::future::pending;
use std::io;
use std::sync::Arc;

use http::Request;
use http::header::USER_AGENT;
use hyper::body::Incoming;

use super::act::{Act, ByRequest};
use super::answer::Answer;
use super::body;
use super::context::{Context, Decision};
use super::descope;
use super::endpoint::Endpoint;
use super::journal::RequestOutcome;
use super::reply::Reply;
use super::request::EndpointRequest;
use super::state::Shared;

/// Records the arrival of the request, waits while it is held, decides by the script and the settings at that moment,
/// and delays the answer by the latency that was set at its arrival. If this is dropped early, the request counts as
/// abandoned.
pub(super) async fn exchange(shared: &Arc<Shared>, endpoint: Endpoint, request: Request<Incoming>) -> Act {
    let (head, body) = request.into_parts();
    let user_agent = head.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let body = body::read(body).await;
    let bytes = body.as_ref().map(|bytes| &bytes[..]);
    let parsed = EndpointRequest::parse(endpoint, &head.headers, head.uri.query(), bytes);
    // Before the arrival is published, because a test that waits for it may change the latency.
    let latency = shared.lock().settings.latency;
    let open = shared.record_arrival(endpoint, parsed.presented, user_agent);
    let turn = shared.turn().await;
    let (act, outcome) = decide(shared, endpoint, parsed.request).unwrap_or_else(|error| {
        tracing::error!("cannot decide an exchange: {error}");
        replied(descope::BROKEN.reply())
    });
    drop(turn);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if let Act::Hang = act {
        pending::<()>().await; // and with it the open, until the client goes
    }
    open.finish(outcome);
    act
}

/// Decides in this order: script, outage, rate limit, denied endpoints, request.
fn decide(
    shared: &Shared,
    endpoint: Endpoint,
    request: Result<EndpointRequest, Reply>,
) -> io::Result<(Act, RequestOutcome)> {
    let answer = match next_answer(shared, endpoint) {
        Ok(answer) => answer,
        Err(wait_seconds) => {
            let reply = descope::RATE_LIMIT.reply().header("retry-after", &wait_seconds.to_string());
            return Ok(replied(reply));
        }
    };
    let by_request = match Act::forced(answer) {
        Ok(act) => return Ok(ended(act)),
        Err(by_request) => by_request,
    };
    let request = match request {
        Ok(request) => request,
        Err(refusal) => return Ok(replied(refusal)),
    };
    let context = Context::at_turn_of(shared);
    let (decision, lost) = match by_request {
        ByRequest::Denied => (Decision::Replied(request.denied()), false),
        ByRequest::Session(shape) => (request.decide(Some(shape), &context)?, false),
        ByRequest::Usual => (request.decide(None, &context)?, false),
        ByRequest::Lost => (request.decide(None, &context)?, true),
    };
    Ok(match decision {
        Decision::Session(_) | Decision::Replied(_) if lost => ended(Act::reset()),
        Decision::Session(reply) => (Act::Reply(reply), RequestOutcome::Session),
        Decision::Replied(reply) => replied(reply),
    })
}

/// Returns the answer to give, or the seconds to wait under the rate limit.
fn next_answer(shared: &Shared, endpoint: Endpoint) -> Result<Answer, u64> {
    let mut state = shared.lock();
    let mut answer = state.script.pop_front().unwrap_or(Answer::Usual);
    if answer == Answer::Usual {
        answer = state.settings.outage.clone().unwrap_or(Answer::Usual);
    }
    if answer == Answer::Usual
        && let Some(limit) = state.settings.rate_limit
    {
        let now = state.clock.now();
        state.window.admit(limit, now)?;
    }
    if answer == Answer::Usual && state.settings.denied.contains(&endpoint) {
        answer = Answer::Denied;
    }
    Ok(answer)
}

fn replied(reply: Reply) -> (Act, RequestOutcome) {
    ended(Act::Reply(reply))
}

fn ended(act: Act) -> (Act, RequestOutcome) {
    let outcome = match &act {
        Act::Reply(reply) => RequestOutcome::Replied { status: reply.status },
        Act::Hang => RequestOutcome::Waiting,
        Act::Break(_) => RequestOutcome::Cut,
    };
    (act, outcome)
}
