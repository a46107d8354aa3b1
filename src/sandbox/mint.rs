//! Signs session JWTs, and builds the replies that contain them.

use std::io;

use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Map, Value, json};

use super::answer::Shape;
use super::context::Context;
use super::reply::Reply;
use super::settings::Settings;
use super::signing::SigningKey;
use crate::fingerprint::Fingerprint;

/// A signed JWT.
pub(super) struct Minted {
    pub(super) jwt: String,
    /// Its `exp`, before a shape replaced it, in Unix seconds.
    pub(super) expires: u64,
}

/// Signs a session JWT of these claims. Adds `exp`, `iat` and `jti`; the shape is applied to the result.
pub(super) fn session(mut claims: Map<String, Value>, shape: &Shape, context: &Context<'_>) -> io::Result<Minted> {
    let (settings, now) = (context.settings(), context.unix_seconds());
    let expires = now.saturating_add(shape.life.unwrap_or(settings.life).as_secs());
    let signer = shape.signed_by.unwrap_or(settings.signing_key);
    let mut header = header(signer);
    overlay(&mut header, &shape.header);
    claims.extend(object([("exp", json!(expires)), ("iat", json!(now)), ("jti", json!(unique()?))]));
    overlay(&mut claims, &shape.claims);
    Ok(Minted { jwt: signer.sign(&header, &claims)?, expires })
}

/// Signs a refresh JWT of these claims with the settings' key, valid until `expires` in Unix seconds.
pub(super) fn refresh(
    mut claims: Map<String, Value>,
    expires: u64,
    settings: &Settings,
    now: u64,
) -> io::Result<Minted> {
    let signer = settings.signing_key;
    claims.extend(object([("exp", json!(expires)), ("iat", json!(now)), ("jti", json!(unique()?))]));
    Ok(Minted { jwt: signer.sign(&header(signer), &claims)?, expires })
}

/// Returns the reply with this body, changed by the shape.
pub(super) fn reply(mut body: Map<String, Value>, shape: &Shape) -> Reply {
    overlay(&mut body, &shape.body);
    let mut reply = Reply::new(200).json(&Value::Object(body));
    reply.headers.extend(shape.headers.clone());
    reply
}

/// Returns the id of an access key: always the same for the same key.
pub(super) fn key_id(key: Fingerprint) -> String {
    format!("K2{key}")
}

pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn header(signer: SigningKey) -> Map<String, Value> {
    object([("alg", json!("RS256")), ("kid", json!(signer.kid())), ("typ", json!("JWT"))])
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

/// Returns a `jti`: two replies never contain the same JWT, even within a second. Also for opaque tokens.
pub(super) fn unique() -> io::Result<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system has no random bytes"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
