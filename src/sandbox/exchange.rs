//! `POST /v1/auth/accesskey/exchange`: decides what to do with a request.

use std::future::pending;
use std::io;
use std::sync::Arc;

use http::Request;
use http::header::USER_AGENT;
use hyper::body::{Bytes, Incoming};

use super::act::Act;
use super::answer::Answer;
use super::bearer::{Bearer, LoginOptions};
use super::body;
use super::descope;
use super::journal::RequestOutcome;
use super::mint;
use super::reply::Reply;
use super::settings::Settings;
use super::state::Shared;

/// Records the arrival of the exchange, waits while it is held, decides by the script and the settings at that moment,
/// and delays the answer by the latency that was set at its arrival. If this is dropped early, the exchange counts as
/// abandoned.
pub(super) async fn exchange(shared: &Arc<Shared>, request: Request<Incoming>) -> Act {
    let bearer = Bearer::of(request.headers());
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    // Before the arrival is published, because a test that waits for it may change the latency.
    let latency = shared.lock().settings.latency;
    let open = shared.record_arrival(bearer.as_ref(), user_agent);
    let body = body::read(request.into_body()).await;
    let turn = shared.turn().await;
    let decision = decide(shared, bearer.as_ref(), body.as_ref()).unwrap_or_else(|error| {
        tracing::error!("cannot decide an exchange: {error}");
        KeyDecision::Other(Act::Reply(descope::BROKEN.reply()))
    });
    drop(turn);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let (act, outcome) = match decision {
        KeyDecision::Session(reply) => (Act::Reply(reply), RequestOutcome::Session),
        KeyDecision::Other(Act::Reply(reply)) => {
            let status = reply.status;
            (Act::Reply(reply), RequestOutcome::Replied { status })
        }
        KeyDecision::Other(Act::Hang) => pending().await, // and with it the open, until the client goes
        KeyDecision::Other(Act::Break(ending)) => (Act::Break(ending), RequestOutcome::Cut),
    };
    open.finish(outcome);
    act
}

enum KeyDecision {
    Session(Reply),
    Other(Act),
}

/// Decides in this order: script, outage, rate limit, request.
fn decide(shared: &Shared, bearer: Option<&Bearer>, body: Result<&Bytes, &Reply>) -> io::Result<KeyDecision> {
    let (answer, settings, now) = {
        let mut state = shared.lock();
        let mut answer = state.script.pop_front().unwrap_or(Answer::Usual);
        if answer == Answer::Usual {
            answer = state.settings.outage.clone().unwrap_or(Answer::Usual);
        }
        if answer == Answer::Usual
            && let Some(limit) = state.settings.rate_limit
        {
            let now = state.clock.now();
            if let Err(wait_seconds) = state.window.admit(limit, now) {
                let reply = descope::RATE_LIMIT.reply().header("retry-after", &wait_seconds.to_string());
                return Ok(KeyDecision::Other(Act::Reply(reply)));
            }
        }
        (answer, state.settings.clone(), state.unix_seconds())
    };
    let shape = match Act::forced(answer) {
        Ok(act) => return Ok(KeyDecision::Other(act)),
        Err(shape) => shape,
    };
    let refused = |reply| Ok(KeyDecision::Other(Act::Reply(reply)));
    let Some(bearer) = bearer else { return refused(descope::MISSING_KEY.reply()) };
    let options = match body {
        Ok(body) => LoginOptions::of(body),
        Err(refusal) => return refused(refusal.clone()),
    };
    let Some(options) = options else { return refused(descope::MALFORMED.reply()) };
    if shape.is_none() && !is_valid(bearer, &settings) {
        return refused(descope::INVALID_KEY.reply());
    }
    let shape = shape.unwrap_or_default();
    mint::session(bearer, options, &shape, &settings, now).map(KeyDecision::Session)
}

fn is_valid(bearer: &Bearer, settings: &Settings) -> bool {
    let key = bearer.key.fingerprint();
    let project_exists = settings.project.as_ref().is_none_or(|project| *project == bearer.project);
    project_exists && !settings.revoked.contains(&key) && settings.accepted.has(key)
}
