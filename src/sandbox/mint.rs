//! Creates a session from an access key, as Descope does: the JWT and the reply that contains it.

use std::io;

use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Map, Value, json};

use super::answer::Shape;
use super::bearer::{Bearer, LoginOptions};
use super::reply::Reply;
use super::settings::Settings;

/// Returns the reply with a session. `now` is in Unix seconds by the sandbox's clock.
pub(super) fn session(
    bearer: &Bearer,
    options: LoginOptions,
    shape: &Shape,
    settings: &Settings,
    now: u64,
) -> io::Result<Reply> {
    let expires = now.saturating_add(shape.life.unwrap_or(settings.life).as_secs());
    let key_id = format!("K2{}", bearer.key.fingerprint());
    let signer = shape.signed_by.unwrap_or(settings.signing_key);

    let mut header = object([("alg", json!("RS256")), ("kid", json!(signer.kid())), ("typ", json!("JWT"))]);
    overlay(&mut header, &shape.header);
    let mut claims = object([
        ("amr", json!(["accesskey"])), // undocumented
        ("drn", json!("DS")),
        ("exp", json!(expires)),
        ("iat", json!(now)),
        ("iss", json!(bearer.project)),
        ("jti", json!(unique()?)), // two exchanges never give the same JWT, even within a second
        ("sub", json!(key_id)),
    ]);
    if let Some(custom) = options.custom_claims {
        claims.insert("nsec".to_owned(), Value::Object(custom));
    }
    if let Some(tenant) = options.selected_tenant {
        claims.insert("tenants".to_owned(), json!({&tenant: {}}));
        claims.insert("dct".to_owned(), Value::String(tenant));
    }
    overlay(&mut claims, &shape.claims);

    let mut body = object([("keyId", json!(key_id)), ("sessionJwt", json!(signer.sign(&header, &claims)?))]);
    if settings.tell_expiration {
        body.insert("expiration".to_owned(), json!(expires));
    }
    if settings.tell_session_expiration {
        body.insert("sessionExpiration".to_owned(), json!(expires));
    }
    if let Some(next_refresh) = settings.next_refresh {
        body.insert("nextRefreshSeconds".to_owned(), json!(next_refresh.as_secs()));
    }
    overlay(&mut body, &shape.body);

    let mut reply = Reply::new(200).json(&Value::Object(body));
    reply.headers.extend(shape.headers.clone());
    Ok(reply)
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn overlay(usual: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, value) in changes {
        if value.is_null() {
            usual.remove(name);
        } else {
            usual.insert(name.clone(), value.clone());
        }
    }
}

fn unique() -> io::Result<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system has no random bytes"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
