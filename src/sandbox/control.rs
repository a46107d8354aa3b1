//! The control endpoint below `/sandbox`: look, change, script, while the sandbox runs.

use std::io;

use http::{Method, Request};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::answer::Reply;
use super::json::Read;
use super::seen::Seen;
use super::state::Shared;
use super::{answer_json, body, descope, settings_json};

/// Answers a request to `/sandbox`, `/sandbox/script` or `/sandbox/exchanges`.
pub(super) async fn control(shared: &Shared, path: &str, request: Request<Incoming>) -> io::Result<Reply> {
    let method = request.method().clone();
    match (path, method) {
        ("/sandbox", Method::GET) => Ok(Reply::new(200).json(&overview(shared))),
        ("/sandbox", Method::PATCH) => Ok(told(request, |changes| change(shared, changes)).await),
        ("/sandbox/script", Method::POST) => Ok(told(request, |answers| script(shared, answers)).await),
        ("/sandbox/exchanges", Method::GET) => Ok(Reply::new(200).json(&exchanges(shared))),
        (_, _) => Ok(descope::METHOD.reply()),
    }
}

/// Reads the JSON of a request, acts on it, and answers with what came of it.
async fn told(request: Request<Incoming>, act: impl FnOnce(&Value) -> Read<Value>) -> Reply {
    let bytes = match body::read(request.into_body()).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal,
    };
    let outcome = serde_json::from_slice(&bytes)
        .map_err(|error| format!("not JSON: line {}, column {}", error.line(), error.column()))
        .and_then(|value| act(&value));
    match outcome {
        Ok(answer) => Reply::new(200).json(&answer),
        Err(mistake) => descope::MALFORMED.reply_because(&mistake),
    }
}

fn overview(shared: &Shared) -> Value {
    let counters = *shared.counters().borrow();
    let state = shared.lock();
    json!({
        "settings": settings_json::shown(&state.settings),
        "counters": {
            "exchanges": counters.exchanges,
            "inFlight": counters.in_flight,
            "sessions": counters.sessions,
            "replies": counters.replies,
            "cut": counters.cut,
            "abandoned": counters.abandoned,
            "keysFetches": counters.keys_fetches,
        },
        "script": state.script.len(),
    })
}

fn change(shared: &Shared, changes: &Value) -> Read<Value> {
    let mut state = shared.lock();
    state.settings = settings_json::changed(state.settings.clone(), changes)?;
    tracing::info!("settings changed through the control endpoint");
    Ok(settings_json::shown(&state.settings))
}

fn script(shared: &Shared, answers: &Value) -> Read<Value> {
    let answers = answer_json::script(answers)?;
    let mut state = shared.lock();
    if state.script.len().saturating_add(answers.len()) > SCRIPT_ANSWERS_MAX {
        return Err(format!("the script would be longer than {SCRIPT_ANSWERS_MAX} answers"));
    }
    state.script.extend(answers);
    Ok(json!({ "script": state.script.len() }))
}

/// The last exchanges, oldest first.
fn exchanges(shared: &Shared) -> Value {
    let state = shared.lock();
    let skipped = state.journal.iter().len().saturating_sub(LISTED_EXCHANGES_MAX);
    state.journal.iter().skip(skipped).map(line).collect()
}

fn line(seen: &Seen) -> Value {
    json!({
        "ordinal": seen.ordinal,
        "arrivedSeconds": seen.arrived.as_secs_f64(),
        "key": seen.key.map(|key| key.to_string()),
        "project": seen.project,
        "userAgent": seen.user_agent,
        "inFlight": seen.in_flight,
        "outcome": seen.outcome.to_string(),
    })
}

/// Answers that wait in the script. A test that uses the library is its own bound.
const SCRIPT_ANSWERS_MAX: usize = 10_000;
/// Exchanges in one listing: some 200 KB.
const LISTED_EXCHANGES_MAX: usize = 1_000;
