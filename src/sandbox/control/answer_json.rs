//! Answers in the JSON of the control endpoint: a word, or an object whose members select the answer.

use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::json::{Read, list, members, nullable, object, text, word};
use crate::sandbox::answer::{Answer, Shape};
use crate::sandbox::reply::{Headers, Reply};
use crate::sandbox::signing::SigningKey;
use crate::sandbox::values;

/// Reads `"hang"`, `{"status": 503, "retryAfter": "7s"}`, `{"session": {…}}`, `{"overlongBytes": 100000}`.
pub(super) fn read(value: &Value) -> Read<Answer> {
    if let Some(word) = value.as_str() {
        return named(word).ok_or_else(|| EXPECTED.to_owned());
    }
    let fields = value.as_object().ok_or_else(|| EXPECTED.to_owned())?;
    match (fields.get("session"), fields.get("overlongBytes"), fields.get("status")) {
        (Some(session), None, None) if fields.len() == 1 => {
            shape(session).map(Answer::Session).map_err(|mistake| format!("`session`: {mistake}"))
        }
        (None, Some(bytes), None) if fields.len() == 1 => {
            let bytes = bytes.as_u64().and_then(|bytes| usize::try_from(bytes).ok());
            let body_bytes = bytes.ok_or("`overlongBytes` must be a number of bytes")?;
            Ok(Answer::Overlong { body_bytes })
        }
        (None, None, Some(_)) => reply(value).map(Answer::Reply),
        (Some(_) | None, Some(_) | None, Some(_) | None) => Err(EXPECTED.to_owned()),
    }
}

fn named(word: &str) -> Option<Answer> {
    Some(match word {
        "usual" => Answer::Usual,
        "denied" => Answer::Denied,
        "lost" => Answer::Lost,
        "hang" => Answer::Hang,
        "reset" => Answer::Reset,
        "garbage" => Answer::Garbage,
        "truncated" => Answer::Truncated,
        "stalled" => Answer::Stalled,
        _ => return None,
    })
}

/// Returns the form that [`read`] accepts.
pub(super) fn shown(answer: &Answer) -> Value {
    match answer {
        Answer::Usual => json!("usual"),
        Answer::Denied => json!("denied"),
        Answer::Lost => json!("lost"),
        Answer::Hang => json!("hang"),
        Answer::Reset => json!("reset"),
        Answer::Garbage => json!("garbage"),
        Answer::Truncated => json!("truncated"),
        Answer::Stalled => json!("stalled"),
        Answer::Overlong { body_bytes } => json!({ "overlongBytes": body_bytes }),
        Answer::Reply(reply) => {
            json!({"status": reply.status, "headers": reply.headers, "body": String::from_utf8_lossy(&reply.body)})
        }
        Answer::Session(shape) => {
            let mut shown = Map::new();
            shown.extend(shape.life.map(|life| ("life".to_owned(), json!(values::formatted(life)))));
            shown.extend(shape.signed_by.map(|key| ("signedBy".to_owned(), json!(key.name()))));
            shown.insert("header".to_owned(), json!(shape.header));
            shown.insert("claims".to_owned(), json!(shape.claims));
            shown.insert("body".to_owned(), json!(shape.body));
            shown.insert("headers".to_owned(), json!(shape.headers));
            json!({ "session": shown })
        }
    }
}

fn reply(value: &Value) -> Read<Reply> {
    let mut reply = Reply::new(0);
    let mut retry_after = None;
    members(value, |name, value| {
        match name {
            "status" => {
                let status = value.as_u64().filter(|status| (200..=599).contains(status));
                reply.status = status.and_then(|s| u16::try_from(s).ok()).ok_or("must be a status from 200 to 599")?;
            }
            "retryAfter" => retry_after = Some(word(value, values::whole_seconds)?.as_secs()),
            "headers" => reply.headers.extend(headers(value)?),
            "body" if value.is_string() => reply.body = text(value)?.as_bytes().to_vec(),
            "body" => {
                reply.body = value.to_string().into_bytes();
                let json = Some("application/json".to_owned());
                reply.headers.entry("content-type".to_owned()).or_insert(json);
            }
            _ => return Err("is unknown; an answer has `status`, `retryAfter`, `headers` and `body`".to_owned()),
        }
        Ok(())
    })?;
    if let Some(seconds) = retry_after {
        reply = reply.header("retry-after", &seconds.to_string());
    }
    Ok(reply)
}

