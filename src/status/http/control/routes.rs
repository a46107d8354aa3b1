//! Maps requests of the control socket to responses.

use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Bytes, Incoming};
use serde::Serialize;
use tokio::time;

use super::request::{ControlClient, ControlRequest, RenewalAnswer, RenewalBody, UnknownNames};
use crate::status::http::{
    bounds::{ANSWER_TIMEOUT, HEAD_TIMEOUT, RELOAD_TIMEOUT},
    query::{LoopHandle, Query},
    reply::{self, Reply, stuck, text, unanswered},
};

/// Answers the requests of one connection.
pub(in crate::status::http) struct ControlRouter {
    pub(super) loop_handle: LoopHandle,
    pub(super) client: ControlClient,
    /// Whether the client is the daemon's user or root.
    pub(super) is_allowed: bool,
}

impl ControlRouter {
    pub(in crate::status::http) async fn answer(&self, request: Request<Incoming>) -> Reply {
        if !self.is_allowed {
            return text(StatusCode::FORBIDDEN, FORBIDDEN);
        }
        match (request.uri().path(), request.method()) {
            (STATUS, &Method::GET) => match self.loop_handle.ask(ANSWER_TIMEOUT, Query::Report).await {
                Ok(snapshot) => reply::of("application/json", snapshot.json()),
                Err(why) => stuck(why),
            },
            (RENEW, &Method::POST) => match body(request).await {
                Some(body) => self.renew(&body).await,
                None => text(StatusCode::BAD_REQUEST, "the body is too long or too slow\n"),
            },
            (RELOAD, &Method::POST) => self.reload().await,
            (RENEW | RELOAD, _) => reply::only("POST", "only POST is allowed\n"),
            (STATUS, _) => reply::only("GET", "only GET is allowed\n"),
            (_, _) => text(StatusCode::NOT_FOUND, "not found; the paths are /status, /renew and /reload\n"),
        }
    }

    async fn renew(&self, body: &[u8]) -> Reply {
        let Ok(RenewalBody { credentials }) = serde_json::from_slice(body) else {
            return text(StatusCode::BAD_REQUEST, "the body is not like {\"credentials\": [\"NAME\"]}\n");
        };
        let query = |answer| Query::Control(ControlRequest::Renew(credentials, self.client, answer));
        match self.loop_handle.ask(ANSWER_TIMEOUT, query).await {
            Ok(RenewalAnswer::Requested(report)) => reply::of("application/json", report.to_json().into()),
            Ok(RenewalAnswer::Unknown { known, unknown }) => {
                let mut reply = json(&UnknownNames { known, unknown });
                *reply.status_mut() = StatusCode::NOT_FOUND;
                reply
            }
            Err(why) => stuck(why),
        }
    }

    async fn reload(&self) -> Reply {
        let query = |answer| Query::Control(ControlRequest::Reload(self.client, answer));
        match self.loop_handle.ask(RELOAD_TIMEOUT, query).await {
            Ok(outcome) => json(&outcome),
            Err(why) => unanswered(why, "the configuration was not read in time\n"),
        }
    }
}

/// Reads the body of a request, within bounds.
async fn body(request: Request<Incoming>) -> Option<Bytes> {
    let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect();
    Some(time::timeout(HEAD_TIMEOUT, body).await.ok()?.ok()?.to_bytes())
}

fn json(value: &impl Serialize) -> Reply {
    // Plain data with string keys: it always has a JSON form.
    reply::of("application/json", serde_json::to_vec(value).unwrap_or_default().into())
}

pub(super) const STATUS: &str = "/status";
pub(super) const RENEW: &str = "/renew";
pub(super) const RELOAD: &str = "/reload";
const FORBIDDEN: &str = "only the user of the daemon and root may use this socket\n";
/// Ten thousand names of the greatest length.
const BODY_BYTES_MAX: usize = 1024 * 1024;
