//! Paths: Descope's, and the control endpoint's.

use std::io;
use std::sync::Arc;

use http::{Method, Request};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::act::Act;
use super::endpoint::{Endpoint, Route};
use super::reply::Reply;
use super::state::Shared;
use super::{control, descope, exchange};

/// Answers any request.
pub(super) async fn act(shared: &Arc<Shared>, request: Request<Incoming>) -> Act {
    route(shared, request).await.unwrap_or_else(|error| {
        tracing::error!("cannot answer a request: {error}");
        Act::Reply(descope::BROKEN.reply())
    })
}

async fn route(shared: &Arc<Shared>, request: Request<Incoming>) -> io::Result<Act> {
    let path = request.uri().path().to_owned();
    match Endpoint::route(&path, request.method()) {
        Route::To(endpoint) => Ok(exchange::exchange(shared, endpoint, request).await),
        Route::OtherMethod => Ok(Act::Reply(descope::METHOD.reply())),
        Route::OtherPath => other(shared, &path, request).await,
    }
}

async fn other(shared: &Arc<Shared>, path: &str, request: Request<Incoming>) -> io::Result<Act> {
    match path {
        "/sandbox" | "/sandbox/script" | "/sandbox/exchanges" | "/sandbox/refresh-token" | "/sandbox/answers" => {
            control::control(shared, path, request).await.map(Act::Reply)
        }
        other => {
            let bare = other.strip_prefix("/v1/keys/").map(|project| (project, true));
            let found = bare.or_else(|| other.strip_prefix("/v2/keys/").map(|project| (project, false)));
            match found {
                Some((project, _)) if project.is_empty() || project.contains('/') => {
                    Ok(Act::Reply(descope::NOT_FOUND.reply()))
                }
                Some(_) if request.method() != Method::GET => Ok(Act::Reply(descope::METHOD.reply())),
                Some((project, bare)) => keys(shared, project, bare),
                None => Ok(Act::Reply(descope::NOT_FOUND.reply())),
            }
        }
    }
}

/// `GET /v2/keys/{projectId}`: a JWKS; `GET /v1/keys/{projectId}`: the bare array.
fn keys(shared: &Shared, project: &str, bare: bool) -> io::Result<Act> {
    shared.keys_fetched();
    let settings = shared.lock().settings.clone();
    let keys = settings.jwks()?;
    if let Some(Ok(act)) = settings.keys_outage.map(Act::forced) {
        return Ok(act);
    }
    if settings.project.is_some_and(|only| only != project) {
        return Ok(Act::Reply(descope::NOT_FOUND.reply()));
    }
    let body = if bare { Value::Array(keys) } else { json!({ "keys": keys }) };
    Ok(Act::Reply(Reply::new(200).json(&body)))
}
