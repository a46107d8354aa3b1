//! What a reply of the API server means. Pure: the reply is data, and the time is an argument.

use std::time::{Duration, SystemTime};

use super::{
    call::{Call, Verb},
    fault::{Fault, ImmutableField, LargePart},
    missing_rule::MissingRule,
    ownership::Owned,
    server_text::ServerText,
    status_body::StatusBody,
};
use crate::{
    exchange::{Reply, retry_after},
    renewal::policy::RETRY_AFTER_MAX,
};

/// What a reply without a fault says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The body is the object, which was there before.
    Object,
    /// The body is the object, which the call has created.
    Created,
    /// A read found no object.
    Absent,
}

/// Classifies any complete reply; `received` is the wall clock's time, for a `Retry-After` that is a date.
pub fn judge(call: &Call, reply: &Reply, received: SystemTime) -> Result<Answer, Fault> {
    let status = reply.status.as_u16();
    if status == 200 {
        return Ok(Answer::Object);
    }
    if status == 201 {
        return Ok(Answer::Created);
    }
    let body = StatusBody::parse(&reply.body);
    let wait = wait(reply, body.as_ref(), received);
    let Some(body) = body else { return Err(without_status(status, wait)) };
    match status {
        401 => Err(Fault::Unauthorized),
        403 => Err(forbidden(call, &body)),
        404 if body.about() == "namespaces" => Err(Fault::NamespaceMissing),
        404 if call.verb == Verb::Get => Ok(Answer::Absent),
        404 => Err(Fault::Missing),
        409 => Err(conflict(&body)),
        410 => Err(Fault::Gone),
        413 => Err(Fault::TooLarge { part: LargePart::Request }),
        422 => Err(invalid(&body)),
        429 => Err(Fault::Busy { retry_after: wait.unwrap_or(WAIT_MIN) }),
        500..=599 => Err(wait.map_or_else(
            || Fault::ServerFault { status, message: ServerText::of(body.message()) },
            |retry_after| Fault::Busy { retry_after },
        )),
        400..=499 => Err(Fault::Invalid { message: ServerText::of(body.message()) }),
        _ => Err(Fault::Garbled { why: format!("HTTP {status}") }),
    }
}

/// Judges a reply that has no `Status`, as of a proxy, or of the API server before it knows its objects.
fn without_status(status: u16, wait: Option<Duration>) -> Fault {
    match (status, wait) {
        (401, _) => Fault::Unauthorized,
        (413, _) => Fault::TooLarge { part: LargePart::Request },
        (429, wait) => Fault::Busy { retry_after: wait.unwrap_or(WAIT_MIN) },
        (500..=599, Some(retry_after)) => Fault::Busy { retry_after },
        (500..=599, None) => Fault::ServerFault { status, message: ServerText::of("") },
        (_, _) => Fault::Garbled { why: format!("HTTP {status} without a `Status`") },
    }
}

/// Judges a 403. Rights are refused in a sentence with `cannot`; quotas and admission plugins refuse by the same code.
fn forbidden(call: &Call, body: &StatusBody) -> Fault {
    if body.causes().iter().any(|cause| cause.reason() == "NamespaceTerminating") {
        return Fault::NamespaceEnding;
    }
    let message = body.message();
    if message.contains(ANONYMOUS) {
        return Fault::Unauthorized;
    }
    let refused = message.split_once(" cannot ").and_then(|(_, rest)| rest.split(' ').next());
    match refused.and_then(|verb| VERBS.into_iter().find(|known| *known == verb)) {
        Some(verb) => Fault::Forbidden { verb, missing: MissingRule::of(call) },
        None => Fault::Invalid { message: ServerText::of(message) },
    }
}

/// Judges a 409: fields of another manager, or another version.
fn conflict(body: &StatusBody) -> Fault {
    let of_managers: Vec<_> = body.causes().iter().filter(|cause| cause.reason() == "FieldManagerConflict").collect();
    if of_managers.is_empty() {
        return Fault::Conflict;
    }
    let named = |text: &str| Some(text.split_once("conflict with \"")?.1.split_once('"')?.0.to_owned());
    let managers = of_managers.iter().filter_map(|cause| named(cause.message()));
    let fields = of_managers.iter().map(|cause| cause.field().to_owned());
    Fault::Owned(Owned::new(managers, fields))
}

/// Judges a 422: what can never change, what is too large, and everything else that the server validates.
fn invalid(body: &StatusBody) -> Fault {
    for cause in body.causes() {
        let is_immutable = cause.message().contains("field is immutable");
        match (cause.field(), cause.reason()) {
            ("data" | "immutable", _) if is_immutable => return Fault::Immutable { field: ImmutableField::Data },
            ("type", _) if is_immutable => return Fault::Immutable { field: ImmutableField::Type },
            ("data", "FieldValueTooLong") => return Fault::TooLarge { part: LargePart::Data },
            ("metadata.annotations", "FieldValueTooLong") => {
                return Fault::TooLarge { part: LargePart::Annotations };
            }
            (_, _) => {}
        }
    }
    Fault::Invalid { message: ServerText::of(body.message()) }
}

/// Returns how long the reply asks to wait, within bounds.
fn wait(reply: &Reply, body: Option<&StatusBody>, received: SystemTime) -> Option<Duration> {
    let told = retry_after(&reply.headers, reply.date().unwrap_or(received));
    let told = told.or_else(|| body?.retry_after_seconds().map(Duration::from_secs));
    told.map(|wait| wait.clamp(WAIT_MIN, RETRY_AFTER_MAX))
}

/// The shortest wait that a busy server is given.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// The name of requests without a valid token, where the API server allows them.
const ANONYMOUS: &str = "system:anonymous";
const VERBS: [&str; 4] = ["get", "create", "patch", "update"];