fn shape(value: &Value) -> Read<Shape> {
    let mut shape = Shape::default();
    members(value, |name, value| {
        match name {
            "life" => shape.life = Some(word(value, values::whole_seconds)?),
            "signedBy" => shape.signed_by = Some(signing_key(value)?),
            "header" => shape.header = object(value)?,
            "claims" => shape.claims = object(value)?,
            "body" => shape.body = object(value)?,
            "headers" => shape.headers = headers(value)?,
            _ => {
                let known = "`life`, `signedBy`, `header`, `claims`, `body` and `headers`";
                return Err(format!("is unknown; a session has {known}"));
            }
        }
        Ok(())
    })?;
    Ok(shape)
}

pub(super) fn signing_key(value: &Value) -> Read<SigningKey> {
    let known = SigningKey::ALL.into_iter().find(|key| value.as_str() == Some(key.name()));
    known.ok_or_else(|| "must be `first`, `second` or `stranger`".to_owned())
}

/// Reads a list of answers.
pub(super) fn script(value: &Value) -> Read<Vec<Answer>> {
    list(value, read)
}

fn headers(value: &Value) -> Read<Headers> {
    let mut headers = Headers::new();
    members(value, |name, value| {
        HeaderName::try_from(name).map_err(|_| "is not a header name")?;
        let value = nullable(value, |value| text(value).map(str::to_owned))?;
        if value.as_deref().is_some_and(|value| HeaderValue::from_str(value).is_err()) {
            return Err("must be visible text".to_owned());
        }
        headers.insert(name.to_ascii_lowercase(), value);
        Ok(())
    })?;
    Ok(headers)
}

const EXPECTED: &str = "must be an answer: `usual`, `denied`, `lost`, `hang`, `reset`, `garbage`, `truncated`, \
    `stalled`, {\"status\": …}, {\"session\": …} or {\"overlongBytes\": …}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_shown_reads_back_as_the_same() {
        for written in [
            json!("usual"),
            json!("denied"),
            json!("lost"),
            json!("hang"),
            json!("reset"),
            json!("garbage"),
            json!("truncated"),
            json!("stalled"),
            json!({"overlongBytes": 7}),
            json!({"status": 503, "retryAfter": "7s", "headers": {"Date": null, "X-A": "b"}, "body": {"a": 1}}),
            json!({"session": {"life": "90s", "signedBy": "stranger", "claims": {"exp": null}, "headers": {"a": "b"}}}),
        ] {
            let answer = read(&written).unwrap();
            assert_eq!(read(&shown(&answer)), Ok(answer), "{written}");
        }
    }

    #[test]
    fn every_mistake_is_named() {
        let mistake = |value: Value| read(&value).unwrap_err();
        assert!(mistake(json!("nap")).contains("must be an answer"));
        assert!(mistake(json!(503)).contains("must be an answer"));
        assert!(mistake(json!({"status": 503, "session": {}})).contains("must be an answer"));
        let both = mistake(json!({"status": 100, "retryAfter": "1500ms", "colour": 1}));
        assert!(both.contains("`status` must") && both.contains("`retryAfter` must") && both.contains("`colour` is"));
        assert!(mistake(json!({"session": {"life": 7}})).contains("`life` must"));
        assert!(mistake(json!({"status": 200, "headers": {"a b": "c"}})).contains("`a b` is not a header name"));
        assert!(mistake(json!({"status": 200, "headers": {"a": "b\n"}})).contains("`a` must be visible"));
    }
}
