//! The control endpoint under `/sandbox`, to inspect, change and script the sandbox while it runs.

use std::io;

use http::{Method, Request};
use hyper::body::Incoming;
use serde_json::{Map, Value, json};

use super::json::{Read, list, members, short_text, word};
use super::{answer_json, settings_json};
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::journal::ExchangeRecord;
use crate::sandbox::reply::Reply;
use crate::sandbox::state::Shared;
use crate::sandbox::user::Answers;
use crate::sandbox::{body, descope, user, values};

/// Answers a request to `/sandbox` or below it.
pub(in crate::sandbox) async fn control(shared: &Shared, path: &str, request: Request<Incoming>) -> io::Result<Reply> {
    let method = request.method().clone();
    match (path, method) {
        ("/sandbox", Method::GET) => Ok(Reply::new(200).json(&overview(shared))),
        ("/sandbox", Method::PATCH) => Ok(apply_json(request, |changes| change(shared, changes)).await),
        ("/sandbox/script", Method::POST) => Ok(apply_json(request, |answers| script(shared, answers)).await),
        ("/sandbox/exchanges", Method::GET) => Ok(Reply::new(200).json(&exchanges(shared))),
        ("/sandbox/refresh-token", Method::POST) => Ok(apply_json(request, |options| sign_in(shared, options)).await),
        ("/sandbox/answers", Method::POST) => Ok(apply_json(request, |answers| expect(shared, answers)).await),
        (_, _) => Ok(descope::METHOD.reply()),
    }
}

/// Reads the JSON of a request, applies it, and replies with the result.
async fn apply_json(request: Request<Incoming>, act: impl FnOnce(&Value) -> Read<Value>) -> Reply {
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
    let by_endpoint: Map<_, _> =
        Endpoint::ALL.iter().map(|at| (at.name().to_owned(), json!(counters.exchanges_at(*at)))).collect();
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
            "endpoints": by_endpoint,
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

/// Issues a refresh JWT, as a person gets one by signing in.
fn sign_in(shared: &Shared, options: &Value) -> Read<Value> {
    let (mut project, mut user, mut life) = (None, None, None);
    members(options, |name, value| {
        match name {
            "projectId" => project = Some(short_text(value)?),
            "userId" => user = Some(short_text(value)?),
            "life" => life = Some(word(value, values::whole_seconds)?),
            _ => return Err("is unknown; the options are `life`, `userId` and `projectId`".to_owned()),
        }
        Ok(())
    })?;
    let issued = user::issue_refresh_token(shared, project.as_deref(), user.as_deref(), life);
    let jwt = issued.map_err(|error| error.to_string())?;
    tracing::info!("a refresh JWT was issued through the control endpoint");
    Ok(json!({ "refreshJwt": jwt }))
}

/// Expects these answers of every user that has not set up its own.
fn expect(shared: &Shared, answers: &Value) -> Read<Value> {
    let answers = Answers::of(list(answers, |answer| Ok(answer.clone()))?)?;
    let questions = answers.ids().len();
    shared.lock().questionnaires.expect_of_all(answers);
    Ok(json!({ "questions": questions }))
}

/// Returns the latest exchanges, oldest first.
fn exchanges(shared: &Shared) -> Value {
    let state = shared.lock();
    let skipped = state.journal.iter().len().saturating_sub(LISTED_EXCHANGES_MAX);
    state.journal.iter().skip(skipped).map(line).collect()
}

fn line(record: &ExchangeRecord) -> Value {
    json!({
        "ordinal": record.ordinal,
        "arrivedSeconds": record.arrived.as_secs_f64(),
        "endpoint": record.endpoint.name(),
        "key": record.key.map(|key| key.to_string()),
        "project": record.project,
        "userAgent": record.user_agent,
        "details": record.details.shown(),
        "inFlight": record.in_flight,
        "outcome": record.outcome.to_string(),
    })
}

/// The limit of queued answers in the script. It does not apply to tests that use the library.
const SCRIPT_ANSWERS_MAX: usize = 10_000;
/// The limit of exchanges in one listing: about 200 KB.
const LISTED_EXCHANGES_MAX: usize = 1_000;
