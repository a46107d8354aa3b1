//! Refresh JWTs: signed by the sandbox, verified when they are presented, and rotated.

use std::io;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::families::Presentation;
use crate::fingerprint::Fingerprint;
use crate::sandbox::bearer::Bearer;
use crate::sandbox::context::Context;
use crate::sandbox::descope;
use crate::sandbox::mint::{self, Minted, object};
use crate::sandbox::reply::Reply;
use crate::sandbox::settings::{EXAMPLE_PROJECT, Settings};
use crate::sandbox::signing::{SigningKey, decoded};
use crate::sandbox::state::Shared;
use crate::secret::Secret;

/// The user of an accepted refresh JWT.
pub(super) struct Holder {
    pub(super) project: String,
    pub(super) user: String,
    presented: Fingerprint,
    /// The `exp` of the presented refresh JWT, in Unix seconds.
    pub(super) expires: u64,
}

/// Issues a refresh JWT, which is the first of a family. Its project and life are by default those of the settings.
pub(in crate::sandbox) fn issue(
    shared: &Shared,
    project: Option<&str>,
    user: Option<&str>,
    life: Option<Duration>,
) -> io::Result<String> {
    let (settings, now) = {
        let state = shared.lock();
        (state.settings.clone(), state.unix_seconds())
    };
    let project = project.or(settings.project.as_deref()).unwrap_or(EXAMPLE_PROJECT);
    let life = life.unwrap_or(settings.refresh_token_life);
    Ok(signed(project, user.unwrap_or(USER), life, &settings, now)?.jwt)
}

fn signed(project: &str, user: &str, life: Duration, settings: &Settings, now: u64) -> io::Result<Minted> {
    let claims =
        object([("amr", json!(["pwd"])), ("drn", json!("DSR")), ("iss", json!(project)), ("sub", json!(user))]);
    mint::refresh(claims, now.saturating_add(life.as_secs()), settings, now)
}

/// Returns the user of the bearer's refresh JWT, or the reply that refuses it. A reused one revokes its family, unless
/// the settings say otherwise.
pub(super) fn present(bearer: &Bearer, context: &Context<'_>) -> Result<Holder, Reply> {
    let holder = verified(bearer, context)?;
    let settings = context.settings();
    context.with_state(|state| {
        let families = &mut state.families;
        match families.judge(holder.presented, &settings.revoked, settings.rotation_grace, context.elapsed()) {
            Presentation::Valid => Ok(holder),
            Presentation::Revoked => Err(descope::REVOKED_REFRESH.reply()),
            Presentation::Reused => {
                if settings.reuse_detection {
                    families.revoke_family_of(holder.presented);
                }
                Err(descope::REUSED_REFRESH.reply())
            }
        }
    })
}

/// Returns the user of the bearer's refresh JWT, or the default user if the sandbox would refuse it.
pub(super) fn present_forced(bearer: &Bearer, context: &Context<'_>) -> Holder {
    verified(bearer, context).unwrap_or_else(|_| Holder {
        project: bearer.project.clone(),
        user: USER.to_owned(),
        presented: bearer.secret.fingerprint(),
        expires: context.unix_seconds().saturating_add(context.settings().refresh_token_life.as_secs()),
    })
}

/// Signs the successor of the presented refresh JWT. With rotation on, it replaces the presented one.
pub(super) fn succeed(holder: &Holder, context: &Context<'_>) -> io::Result<Minted> {
    let settings = context.settings();
    let (project, user) = (&holder.project, &holder.user);
    let successor = signed(project, user, settings.refresh_token_life, settings, context.unix_seconds())?;
    let fingerprint = Secret::new(successor.jwt.clone()).fingerprint();
    context.with_state(|state| {
        if settings.rotate_refresh_tokens {
            state.families.rotate(holder.presented, fingerprint, context.elapsed());
        } else {
            state.families.join(holder.presented, fingerprint);
        }
    });
    Ok(successor)
}

/// Verifies the signature, the issuer, the kind and the expiry.
fn verified(bearer: &Bearer, context: &Context<'_>) -> Result<Holder, Reply> {
    let settings = context.settings();
    let refuse = |message| descope::INVALID_REFRESH.reply_because(message);
    let claims = signed_claims(bearer.secret.expose(), settings)
        .ok_or_else(|| refuse("the refresh JWT is not signed by the project's keys"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(&bearer.project) || settings.project.as_ref().is_some_and(|only| *only != bearer.project) {
        return Err(refuse("the refresh JWT is of another project"));
    }
    let (Some("DSR"), Some(user)) = (text("drn"), text("sub")) else { return Err(refuse("it is not a refresh JWT")) };
    let expires = claims.get("exp").and_then(Value::as_u64).unwrap_or(0);
    if expires <= context.unix_seconds() {
        return Err(refuse("the refresh JWT has expired"));
    }
    let presented = bearer.secret.fingerprint();
    Ok(Holder { project: bearer.project.clone(), user: user.to_owned(), presented, expires })
}

/// Returns the claims of a JWT that a key of the project signed: a published one, or the one that signs now.
fn signed_claims(jwt: &str, settings: &Settings) -> Option<Map<String, Value>> {
    let (signed, signature) = jwt.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let kid = decoded(header)?.get("kid")?.as_str()?.to_owned();
    let mut trusted = settings.published_keys.iter().copied().chain([settings.signing_key]);
    let key: SigningKey = trusted.find(|key| key.kid() == kid)?;
    key.has_signed(signed, signature).then(|| decoded(claims))?
}

/// The user of a refresh JWT that is issued for no other.
const USER: &str = "U2sandboxsandboxsandboxsandb";
