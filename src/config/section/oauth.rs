//! `oauth`: an OAuth client, which obtains sessions with a client secret or an assertion.

use std::{ops::RangeInclusive, time::Duration};

use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::Field,
        show::looks_like_a_secret,
        value::{duration, path, scope, token_url},
    },
    renewal::policy::LIFETIME_MAX,
    source::{ClientAuth, Kind, OAuth, OAuthGrant},
};

/// Reads the field `oauth` in an entry of `credentials`.
pub(in crate::config) fn read(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Kind> {
    let mut fields = fields.take(FIELD, diagnostics)?.fields(diagnostics)?;
    let grant = fields.take("grant", diagnostics).map(|field| field.word(&GRANTS, diagnostics));
    let grant = match grant.unwrap_or(Some(GRANTS[0].1)) {
        Some(Grant::ClientCredentials) => client_credentials(&mut fields, conflicts, diagnostics),
        Some(Grant::JwtBearer) => jwt_bearer(&mut fields, conflicts, diagnostics),
        None => {
            // Which fields belong to an unknown grant is unknown.
            for name in OF_ONE_GRANT {
                let _ = fields.take(name, diagnostics);
            }
            None
        }
    };
    let token_url = fields.take("tokenUrl", diagnostics).map(|field| token_url::read(&field, diagnostics));
    let client_id = fields.take("clientId", diagnostics).map(|field| client_id(&field, diagnostics));
    let scope = fields.take("scope", diagnostics).map(|field| scope::read(&field, diagnostics));
    let audience = fields.take("audience", diagnostics).map(|field| name(&field, "write the audience", diagnostics));
    let lifetime = fields.take("lifetime", diagnostics).map(|field| duration::read(&field, &LIFETIME, diagnostics));
    fields.finish(diagnostics);
    Some(Kind::OAuth(OAuth {
        grant: grant?,
        token_url: all_or_none(token_url)?,
        client_id: all_or_none(client_id)?,
        scope: scope.unwrap_or_default(),
        audience: all_or_none(audience)?,
        lifetime: all_or_none(lifetime)?,
    }))
}

fn client_credentials(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<OAuthGrant> {
    if let Some(field) = fields.take(ASSERTION_FILE, diagnostics) {
        let what = "`assertionFile` is for `grant: jwtBearer`";
        diagnostics.mistake(&field.location, what, "write `grant: jwtBearer`, or name a `clientSecretFile` instead");
        let _ = fields.take(SECRET_FILE, diagnostics);
        let _ = fields.take(CLIENT_AUTH, diagnostics);
        return None;
    }
    let secret_file = fields.require(SECRET_FILE, SECRET_REMEDY, diagnostics).and_then(|field| {
        let path = path::secret_file(&field, SECRET_REMEDY, diagnostics);
        conflicts.record(Purpose::SecretFile, path.as_deref(), &field.location);
        path
    });
    let auth = fields.take(CLIENT_AUTH, diagnostics).map(|field| field.word(&CLIENT_AUTHS, diagnostics));
    Some(OAuthGrant::ClientCredentials {
        secret_file: secret_file?,
        auth: auth.unwrap_or(Some(ClientAuth::default()))?,
    })
}

fn jwt_bearer(fields: &mut Fields, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Option<OAuthGrant> {
    for name in [SECRET_FILE, CLIENT_AUTH] {
        if let Some(field) = fields.take(name, diagnostics) {
            let what = format!("`{name}` is for `grant: clientCredentials`");
            diagnostics.mistake(&field.location, what, "remove it: an assertion is sent without a client secret");
        }
    }
    let assertion_file = fields.require(ASSERTION_FILE, ASSERTION_REMEDY, diagnostics).and_then(|field| {
        let path = path::secret_file(&field, ASSERTION_REMEDY, diagnostics);
        conflicts.record(Purpose::SecretFile, path.as_deref(), &field.location);
        path
    });
    Some(OAuthGrant::JwtBearer { assertion_file: assertion_file? })
}

/// Reads the client's name. It is no secret, but a text in its place by mistake may be one.
fn client_id(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = name(field, "write the client's id", diagnostics)?;
    if text.starts_with('K') && looks_like_a_secret(&text) {
        let remedy = "write the client's id; the secret stays in `clientSecretFile`";
        diagnostics.mistake(&field.location, "this looks like an access key", remedy);
        return None;
    }
    Some(text)
}

/// Reads a name of printable characters.
fn name(field: &Field, remedy: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    if text.value.trim().is_empty() {
        diagnostics.mistake(&field.location, "empty", format!("{remedy}, or remove the line"));
        return None;
    }
    if text.value.chars().any(char::is_control) {
        diagnostics.mistake(&field.location, "it contains a control character", format!("{remedy} as plain text"));
        return None;
    }
    Some(text.value)
}

/// Returns a field that is absent or right; `None` if it is wrong.
#[expect(clippy::option_option, reason = "an absent field differs from a wrong one")]
fn all_or_none<T>(field: Option<Option<T>>) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}

/// A grant by name.
#[derive(Clone, Copy)]
pub(in crate::config) enum Grant {
    ClientCredentials,
    JwtBearer,
}

/// The names of the grants, the default first.
pub(in crate::config) const GRANTS: [(&str, Grant); 2] =
    [("clientCredentials", Grant::ClientCredentials), ("jwtBearer", Grant::JwtBearer)];
/// The names of the client authentications, the default first.
pub(in crate::config) const CLIENT_AUTHS: [(&str, ClientAuth); 2] =
    [("basic", ClientAuth::Basic), ("post", ClientAuth::Post)];
/// The bounds of `lifetime`.
pub(in crate::config) const LIFETIME: RangeInclusive<Duration> = Duration::from_secs(1)..=LIFETIME_MAX;
/// The field that selects this kind.
pub(in crate::config) const FIELD: &str = "oauth";
pub(in crate::config) const SECRET_FILE: &str = "clientSecretFile";
pub(in crate::config) const CLIENT_AUTH: &str = "clientAuth";
pub(in crate::config) const ASSERTION_FILE: &str = "assertionFile";
const OF_ONE_GRANT: [&str; 3] = [SECRET_FILE, CLIENT_AUTH, ASSERTION_FILE];
const SECRET_REMEDY: &str = "write something like `clientSecretFile: /var/run/secrets/descope/billing`";
const ASSERTION_REMEDY: &str = "write something like `assertionFile: /var/run/secrets/tokens/descope`";
